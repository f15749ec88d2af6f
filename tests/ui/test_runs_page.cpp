// Runs on real runs of the tiny model: the table, the overlay, and what can be done with a run.
#include <QDir>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTableWidget>
#include <QTemporaryDir>
#include <algorithm>

#include "base/files.h"
#include "pages/runs/runs_compare.h"
#include "pages/runs/runs_model.h"
#include "pages/runs/runs_page.h"
#include "style/plot.h"
#include "style/theme.h"
#include "tiny_run.h"
#include "widgets/banner.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

constexpr int patience = 30'000;  // ms

// The table of runs; beside it stands one of differing settings.
QTableView* tableOf(const RunsPage& page) {
  for (QTableView* table : page.findChildren<QTableView*>())
    if (qobject_cast<RunsFilter*>(table->model())) return table;
  return nullptr;
}

struct Shown {
  Studio studio;
  RunsPage page{studio};
  QTableView* table = tableOf(page);
  RunsModel* model = page.findChild<RunsModel*>();
  RunsCompare* compare = page.findChild<RunsCompare*>();
  Shown() {
    page.resize(1200, 760);
    page.show();
  }
  bool listed(int rows) const {
    return QTest::qWaitFor([&] { return model->rowCount() == rows; }, patience);
  }
  QPushButton* button(const QString& text) const {
    for (QPushButton* found : page.findChildren<QPushButton*>())
      if (found->text() == text) return found;
    return nullptr;
  }
  int curves(const Plot& plot) const { return const_cast<Plot&>(plot).plottableCount(); }
};

RunRow rowOf(const std::string& name, RunStatus status, double started) {
  RunRow row;
  row.folder = "/nowhere/" + name;
  row.name = name;
  row.method = "shim";
  row.status = status;
  row.started = started;
  row.step = 7;
  row.total_steps = 70;
  return row;
}

}  // namespace

