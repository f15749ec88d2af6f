// The page "New run": every option has an editor, wrong values keep Start off, the tree says what the settings mean.
#include <QtTest>
#include <QtWidgets>

#include "api/api.h"
#include "pages/new_run/data_preview.h"
#include "pages/new_run/form_section.h"
#include "pages/new_run/method_cards.h"
#include "pages/new_run/model_sheet.h"
#include "pages/new_run/new_run_page.h"
#include "pages/new_run/option_editor.h"
#include "pages/new_run/option_field.h"
#include "pages/new_run/run_form.h"
#include "pages/new_run/target_tree.h"
#include "studio.h"

using namespace mtlora;
using namespace mtlora::ui;

class TestNewRunPage : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<Studio> studio_;
  std::unique_ptr<NewRunPage> page_;
  QTemporaryDir folder_;

  RunForm& form() { return *page_->form(); }
  bool planned() { return page_->missingContent().isEmpty(); }
  QPushButton& startButton() { return *page_->findChild<QPushButton*>("start"); }

  // As a person does: all of the old text out, the new one typed.
  void type(const QString& key, const QString& text) {
    auto* line = form().field(key)->editor()->findChild<QLineEdit*>();
    QVERIFY2(line, qPrintable(key));
    form().reveal(key);
    line->selectAll();
    QTest::keyClick(line, Qt::Key_Delete);
    QTest::keyClicks(line, text);
  }
  void choose(const QString& key, const QString& value) {
    OptionEditor* editor = form().field(key)->editor();
    editor->setValue(value.toStdString());
    Q_EMIT editor->edited();
  }
  QString note(const QString& key) {
    auto* label = form().field(key)->findChild<QLabel*>("problem");
    return label->isVisibleTo(form().field(key)) ? label->text() : QString();
  }
  QString write(const QString& name, const QByteArray& text) {
    QFile file(folder_.filePath(name));
    if (!file.open(QIODevice::WriteOnly)) qFatal("%s can't be written", qPrintable(file.fileName()));
    file.write(text);
    return file.fileName();
  }

 private Q_SLOTS:
  void initTestCase() { initialise(); }
  void init() {
    studio_ = std::make_unique<Studio>();
    page_ = std::make_unique<NewRunPage>(*studio_);
    page_->resize(1240, 840);
    page_->show();
    page_->activateWindow();
  }
  void cleanup() {
    page_.reset();
    studio_.reset();
  }

  void everyOptionHasAnEditor() {
    QStringList expected;
    for (const Option& option : option_table()) expected << QString::fromStdString(option.key);
    QCOMPARE(form().keys(), expected);
    QStringList placed;
    for (const OptionEditor* editor : page_->findChildren<OptionEditor*>())
      placed << editor->property("optionKey").toString();
    placed.sort();
    expected.sort();
    QCOMPARE(placed, expected);
  }

  // What an editor shows is what it was given: for the defaults and for values far from them.
  void editorsKeepValues() {
    const RunConfig defaults;
    for (const Option& option : option_table())
      QCOMPARE(QString::fromStdString(form().field(QString::fromStdString(option.key))->editor()->value().dump()),
               QString::fromStdString(option.get(form().config()).dump()));
    RunConfig config;
    config.data.max_train_samples = 4000;
    config.adapter.method = "shim";
    config.adapter.target_modules = {{}, "bert\\.encoder\\.layer\\.(0|1)\\.attention\\.self\\.query"};
    config.adapter.layers_to_transform = {0, 2, 5};
    config.adapter.use_rslora = true;
    config.train.learning_rate = 4e-4;
    config.train.adam_epsilon = 1e-8;
    config.train.t_weight_decay = 0.01;
    config.eval.eval_steps = "50";
    form().setConfig(config);
    for (const Option& option : option_table())
      QCOMPARE(QString::fromStdString(form().field(QString::fromStdString(option.key))->editor()->value().dump()),
               QString::fromStdString(option.get(config).dump()));
  }

  // The window opens with settings that train at once.
  void firstStartCanTrain() {
    QTRY_VERIFY_WITH_TIMEOUT(planned(), 30000);
    QCOMPARE(page_->reason(), QString());
    QVERIFY(startButton().isEnabled());
    QCOMPARE(form().config().model.name_or_path, std::string("minilm"));
    QCOMPARE(form().config().data.task, std::string("banking77"));
    // 9,003 of the 10,003 rows are left to train on: a stratified tenth is held out.
    bool found = false;
    for (const QLabel* label : page_->findChildren<QLabel*>()) found |= label->text() == QLocale().toString(9003);
    QVERIFY(found);
  }

  void wrongValuesKeepStartOff() {
    type("train.learning_rate", "fast");
    QVERIFY(note("train.learning_rate").contains("number"));
    QVERIFY(!startButton().isEnabled());
    QVERIFY(page_->reason().startsWith("Learning rate: "));
    type("train.learning_rate", "-1");
    QVERIFY(!note("train.learning_rate").isEmpty());
    type("train.learning_rate", "4e-4");
    QCOMPARE(note("train.learning_rate"), QString());
    QCOMPARE(form().config().train.learning_rate, 4e-4);
    QVERIFY(startButton().isEnabled());
    type("train.seed", "");
    QVERIFY(!note("train.seed").isEmpty());
    QVERIFY(!startButton().isEnabled());
  }

  // What only the plan can find is marked beside its field too, and gone with the next edit.
  void planMarksItsField() {
    type("adapter.r", "5000");
    QTRY_VERIFY_WITH_TIMEOUT(!note("adapter.r").isEmpty(), 30000);
    QVERIFY(!startButton().isEnabled());
    type("adapter.r", "4");
    QCOMPARE(note("adapter.r"), QString());
    QTRY_VERIFY_WITH_TIMEOUT(planned(), 30000);
    QVERIFY(startButton().isEnabled());
    type("model.name_or_path", "no-such-model");
    QTRY_VERIFY_WITH_TIMEOUT(!page_->reason().isEmpty(), 30000);
    QVERIFY(!startButton().isEnabled());
  }

  void aFolderThatDoesNotOpenIsExplained() {
    QTRY_VERIFY_WITH_TIMEOUT(form().sheet().text().contains("Apache-2.0"), 30000);
    QTemporaryDir folder;
    write_file(Path(folder.path().toStdString()) / "config.json", R"({"model_type": "bert"})");
    type("model.name_or_path", folder.path());
    QTRY_VERIFY_WITH_TIMEOUT(form().sheet().text().contains("does not open"), 30000);
    const QString said = form().sheet().text();
    QVERIFY2(said.contains("an encoder"), qPrintable(said));
    QVERIFY2(said.contains("holds no model.safetensors"), qPrintable(said));
    QVERIFY2(said.contains("tokenizer.json"), qPrintable(said));
    type("model.name_or_path", "minilm");
    QTRY_VERIFY_WITH_TIMEOUT(form().sheet().text().contains("22.7 million parameters"), 30000);
  }

  void unsetSaysWhatItMeans() {
    auto* line = form().field("train.t_weight_decay")->editor()->findChild<QLineEdit*>();
    QCOMPARE(line->text(), QString());
    QCOMPARE(line->placeholderText(), QString("as weight decay"));
    type("train.t_weight_decay", "0.01");
    QCOMPARE(form().config().train.t_weight_decay, std::optional<double>(0.01));
    type("train.t_weight_decay", "");
    QCOMPARE(form().config().train.t_weight_decay, std::optional<double>());
    for (const Option& option : option_table()) {  // an empty box that says nothing is a riddle
      const QString key = QString::fromStdString(option.key);
      auto* edit = form().field(key)->editor()->findChild<QLineEdit*>();
      if (option.optional && edit) QVERIFY2(!edit->placeholderText().isEmpty(), qPrintable(key));
    }
  }

  void ownFile() {
    const QString path = write("own.csv",
                               "id,question,intent\n"
                               "1,Where is my card?,arrival\n"
                               "2,\"Declined, again\",declined\n"
                               "3,too few\n"
                               "4,My money is gone,lost\n"
                               "5,Where is it now?,arrival\n");
    choose("data.task", "own");
    QVERIFY(form().field("data.train_file")->isVisibleTo(&form()) || !form().config().data.train_file.size());
    type("data.train_file", path);
    const auto& preview = form().preview()->preview();
    QTRY_COMPARE_WITH_TIMEOUT(preview.columns.size(), size_t(3), 30000);
    QCOMPARE(preview.rows.size(), size_t(4));
    QCOMPARE(preview.usable_rows, int64_t(4));
    QCOMPARE(preview.problems.size(), size_t(1));
    QCOMPARE(preview.problems.front().row, int64_t(3));
    // The guess is written down and can be changed.
    QCOMPARE(form().config().data.text_column, std::string("question"));
    QCOMPARE(form().config().data.label_column, std::string("intent"));
    auto* columns = form().field("data.text_column")->editor()->findChild<QComboBox*>();
    QCOMPARE(columns->count(), 3);
    // Row 3 can't be used, so the run can't start; the message names it.
    QTRY_VERIFY_WITH_TIMEOUT(note("data.train_file").contains("ow 3"), 30000);
    QVERIFY(!startButton().isEnabled());

    const QString label = QString("arrival");
    const auto tables = form().preview()->findChildren<QTableWidget*>();
    const bool listed = std::any_of(tables.begin(), tables.end(), [&](QTableWidget* table) {
      return !table->findItems(label, Qt::MatchExactly).isEmpty() && table->columnCount() == 2 &&
             table->item(0, 0)->text() == label && table->item(0, 1)->text() == "2";
    });
    QVERIFY(listed);

    // Another mapping is looked at anew; going back to the bundled task and again keeps what was chosen.
    columns->setCurrentText("id");
    QCOMPARE(form().config().data.text_column, std::string("id"));
    choose("data.task", "banking77");
    QCOMPARE(form().config().data.train_file, std::string());
    QTRY_VERIFY_WITH_TIMEOUT(planned(), 30000);
    choose("data.task", "own");
    QCOMPARE(QString::fromStdString(form().config().data.train_file), path);
    QCOMPARE(form().config().data.text_column, std::string("id"));
  }

  void methodsByKeyboard() {
    form().reveal("adapter.method");
    auto* cards = page_->findChild<MethodCards*>();
    QCOMPARE(form().config().adapter.method, std::string("ctcm"));
    QTRY_VERIFY(cards->card("ctcm")->hasFocus());
    QTest::keyClick(cards->card("ctcm"), Qt::Key_Down);
    QCOMPARE(form().config().adapter.method, std::string("full"));  // the card below
    QVERIFY(cards->card("full")->hasFocus());
    QTest::keyClick(cards->card("full"), Qt::Key_Left);
    QCOMPARE(form().config().adapter.method, std::string("dtsm"));
    QTest::mouseClick(cards->card("full"), Qt::LeftButton);
    QCOMPARE(form().config().adapter.method, std::string("full"));
    QVERIFY(!form().field("adapter.r")->isVisibleTo(&form()));
    QTest::mouseClick(cards->card("lora"), Qt::LeftButton);
    QVERIFY(form().field("adapter.r")->isVisibleTo(&form()));
  }

  void treeFollowsTheSettings() {
    TargetTree* tree = form().targets();
    // query, key, value and every dense layer, the pooler's too: all 37.
    QTRY_COMPARE_WITH_TIMEOUT(tree->selected().size(), 37, 30000);
    type("adapter.target_modules", "query");
    QTRY_COMPARE_WITH_TIMEOUT(tree->selected().size(), 6, 30000);
    tree->selectKind("attention.self.value", true);
    QCOMPARE(form().config().adapter.target_modules, (TargetModules{{"query", "value"}, ""}));
    for (const LinearInfo& linear : tree->linears()) tree->select(QString::fromStdString(linear.name), false);
    QVERIFY(!note("adapter.target_modules").isEmpty());
    QVERIFY(!startButton().isEnabled());
  }

  // The answers about a model come from two workers, in either order.
  void countBeforeLayers() {
    const ModelInfo model = inspect_model("minilm");
    TargetTree tree;
    tree.setSelected(count_parameters(RunConfig(), 2).adapted_modules);
    tree.setModel(model.linears);
    QCOMPARE(tree.selected().size(), 12);  // query and value of six layers
    const auto boxes = tree.findChildren<QCheckBox*>();
    QCOMPARE(std::count_if(boxes.begin(), boxes.end(), [](QCheckBox* box) { return box->isChecked(); }), 2);
  }

  void runFile() {
    type("train.learning_rate", "1e-3");
    type("adapter.r", "16");
    choose("adapter.method", "dtsm");
    const QString path = folder_.filePath("run.json");
    QVERIFY(page_->saveFile(path));
    page_->useFirstRun();
    QVERIFY(form().config().adapter.r != 16);
    QVERIFY(page_->openFile(path));
    QCOMPARE(form().config().adapter.r, int64_t(16));
    QCOMPARE(form().config().train.learning_rate, 1e-3);
    QCOMPARE(form().config().adapter.method, std::string("dtsm"));
    QCOMPARE(QString::fromStdString(to_json(load_run_file(path.toStdString())).dump()),
             QString::fromStdString(to_json(form().config()).dump()));

    // A broken file changes nothing; neither does a wrong value get into a file.
    const QString broken = write("broken.json", R"({"format": 1, "train": {"lerning_rate": 1}})");
    QVERIFY(!page_->openFile(broken));
    QCOMPARE(form().config().adapter.r, int64_t(16));
    type("train.learning_rate", "fast");
    const QString unsaved = folder_.filePath("unsaved.json");
    QVERIFY(!page_->saveFile(unsaved));
    QVERIFY(!QFile::exists(unsaved));
  }

  void settingsOfAnotherRun() {
    RunConfig config;
    config.adapter.method = "icfm";
    config.train.seed = 7;
    config.output.output_dir = folder_.path().toStdString();
    type("train.seed", "3");
    Q_EMIT studio_->useSettings(config);
    QCOMPARE(form().config().adapter.method, std::string("icfm"));
    QCOMPARE(form().config().train.seed, int64_t(7));
    QCOMPARE(form().config().output.output_dir, std::string());  // that folder is taken
    auto* undo = page_->findChild<QToolButton*>("undo");
    QVERIFY(undo->isVisible());
    undo->click();
    QCOMPARE(form().config().train.seed, int64_t(3));
    QCOMPARE(form().config().adapter.method, std::string("ctcm"));
  }

  // Tab goes through the form from top to bottom.
  void tabOrderFollowsTheEye() {
    QTRY_VERIFY_WITH_TIMEOUT(planned(), 30000);
    for (const char* group : {"model", "data", "adapter", "train"}) {
      form().section(group)->setOpen(true);
      form().section(group)->showMore(true);
    }
    QTest::qWait(50);  // laid out
    QWidget* widget = form().section("model")->header();
    const int rowHeight = 12;  // what stands in one row may be a little higher or lower
    int stops = 0, y = widget->mapTo(page_.get(), QPoint()).y();
    for (widget = widget->nextInFocusChain(); form().isAncestorOf(widget); widget = widget->nextInFocusChain()) {
      if (!(widget->focusPolicy() & Qt::TabFocus) || !widget->isVisible() || widget->inherits("QScrollBar")) continue;
      const QWidget* parent = widget->parentWidget();
      if (parent->inherits("QComboBox") || parent->inherits("QTabWidget") || parent->inherits("QStackedWidget"))
        continue;
      const int next = widget->mapTo(page_.get(), QPoint()).y();
      QVERIFY2(next >= y - rowHeight, qPrintable(widget->accessibleName() + ' ' + widget->metaObject()->className()));
      y = next;
      ++stops;
    }
    QVERIFY(stops > 40);
  }

  void startStarts() {
    RunConfig config = form().config();
    config.data.max_train_samples = 64;
    config.data.max_eval_samples = 16;
    config.train.max_steps = 2;
    config.output.output_dir = folder_.filePath("run").toStdString();
    form().setConfig(config);
    QSignalSpy shown(studio_.get(), &Studio::showPage), ended(studio_.get(), &Studio::jobEnded);
    QTest::mouseClick(&startButton(), Qt::LeftButton);
    QCOMPARE(shown.size(), 1);
    QVERIFY(studio_->busy());
    QVERIFY(!startButton().isEnabled());  // one run at a time, and it says so
    QVERIFY(page_->reason().contains("training"));
    QVERIFY(ended.wait(300000));
    QCOMPARE(QString::fromStdString(studio_->run()->finished->message), QString());
    QCOMPARE(studio_->run()->step(), int64_t(2));
    QVERIFY(startButton().isEnabled());
  }

  // In the smallest window (1000 x 640 with the side bar) nothing of the form is cut at its right.
  void formFitsTheSmallestWindow() {
    page_->resize(800, 560);
    QTRY_VERIFY_WITH_TIMEOUT(planned(), 30000);
    for (const char* group : {"model", "data", "adapter", "train"}) {
      form().section(group)->setOpen(true);
      form().section(group)->showMore(true);
    }
    QTest::qWait(50);
    QCOMPARE(page_->width(), 800);
    auto* scroll = form().findChild<QScrollArea*>();
    const int needed = scroll->widget()->minimumSizeHint().width(), there = scroll->viewport()->width();
    QVERIFY2(needed <= there, qPrintable(QString("%1 px of %2").arg(needed).arg(there)));
  }

  void helpFollowsTheFocus() {
    page_->activateWindow();
    form().reveal("train.warmup_ratio");
    auto* help = page_->findChild<QLabel*>("help");
    QTRY_VERIFY(help->text().contains("train.warmup_ratio"));
    form().reveal("train.t_weight_decay");
    QTRY_VERIFY(help->text().contains("train.t_weight_decay"));
  }
};

QTEST_MAIN(TestNewRunPage)
#include "test_new_run_page.moc"
