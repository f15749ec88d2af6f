// Compare on real comparisons of the tiny model, trained by the real process that the page starts.
#include <signal.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <algorithm>

#include "base/files.h"
#include "pages/compare/compare_form.h"
#include "pages/compare/compare_page.h"
#include "pages/compare/queue_view.h"
#include "pages/compare/result_view.h"
#include "store/run_lock.h"
#include "style/theme.h"
#include "tiny_run.h"
#include "widgets/banner.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

constexpr int patience = 120'000;  // ms

Plan tinyPlan(const std::string& name, int64_t steps, std::vector<int64_t> seeds = {1, 2}) {
  Plan plan;
  plan.name = name;
  plan.run = to_json(tinyRun({}, "ctcm", steps));
  plan.tasks = {{"Letters", {}}};
  plan.variants = {{"LoRA", {{"adapter.method", "lora"}}}, {"CTCM", {{"adapter.method", "ctcm"}}}};
  plan.reference = "LoRA";
  plan.seeds = std::move(seeds);
  return plan;
}

struct Shown {
  Studio studio;
  ComparePage page{studio};
  explicit Shown(const Path& folder = {}) {
    page.resize(1200, 760);
    page.show();
    if (folder.empty()) return;
    until([&] {
      if (!page.comparison() || page.comparison()->folder != folder) page.select(folder);
      return page.comparison() != nullptr;
    });
  }
  template <class Done>
  static bool until(Done done) {
    return QTest::qWaitFor(done, patience);
  }
  QPushButton* button(const QString& text) const {
    for (QPushButton* found : page.findChildren<QPushButton*>())
      if (found->text() == text) return found;
    return nullptr;
  }
  void click(const QString& text) const {
    QPushButton* const found = button(text);
    QVERIFY2(found && found->isEnabled(), qPrintable(text));
    found->click();
  }
  bool says(const QString& text) const {
    for (const QLabel* label : page.findChildren<QLabel*>())
      if (label->isVisible() && label->text().contains(text)) return true;
    return false;
  }
  const Comparison& now() const { return *page.comparison(); }
  std::vector<std::string> ids() const {
    std::vector<std::string> all;
    for (const ComparedRun& run : now().runs) all.push_back(run.run.id);
    return all;
  }
  bool training() const {
    return until([this] {
      return page.comparison() && std::ranges::any_of(now().runs, [](const ComparedRun& run) {
               return run.state == ComparedState::Running && run.step > 0;
             });
    });
  }
};

void kill(const Path& folder) {
  if (const pid_t owner = RunLock::owner(folder); owner > 0) ::kill(owner, SIGKILL);
}

}  // namespace