class TestRunsPage : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  Path first_, second_;

  Path inFolder(const char* name) const { return folder_.filePath(QString::fromLatin1(name)).toStdString(); }

 private Q_SLOTS:
  void initTestCase() {
    applyTheme(*qApp, ThemeMode::Light);
    QVERIFY(QDir(folder_.path()).mkpath("data"));
    qputenv("XDG_DATA_HOME", folder_.filePath("data").toUtf8());  // a wastebasket of the test's own
    for (const RunRow& old : list_runs()) forget_run(old.folder);
    first_ = train(tinyRun(inFolder("first"), "ctcm"));
    RunConfig other = tinyRun(inFolder("second"), "lora");
    other.train.learning_rate = 1e-3;
    second_ = train(other);
    for (const Path& run : {first_, second_}) remember_run(run);
  }

  void theTableShowsEveryRun() {
    Shown shown;
    QVERIFY(shown.listed(2));
    const int row = shown.model->rowOf(first_);
    const auto text = [&](RunsModel::Column column) { return shown.model->index(row, column).data().toString(); };
    QCOMPARE(text(RunsModel::Name), QString("first"));
    QCOMPARE(text(RunsModel::Method), QString("ctcm"));
    QCOMPARE(text(RunsModel::Status), QString("Completed"));
    QVERIFY(text(RunsModel::Score) != "–");
    QVERIFY(text(RunsModel::Loss) != "–");
    QVERIFY(!shown.page.missingContent().isEmpty());  // no curve yet
  }

  void severalRunsOverlayTheirCurvesAndDifferences() {
    Shown shown;
    QVERIFY(shown.listed(2));
    shown.page.select({first_, second_});
    QVERIFY(QTest::qWaitFor([&] { return shown.curves(*shown.compare->loss) == 2; }, patience));
    QCOMPARE(shown.page.missingContent(), QString());
    QCOMPARE(shown.compare->loss->pointCount(), 2 * 6);  // 12 steps, logged every second
    QVERIFY(shown.compare->score->pointCount() >= 4);
    QSet<QString> settings;
    QTableWidget* table = shown.compare->settings;
    for (int i = 1; i < table->columnCount(); ++i) settings << table->horizontalHeaderItem(i)->text();
    QCOMPARE(table->rowCount(), 2);
    QCOMPARE(settings.size(), 2);  // method and rate, nothing else: not where they are written
    QVERIFY(settings.contains("Learning rate"));

    shown.page.select({first_});
    QVERIFY(QTest::qWaitFor([&] { return shown.curves(*shown.compare->loss) == 1; }, patience));
    shown.page.select({});
    QVERIFY(QTest::qWaitFor([&] { return shown.curves(*shown.compare->loss) == 0; }, patience));
  }

  void runsOfOneMethodDifferByLineStyle() {
    RunsCompare compare;
    auto a = std::make_shared<RunData>(run_data(open_run(first_)));
    auto b = std::make_shared<RunData>(*a);
    b->name = "again";
    compare.setRuns({a, b});
    const QPen one = compare.loss->graph(0) ? compare.loss->graph(0)->pen() : compare.loss->plottable(0)->pen();
    const QPen two = compare.loss->plottable(1)->pen();
    QCOMPARE(one.color(), two.color());
    QVERIFY(one.style() != two.style());
    QCOMPARE(compare.settings->columnCount(), 1);  // no setting differs
  }

  void theFilterKeepsWhatHasAllWords() {
    Shown shown;
    QVERIFY(shown.listed(2));
    auto* field = shown.page.actions()->findChild<QLineEdit*>();
    QTest::keyClicks(field, "compl LORA");
    QCOMPARE(shown.table->model()->rowCount(), 1);
    QCOMPARE(shown.table->model()->index(0, RunsModel::Method).data().toString(), QString("lora"));
    field->setText("nothing of the kind");
    QCOMPARE(shown.table->model()->rowCount(), 0);
    field->clear();
    QCOMPARE(shown.table->model()->rowCount(), 2);
  }

  void sortingIsByValueNotByText() {
    RunsModel model;
    RunsFilter filter;
    filter.setSourceModel(&model);
    std::vector<RunRow> rows;
    for (const double loss : {9.0, 10.0, 0.5}) {
      rows.push_back(rowOf("r" + std::to_string(loss), RunStatus::Completed, loss));
      rows.back().loss = loss;
    }
    rows.push_back(rowOf("none", RunStatus::Failed, 1));
    model.setRuns(rows);
    filter.sort(RunsModel::Loss, Qt::DescendingOrder);
    QStringList names;
    for (int i = 0; i < filter.rowCount(); ++i) names << filter.index(i, 0).data().toString().left(4);
    QCOMPARE(names, QStringList({"r10.", "r9.0", "r0.5", "none"}));
  }

  void aRefreshKeepsTheSelection() {
    Studio studio;
    RunsPage page(studio);
    page.setRuns({rowOf("a", RunStatus::Completed, 1), rowOf("b", RunStatus::Completed, 2)});
    page.select({Path("/nowhere/b")});
    page.setRuns({rowOf("c", RunStatus::Completed, 3), rowOf("b", RunStatus::Stopped, 2)});
    const QModelIndexList rows = tableOf(page)->selectionModel()->selectedRows();
    QCOMPARE(rows.size(), 1);
    QCOMPARE(rows[0].data().toString(), QString("b"));
  }

  void aCrashedRunSaysSoAndOffersToGoOn() {
    Studio studio;
    RunsPage page(studio);
    page.resize(1200, 700);
    page.show();
    page.setRuns({rowOf("a", RunStatus::Completed, 1), rowOf("broken", RunStatus::Crashed, 2)});
    auto* notice = page.findChild<Banner*>();
    QVERIFY(notice->isVisible());
    QVERIFY(notice->text().contains("broken"));
    page.select({Path("/nowhere/broken")});
    bool offered = false;
    for (const QPushButton* button : page.findChildren<QPushButton*>())
      offered = offered || (button->text() == "Continue" && button->isEnabled());
    QVERIFY(offered);
    page.select({Path("/nowhere/a")});
    for (const QPushButton* button : page.findChildren<QPushButton*>())
      if (button->text() == "Continue") QVERIFY(!button->isEnabled());
  }

  void renamingIsKept() {
    Shown shown;
    QVERIFY(shown.listed(2));
    const QModelIndex name = shown.model->index(shown.model->rowOf(first_), RunsModel::Name);
    QVERIFY(shown.model->setData(name, "  The   best one ", Qt::EditRole));
    QVERIFY(!shown.model->setData(name, "   ", Qt::EditRole));
    QVERIFY(QTest::qWaitFor(
        [&] {
          const auto rows = list_runs();
          return std::any_of(rows.begin(), rows.end(), [](const RunRow& row) { return row.name == "The best one"; });
        },
        patience));
    rename_run(first_, "first");
  }

  void settingsAreUsedAgain() {
    Shown shown;
    QVERIFY(shown.listed(2));
    shown.page.select({second_});
    RunConfig used;
    connect(&shown.studio, &Studio::useSettings, &shown.page, [&](const RunConfig& config) { used = config; });
    QTest::mouseClick(shown.button("Use settings"), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return used.adapter.method == "lora"; }, patience));
    QCOMPARE(used.train.learning_rate, 1e-3);
    QCOMPARE(used.output.output_dir, std::string());  // a new run has a folder of its own
  }

  void openPutsTheRunInFront() {
    Shown shown;
    QVERIFY(shown.listed(2));
    QSignalSpy asked(&shown.studio, &Studio::showPage);
    shown.page.select({first_});
    QTest::mouseClick(shown.button("Open"), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return shown.studio.run() && shown.studio.run()->folder == first_; }, patience));
    QCOMPARE(asked.size(), 1);
  }

  void deletingCanBeUndone() {
    Shown shown;
    QVERIFY(shown.listed(2));
    shown.page.select({second_});
    QTest::mouseClick(shown.button("Delete"), Qt::LeftButton);
    QVERIFY(shown.listed(1));
    QVERIFY(!std::filesystem::exists(second_));
    QVERIFY(QTest::qWaitFor([&] { return shown.button("Undo") && shown.button("Undo")->isVisible(); }, patience));
    QTest::mouseClick(shown.button("Undo"), Qt::LeftButton);
    QVERIFY(shown.listed(2));
    QVERIFY(std::filesystem::exists(second_ / "run.json"));
  }
};

QTEST_MAIN(TestRunsPage)
#include "test_runs_page.moc"