class TestComparePage : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  Path finished_;

 private Q_SLOTS:
  void initTestCase() {
    qputenv("MTLORA_PROGRAM", MTLORA_CLI);
    qputenv("MTLORA_HOME", folder_.filePath("home").toUtf8());
    qputenv("XDG_DATA_HOME", folder_.filePath("data").toUtf8());  // a wastebasket of the test's own
    QVERIFY(QDir(folder_.path()).mkpath("data"));
    qputenv("PATH", "/nonexistent");  // no message on a desktop
    initialise();
    applyTheme(*qApp, ThemeMode::Light);
  }

  void withoutAComparisonThePageLeadsToOne() {
    Shown shown;
    QVERIFY(shown.says("trains several methods"));
    QVERIFY(!shown.page.missingContent().isEmpty());
    shown.page.form()->setSettingsSource([] { return tinyRun({}); });
    QPushButton* first = nullptr;
    for (QPushButton* found : shown.page.findChildren<QPushButton*>())
      if (found->text() == "New comparison" && found->isVisible()) first = found;
    QVERIFY(first);
    first->click();
    QVERIFY(shown.page.form()->isVisible());
  }

  // ---- the form -----------------------------------------------------------------------------------------------------

  void aDraftBecomesAPlan() {
    PlanDraft draft;
    draft.name = "all";
    draft.settings = tinyRun("/some/where");
    draft.model = draft.settings.model.name_or_path;
    draft.tasks = {{"own", "a", draft.settings.data.train_file, "", "", 2.0},
                   {"banking77", "a", "", "", "", std::nullopt}};
    draft.methods = {"lora", "shim", "full"};
    draft.identity = draft.shim_twice = true;
    draft.ranks = {2, 4};
    draft.rates = {1e-3};
    const Plan plan = plan_from_json(plan_json(draft), "the draft", {});
    std::vector<std::string> names;
    for (const NamedSettings& variant : plan.variants) names.push_back(variant.name);
    QCOMPARE(names, (std::vector<std::string>{
                        "LoRA, r 2, paper", "LoRA, r 4, paper", "LoRA, r 2, identity", "LoRA, r 4, identity",
                        "SHIM, r 2, paper", "SHIM, r 4, paper", "SHIM, r 2, identity", "SHIM, r 4, identity",
                        "SHIM twice the rate, r 2, paper", "SHIM twice the rate, r 4, paper",
                        "SHIM twice the rate, r 2, identity", "SHIM twice the rate, r 4, identity", "Full"}));
    QCOMPARE(plan.tasks[1].name, std::string("a 2"));
    for (const PlannedRun& run : first_runs(plan)) {
      QCOMPARE(run.config.output.output_dir, std::string());
      QCOMPARE(run.config.train.learning_rate, 1e-3);
      const bool twice = run.variant.starts_with("SHIM twice");
      QCOMPARE(run.config.train.t_learning_rate_ratio, twice ? 2.0 : 1.0);
      QCOMPARE(run.config.data.task, std::string(run.task == "a" ? "own" : "banking77"));
      if (run.task == "a") QCOMPARE(run.config.train.num_train_epochs, 2.0);
      if (run.task == "a 2") QCOMPARE(run.config.train.max_steps, int64_t(12));
    }
    QCOMPARE(run_count(plan), int64_t(13 * 2 * 5));

    const PlanDraft again = draft_of(plan);
    QCOMPARE(plan_json(again)["variants"].dump(), plan_json(draft)["variants"].dump());
    QVERIFY(form_holds(plan));

    draft.choose = true;  // the ranks are no variants then, and the seeds are others
    draft.rates = {1e-3, 1e-2};
    const Plan chosen = plan_from_json(plan_json(draft), "the draft", {});
    QCOMPARE(chosen.variants.size(), size_t(7));
    QCOMPARE(chosen.choose.size(), size_t(2));
    QCOMPARE(chosen.choosing_seeds, (std::vector<int64_t>{5, 6}));
    QCOMPARE(run_count(chosen), int64_t(7 * 2 * 5 + 7 * 2 * 2 * 4));
    QCOMPARE(plan_json(draft_of(chosen))["choose"].dump(), plan_json(draft)["choose"].dump());
    QVERIFY(form_holds(chosen));
    Plan written = plan;  // by hand
    written.variants[0].settings["train.weight_decay"] = 0.5;
    QVERIFY(!form_holds(written));
    QVERIFY(parse_numbers("8; 16,32") == (std::vector<double>{8, 16, 32}));
    QVERIFY(!parse_numbers("8, x"));
  }

  void theFormSaysWhatItComesTo() {
    Shown shown;
    CompareForm* form = shown.page.form();
    form->setSettingsSource([] { return tinyRun({}); });
    shown.page.newComparison();
    QVERIFY(shown.until([&] { return form->complete() && form->reason().isEmpty(); }));
    QVERIFY(shown.says("<b>25 runs</b>: 5 variants × 1 task × 5 seeds"));
    QVERIFY(shown.says("not known before a first run"));
    QVERIFY(!shown.says("too few to conclude"));
    QPushButton* start = form->findChild<QPushButton*>("startComparison");
    QVERIFY(start->isEnabled());

    PlanDraft draft = form->draft();
    draft.seeds = 3;
    draft.methods = {"lora", "dtsm"};
    form->setDraft(draft);
    QVERIFY(!start->isEnabled());  // until it has been looked at
    QVERIFY(shown.says("too few to conclude"));
    QVERIFY(shown.until([&] { return form->complete(); }));
    QVERIFY(shown.says("<b>6 runs</b>"));

    draft.methods = {};
    form->setDraft(draft);
    QVERIFY(form->reason().contains("at least one method"));
    draft.methods = {"lora"};
    draft.tasks[0].train_file = "/no/such/file.csv";
    form->setDraft(draft);
    QVERIFY(shown.until([&] { return form->reason().contains("/no/such/file.csv"); }));
    QVERIFY(!start->isEnabled());
  }

  // ---- a comparison, from its form to its end -----------------------------------------------------------------------

  void aComparisonIsMadeTrainedReadAndExported() {
    Shown shown;
    CompareForm* form = shown.page.form();
    form->setSettingsSource([] { return tinyRun({}); });
    shown.page.newComparison();
    PlanDraft draft = form->draft();
    draft.name = "Two of them";
    draft.methods = {"lora", "ctcm"};
    draft.seeds = 2;
    form->setDraft(draft);
    QVERIFY(shown.until([&] { return form->complete() && form->reason().isEmpty(); }));
    form->start();
    QVERIFY(shown.until([&] { return shown.page.comparison() && shown.now().done(); }));
    QVERIFY(shown.until([&] { return !shown.page.runner().busy(); }));
    finished_ = shown.now().folder;
    QCOMPARE(shown.now().completed, int64_t(4));
    QVERIFY(!shown.page.findChild<Banner*>()->isVisible());

    shown.page.showResult(0);
    QTableWidget* table = shown.page.result()->table();
    QCOMPARE(table->rowCount(), 2);
    QCOMPARE(table->item(0, 0)->text(), QString("LoRA"));
    QCOMPARE(table->item(0, 4)->text(), QString("reference"));
    QCOMPARE(table->item(1, 4)->text(), QString("too few seeds"));
    QVERIFY(table->item(1, 3)->text().contains("["));
    QCOMPARE(shown.page.missingContent(), QString());
    QVERIFY(shown.page.result()->differences()->pointCount() > 0);
    QCOMPARE(shown.page.result()->turning()->pointCount(), 4);
    auto* axis = shown.page.result()->findChild<QComboBox*>();
    axis->setCurrentIndex(1);
    QVERIFY(shown.page.result()->turning()->xAxis->label().contains("condition"));

    for (const char* name : {"t.csv", "t.md", "t.html", "t.pdf"}) {
      const QString path = folder_.filePath(name);
      shown.page.exportTo(path);
      QVERIFY(shown.until([&] { return QFileInfo(path).size() > 0; }));
      const std::string text = read_file(path.toStdString());
      const std::string begin = QString(name).endsWith("csv")    ? "task,variant"
                                : QString(name).endsWith("md")   ? "**"
                                : QString(name).endsWith("html") ? "<!DOCTYPE html>"
                                                                 : "%PDF";
      QVERIFY2(text.starts_with(begin), name);
    }

    shown.page.showQueue();
    QSignalSpy asked(&shown.studio, &Studio::showPage);
    shown.page.queue()->select({shown.ids()[1]});
    shown.click("Open");
    QVERIFY(shown.until([&] { return shown.studio.run() != nullptr; }));
    QCOMPARE(shown.studio.run()->folder, shown.now().runs[1].folder);
    QCOMPARE(asked.size(), 1);
  }

  void aComparisonLikeAnEarlierOneIsPlanned() {
    Shown shown(finished_);
    shown.page.anotherLikeThis();
    CompareForm* form = shown.page.form();
    QVERIFY(form->isVisible());
    QCOMPARE(form->draft().name, std::string("Two of them, again"));
    QCOMPARE(form->draft().methods, (std::vector<std::string>{"lora", "ctcm"}));
    QCOMPARE(form->draft().seeds, int64_t(2));
    QVERIFY(shown.until([&] { return form->complete() && form->reason().isEmpty(); }));
    QVERIFY(!shown.page.findChild<Banner*>()->isVisible());
  }

  void aComparisonIsDeletedAndTakenBack() {
    const Path folder = create_comparison(tinyPlan("away", 8));
    Shown shown(folder);
    shown.page.remove();
    QVERIFY(shown.until([&] { return shown.says("moved to the wastebasket"); }));
    QVERIFY(!std::filesystem::exists(folder));
    QVERIFY(shown.page.comparison() && shown.now().folder != folder);  // another is shown
    shown.click("Undo");
    QVERIFY(shown.until([&] { return shown.page.comparison() && shown.now().folder == folder; }));
    QVERIFY(std::filesystem::exists(folder / "plan.json"));
    std::filesystem::remove_all(folder);
  }

  void severalTasksHaveAnAverage() {
    Plan plan = tinyPlan("average", 8);
    plan.tasks.push_back(plan.tasks.front());
    plan.tasks.back().name = "Again";
    Shown shown(create_comparison(plan));
    shown.page.showResult(2);
    QCOMPARE(shown.page.result()->table()->rowCount(), 2);
    QVERIFY(!shown.page.result()->turning()->isVisible());
    shown.page.showResult(0);
    QVERIFY(shown.page.result()->turning()->isVisible());
    std::filesystem::remove_all(shown.now().folder);
  }

  void aKnownRunGivesTheTime() {
    Shown shown;
    CompareForm* form = shown.page.form();
    form->setSettingsSource([] { return tinyRun({}); });
    shown.page.newComparison();
    QVERIFY(shown.until([&] { return form->complete() && form->reason().isEmpty(); }));
    QVERIFY(shown.says("by 4 completed runs of this model and task"));
  }

  // ---- the queue ----------------------------------------------------------------------------------------------------

  void theQueueIsReorderedAndSkipped() {
    const Path folder = create_comparison(tinyPlan("order", 8));
    Shown shown(folder);
    shown.page.showQueue();
    const std::vector<std::string> planned = shown.ids();
    QCOMPARE(planned.size(), size_t(4));
    QVERIFY(shown.button("Start"));
    shown.page.queue()->select({planned[3]});
    shown.click("Up");
    const std::vector<std::string> up = {planned[0], planned[1], planned[3], planned[2]};
    QCOMPARE(shown.ids(), up);  // at once, and then on disk
    QVERIFY(shown.until([&] { return read_comparison(folder).queue.order == up; }));
    shown.click("To the top");
    QCOMPARE(shown.ids().front(), planned[3]);
    shown.click("Down");
    QCOMPARE(shown.ids()[1], planned[3]);

    // Dragged: the two last ones before the first.
    QueueModel* model = shown.page.queue()->model();
    const std::vector<std::string> before = shown.ids();
    const std::unique_ptr<QMimeData> dragged(model->mimeData({model->index(3, 2), model->index(2, 0)}));
    QVERIFY(!model->dropMimeData(dragged.get(), Qt::MoveAction, 0, 0, {}));
    QCOMPARE(shown.ids(), (std::vector<std::string>{before[2], before[3], before[0], before[1]}));

    shown.page.queue()->select({planned[0], planned[1]});
    shown.click("Skip");
    QVERIFY(shown.until([&] { return read_comparison(folder).queue.skipped.size() == 2; }));
    QTest::qWait(1500);  // readings come and go
    QCOMPARE(shown.now().queue.skipped.size(), size_t(2));
    shown.page.queue()->select({planned[1]});
    shown.click("Don't skip");
    QVERIFY(shown.until([&] { return read_comparison(folder).queue.skipped.size() == 1; }));

    shown.click("Start");
    QVERIFY(shown.until([&] { return shown.now().done() && !shown.page.runner().busy(); }));
    QCOMPARE(shown.now().completed, int64_t(3));
    for (const ComparedRun& run : shown.now().runs)
      QVERIFY((run.state == ComparedState::Waiting) == (run.run.id == planned[0]));
  }

  void pausedItWaitsAndGoesOn() {
    const Path folder = create_comparison(tinyPlan("pause", 100'000, {1}));
    Shown shown(folder);
    shown.click("Start");
    QVERIFY(shown.training());
    shown.click("Pause");
    QVERIFY(shown.until([&] { return shown.now().runs[0].state == ComparedState::Paused; }));
    QVERIFY(shown.says("paused"));
    const int64_t step = read_comparison(folder).runs[0].step;
    QTest::qWait(1000);
    QCOMPARE(read_comparison(folder).runs[0].step, step);
    shown.click("Go on");
    QVERIFY(shown.until([&] { return shown.now().runs[0].step > step; }));
    // Skipping what trains stops it, with a checkpoint, and the next begins.
    shown.page.showQueue();
    shown.page.queue()->select({shown.ids()[0]});
    shown.click("Skip");
    QVERIFY(shown.until([&] { return shown.now().runs[1].state == ComparedState::Running; }));
    QVERIFY(shown.now().runs[0].state == ComparedState::Stopped);
    shown.click("Stop");
    QVERIFY(shown.until([&] { return !shown.page.runner().busy() && !shown.now().runs_now; }));
    QVERIFY(shown.says("not running"));
    QVERIFY(shown.button("Go on"));
  }

  void aKilledProcessLeavesAButtonToGoOn() {
    const Path folder = create_comparison(tinyPlan("killed", 100'000, {1}));
    Shown shown(folder);
    shown.click("Start");
    QVERIFY(shown.training());
    const Path run = shown.now().runs[0].folder;
    kill(folder);
    kill(run);
    QVERIFY(shown.until([&] { return !shown.page.runner().busy() && !shown.now().runs_now; }));
    QVERIFY(shown.says("not running"));
    QVERIFY(shown.page.findChild<Banner*>()->isVisible());
    QVERIFY(shown.until([&] { return !RunLock::is_held(run); }));
    shown.page.goOn();
    QVERIFY(shown.until([&] { return shown.now().runs_now; }));
    QVERIFY(shown.training());
    QVERIFY(!shown.page.findChild<Banner*>()->isVisible());
    shown.page.stop();
    QVERIFY(shown.until([&] { return !shown.now().runs_now; }));
    QVERIFY(shown.now().runs[0].state == ComparedState::Stopped);
  }

  void aFailedRunIsTriedAgain() {
    Plan plan = tinyPlan("failed", 8, {1});
    plan.variants.push_back({"bad", {{"adapter.target_modules", nlohmann::json::array({"nothing"})}}});
    const Path folder = create_comparison(plan);
    Shown shown(folder);
    shown.click("Start");
    QVERIFY(shown.until([&] { return shown.now().done() && !shown.page.runner().busy(); }));
    QCOMPARE(shown.now().failed, int64_t(1));
    QVERIFY(shown.until([&] { return shown.says("finished, 1 failed"); }));
    shown.page.showQueue();
    QueueModel* model = shown.page.queue()->model();
    QVERIFY(model->index(2, QueueModel::Note).data().toString().contains("nothing"));
    shown.page.queue()->select({shown.ids()[2]});
    shown.click("Try again");
    QVERIFY(shown.until([&] { return shown.now().runs[2].state == ComparedState::Waiting; }));
    QVERIFY(!std::filesystem::exists(shown.now().runs[2].folder));
    QVERIFY(shown.button("Go on")->isEnabled());
  }

  // ---- closing the window -------------------------------------------------------------------------------------------

  void closingStopsItOrLeavesItRunning() {
    const Path folder = create_comparison(tinyPlan("closing", 100'000, {1}));
    {
      Shown shown(folder);
      shown.click("Start");
      QVERIFY(shown.training());
      QSignalSpy ended(&shown.page, &ComparePage::runnerEnded);
      shown.page.findChild<QCheckBox*>("goesOn")->setChecked(false);
      QVERIFY(!shown.page.letGo());
      QVERIFY(shown.until([&] { return ended.size() == 1; }));
      QVERIFY(shown.page.letGo());
      QVERIFY(read_comparison(folder).runs[0].state == ComparedState::Stopped);
    }
    {
      Shown shown(folder);
      shown.page.findChild<QCheckBox*>("goesOn")->setChecked(true);
      shown.click("Go on");
      QVERIFY(shown.training());
      QVERIFY(shown.page.letGo());
    }
    QTest::qWait(1500);
    QVERIFY(read_comparison(folder).runs_now);
    Shown again;  // the window opened anew: it is found, shown as running, and can be stopped
    QVERIFY(
        again.until([&] { return again.page.comparison() && again.now().folder == folder && again.now().runs_now; }));
    QVERIFY(again.says("running"));
    again.click("Stop");
    QVERIFY(again.until([&] { return !again.now().runs_now; }));
    QVERIFY(again.now().runs[0].state == ComparedState::Stopped);
    again.page.findChild<QCheckBox*>("goesOn")->setChecked(false);
  }

  void whatCannotBeReadIsSaid() {
    const Path folder = comparisons_dir() / "broken";
    make_folder(folder);
    write_file(folder / "plan.json", "{\"seeds\": 3");
    Shown shown;
    auto* list = shown.page.findChild<QComboBox*>("comparisons");
    QVERIFY(shown.until([&] { return list->count() >= 6; }));
    shown.page.select(folder);
    QVERIFY(shown.says("can't be read"));
    QVERIFY(shown.says("plan.json"));
    shown.page.select(finished_);
    QVERIFY(shown.until([&] { return shown.page.comparison() != nullptr; }));
    QVERIFY(!shown.says("can't be read"));
  }
};

QTEST_MAIN(TestComparePage)
#include "test_compare_page.moc"
