// The page "New run" for tasks whose answer is a text: models that can write, what is learnt of each token, the limit
// as a line to drag, recipes, and the files of dialogues.
#include <QtTest>
#include <QtWidgets>

#include "api/api.h"
#include "base/json.h"
#include "base/paths.h"
#include "engine/shared_data.h"
#include "pages/new_run/data_preview.h"
#include "pages/new_run/form_section.h"
#include "pages/new_run/length_plot.h"
#include "pages/new_run/length_view.h"
#include "pages/new_run/new_run_page.h"
#include "pages/new_run/offer.h"
#include "pages/new_run/option_editor.h"
#include "pages/new_run/option_field.h"
#include "pages/new_run/recipe_panel.h"
#include "pages/new_run/run_form.h"
#include "pages/new_run/target_tree.h"
#include "pages/new_run/task_picker.h"
#include "pages/new_run/token_view.h"
#include "studio.h"
#include "widgets/fold_button.h"

using namespace mtlora;
using namespace mtlora::ui;
using nlohmann::json;

class TestNewRunTexts : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<Studio> studio_;
  std::unique_ptr<NewRunPage> page_;
  QTemporaryDir folder_;

  RunForm& form() { return *page_->form(); }
  bool planned() { return page_->missingContent().isEmpty(); }
  // Not by the plan of what stood there before.
  bool startable() { return !find<QProgressBar>()->isVisible() && planned() && page_->reason().isEmpty(); }
  bool shown(const QString& key) { return form().field(key)->isVisibleTo(form().sectionOf(key)); }
  template <typename T>
  T* find(const QString& name = {}) {
    return page_->findChild<T*>(name);
  }
  QString note(const QString& key) {
    auto* label = form().field(key)->findChild<QLabel*>("problem");
    return label->isVisibleTo(form().field(key)) ? label->text() : QString();
  }
  // The offer that stands in this section, with what it says.
  Offer* offer(const QString& button) {
    for (Offer* one : page_->findChildren<Offer*>())
      if (one->button()->text() == button && !one->isHidden()) return one;
    return nullptr;
  }
  QString write(const QString& name, const std::string& text) {
    write_file(Path(folder_.filePath(name).toStdString()), text);
    return folder_.filePath(name);
  }
  // Rows of an instruction and an answer; the answers have 1 to `longest` sentences.
  QString instructions(const QString& name, int rows, int longest) {
    json all = json::array();
    for (int i = 0; i < rows; ++i) {
      std::string answer;
      for (int s = 0; s <= i % longest; ++s) answer += "The dog ran to the big tree. ";
      all.push_back({{"instruction", "Say " + std::to_string(i)}, {"input", ""}, {"output", answer}});
    }
    return write(name, all.dump());
  }
  void writeInstructions(const QString& path) {
    RunConfig config = form().config();
    config.model.name_or_path = "stories260K";
    config.adapter.target_modules = {{}, "all-linear"};
    config.data = {};
    config.data.task = "instructions";
    config.data.train_file = path.toStdString();
    form().setConfig(config);
    Q_EMIT form().changed();
    QTRY_VERIFY_WITH_TIMEOUT(startable(), 30000);
  }

 private Q_SLOTS:
  void initTestCase() { initialise(); }
  void init() {
    studio_ = std::make_unique<Studio>();
    page_ = std::make_unique<NewRunPage>(*studio_);
    page_->resize(1240, 840);
    page_->show();
    page_->activateWindow();
    for (const char* group : {"model", "data", "adapter", "train", "generation"}) {
      form().section(group)->setOpen(true);
      form().section(group)->showMore(true);
    }
    QTRY_VERIFY_WITH_TIMEOUT(planned(), 30000);
  }
  void cleanup() {
    page_.reset();
    studio_.reset();
  }

  // Every task of the program, each under the line of its group, which can't be chosen itself.
  void allTasksAreGrouped() {
    auto* box = form().field("data.task")->editor()->findChild<QComboBox*>();
    QHash<QString, QString> groupOf;
    QString group;
    for (int i = 0; i < box->count(); ++i) {
      const bool choosable = box->model()->flags(box->model()->index(i, 0)) & Qt::ItemIsSelectable;
      if (!choosable)
        group = box->itemText(i);
      else
        groupOf[box->itemData(i).toString()] = group;
    }
    const std::vector<Task> tasks = list_tasks();
    QCOMPARE(size_t(groupOf.size()), tasks.size());
    for (const Task& task : tasks) QVERIFY2(groupOf.contains(task.name.c_str()), task.name.c_str());
    QCOMPARE(groupOf["own"], groupOf["instructions"]);
    QCOMPARE(groupOf["mrpc"], groupOf["cola"]);
    QCOMPARE(groupOf["e2e"], groupOf["webnlg"]);
    QCOMPARE(QSet<QString>({groupOf["own"], groupOf["mrpc"], groupOf["e2e"], groupOf["banking77"]}).size(), 4);
    // By keyboard, too, nothing but a task is reached.
    form().reveal("data.task");
    QTRY_VERIFY(box->hasFocus());
    for (int i = 0; i < box->count(); ++i) {
      QTest::keyClick(box, Qt::Key_Down);
      QVERIFY(!form().config().data.task.empty());
    }
    QCOMPARE(form().config().data.task, std::string("webnlg"));
  }

  void textsHaveNoColumns() {
    QVERIFY(!form().section("generation")->isVisibleTo(&form()));
    form().set("data.task", "mrpc");
    QVERIFY(shown("data.text_column") && shown("data.label_column"));
    QVERIFY(!shown("data.chat_template"));
    form().set("data.task", "e2e");
    for (const char* key : {"data.text_column", "data.text_pair_column", "data.label_column"}) QVERIFY(!shown(key));
    for (const char* key : {"data.train_file", "data.chat_template", "eval.predict_with_generate"}) QVERIFY(shown(key));
    QVERIFY(form().section("generation")->isVisibleTo(&form()));
    // Of how texts are written, only what the rest leaves a meaning.
    form().section("generation")->showMore(true);
    QVERIFY(!shown("generation.temperature") && !shown("generation.length_penalty"));
    form().set("generation.do_sample", true);
    QVERIFY(shown("generation.temperature") && shown("generation.top_p"));
    form().set("generation.num_beams", 4);
    QVERIFY(shown("generation.length_penalty"));
    QVERIFY(form().section("generation")->header()->choice().contains("4 beams"));
  }

  // An encoder writes nothing: it is said, and one click takes a model that does; one more takes that back.
  void anotherModelIsOffered() {
    form().set("data.task", "instructions");
    form().set("data.train_file", instructions("offer.json", 20, 2).toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(offer("Take stories260K"), 30000);
    QVERIFY2(offer("Take stories260K")->text().contains("encoder"), qPrintable(offer("Take stories260K")->text()));
    QTRY_VERIFY_WITH_TIMEOUT(note("model.name_or_path").contains("encoder"), 30000);
    auto* models = form().field("model.name_or_path")->editor()->findChild<QTreeWidget*>();
    QCOMPARE(models->findItems("minilm", Qt::MatchExactly).front()->text(1), QString("writes no text"));
    QCOMPARE(models->findItems("stories260K", Qt::MatchExactly).front()->text(1), QString("llama"));
    const std::string method = form().config().adapter.method;
    offer("Take stories260K")->button()->click();
    QCOMPARE(form().config().model.name_or_path, std::string("stories260K"));
    QCOMPARE(form().config().adapter.method, method);
    QTRY_VERIFY2_WITH_TIMEOUT(startable(), qPrintable(page_->reason()), 30000);
    QVERIFY(!offer("Take stories260K"));
    // A language model has no head: what is trained is the adapter alone.
    const ParameterCount count = count_parameters(form().config(), 0);
    QCOMPARE(count.head, int64_t(0));
    bool found = false;
    for (const QLabel* label : page_->findChildren<QLabel*>()) {
      found |= label->text() == QLocale().toString(static_cast<qlonglong>(count.adapter));
      QVERIFY2(!label->text().contains("head"), qPrintable(label->text()));
    }
    QVERIFY(found);
    find<QToolButton>("undo")->click();
    QCOMPARE(form().config().model.name_or_path, std::string("minilm"));
    QCOMPARE(form().config().adapter.target_modules.names.size(), size_t(4));
  }

  void aTaskWithoutTrainingRows() {
    form().set("data.task", "ax");
    QVERIFY(offer("Choose MNLI"));
    offer("Choose MNLI")->button()->click();
    QCOMPARE(form().config().data.task, std::string("mnli"));
    QVERIFY(!offer("Choose MNLI"));
  }

  void dialoguesAreShown() {
    form().set("data.task", "instructions");
    const QString path = write(
        "chats.jsonl", R"({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"},)"
                       R"( {"role": "user", "content": "And?"}, {"role": "assistant", "content": "Nothing."}]})"
                       "\n"
                       R"({"messages": [{"role": "user", "content": "What?"}]})"
                       "\n"
                       R"({"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me"}]})"
                       "\n");
    form().set("data.train_file", path.toStdString());
    DataPreviewPanel& preview = *form().preview();
    QTRY_COMPARE_WITH_TIMEOUT(preview.dialogues().usable_rows, int64_t(2), 30000);
    const auto table = [&](const QString& name) {
      for (QTableWidget* one : preview.findChildren<QTableWidget*>())
        if (one->accessibleName() == name) return one;
      qFatal("there is no such table");
    };
    QTableWidget* rows = table("First rows of the file");
    QCOMPARE(rows->rowCount(), 2);
    QCOMPARE(rows->item(0, 1)->text(), QString("user: Hi assistant: Ho user: And?"));
    QCOMPARE(rows->item(0, 2)->text(), QString("Nothing."));
    QCOMPARE(rows->item(1, 0)->text(), QString("3"));  // of the file
    QCOMPARE(rows->item(1, 1)->text(), QString("Who?"));
    QTableWidget* problems = table("Rows that can’t be used");
    QCOMPARE(problems->rowCount(), 1);
    QCOMPARE(problems->item(0, 0)->text(), QString("2"));
    // Back at a table, its rows are shown as a table's.
    form().set("data.task", "banking77");
    QTRY_COMPARE_WITH_TIMEOUT(preview.preview().columns.size(), size_t(2), 30000);
    QCOMPARE(preview.dialogues().usable_rows, int64_t(0));
    QCOMPARE(rows->columnCount(), 2);
  }

  // Each token is told apart by what the model does with it; a long stretch is shortened, its ends are not.
  void tokensSayWhatIsLearnt() {
    TokenView view;
    QStringList tokens{"<s>"};
    std::vector<uint8_t> special{1}, answer{0};
    const auto add = [&](int count, const QString& name, uint8_t learnt) {
      for (int i = 0; i < count; ++i) {
        tokens << name + QString::number(i);
        special.push_back(0);
        answer.push_back(learnt);
      }
    };
    add(99, "q", 0);
    add(50, "a", 1);
    tokens << "</s>";
    special.push_back(1);
    answer.push_back(1);
    view.setTokens(tokens, special, answer);
    QVERIFY(view.isShortened());
    const auto chips = view.chips(600);
    const auto chip = [&](const QString& text) {
      return std::ranges::find_if(chips, [&](const TokenView::Chip& one) { return one.text == text; });
    };
    using Kind = TokenView::Kind;
    QCOMPARE(chip("q0")->kind, Kind::ReadOnly);
    QCOMPARE(chip("q98")->kind, Kind::ReadOnly);  // both sides of the border are seen
    QCOMPARE(chip("a0")->kind, Kind::Learnt);
    QCOMPARE(chip("</s>")->kind, Kind::Learnt);
    QVERIFY(chip("</s>")->special && chip("<s>")->special && !chip("a0")->special);
    QCOMPARE(chip("<s>")->kind, Kind::ReadOnly);
    QVERIFY(chip("q50") == chips.end());
    int64_t counted = 0;  // the chips and what they leave out are all tokens
    for (const TokenView::Chip& one : chips) counted += one.kind == Kind::Left ? one.text.split(' ')[1].toInt() : 1;
    QCOMPARE(counted, std::ssize(tokens));
    view.setWhole(true);
    QVERIFY(!view.isShortened());
    QCOMPARE(std::ssize(view.chips(600)), std::ssize(tokens));
    for (const TokenView::Chip& one : view.chips(600)) QVERIFY(one.box.right() < 600);
    QVERIFY(view.accessibleName().contains("Learnt: a0 a1"));
    // The answer is drawn in another colour than the context.
    view.resize(600, view.heightForWidth(600));
    const QImage picture = view.grab().toImage();
    const auto ground = [&](const TokenView::Chip& one) {
      return picture.pixel(one.box.left() + 4, one.box.center().y() - 4);
    };
    const auto all = view.chips(600);
    QVERIFY(ground(all[1]) != ground(all[120]));

    view.setTokens({"[CLS]", "a", "\n"}, {1, 0, 0});  // of a classifier: nothing is written
    QCOMPARE(view.chips(600)[1].kind, Kind::Plain);
    QCOMPARE(view.chips(600)[2].text, QString("⏎"));
  }

  void samplesOfAPlan() {
    writeInstructions(instructions("samples.json", 30, 3));
    auto* words = find<QLabel>("chatTemplate");
    QVERIFY(words->isVisible());
    QVERIFY2(words->text().contains("alpaca"), qPrintable(words->text()));
    int learning = 0;
    for (TokenView* view : page_->findChildren<TokenView*>())
      learning +=
          view->isVisible() && view->accessibleName().contains("Learnt: T he");  // stories260K's tokens of "The"
    QCOMPARE(learning, 3);
    form().set("data.chat_template", "completion");
    QTRY_VERIFY_WITH_TIMEOUT(words->text().contains("completion"), 30000);
    find<QPushButton>("chooseTemplate")->click();
    QTRY_VERIFY(form().field("data.chat_template")->editor()->findChild<QComboBox*>()->hasFocus());
    // It was chosen for this task: another has its own, and going back finds it again.
    form().set("data.task", "e2e");
    QCOMPARE(form().config().data.chat_template, std::string("auto"));
    form().set("data.task", "instructions");
    QCOMPARE(form().config().data.chat_template, std::string("completion"));
  }

  // A model with a template that the program does not know: it says so, with the choice beside it.
  void anUnknownTemplate() {
    const QString model = folder_.filePath("own-model");
    QDir().mkpath(model);
    const QString from = QString::fromStdString((resources_dir() / "models" / "stories260K").string());
    for (const QString& name : QDir(from).entryList(QDir::Files)) QFile::copy(from + '/' + name, model + '/' + name);
    write("own-model/chat_template.jinja", "{% for m in messages %}<<{{ m.role }}>> {{ m.content }}{% endfor %}");
    writeInstructions(instructions("unknown.json", 20, 2));
    form().set("model.name_or_path", model.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(note("data.chat_template").contains("chat template"), 30000);
    QVERIFY(page_->reason().startsWith("Chat template: "));
    auto* choose = find<QPushButton>("chooseTemplate");
    QVERIFY(choose->isVisible());
    form().section("data")->setOpen(false);
    choose->click();
    auto* box = form().field("data.chat_template")->editor()->findChild<QComboBox*>();
    QTRY_VERIFY(box->hasFocus());
    QVERIFY(box->findText("chatml") >= 0);
    form().set("data.chat_template", "chatml");
    QTRY_VERIFY2_WITH_TIMEOUT(startable(), qPrintable(page_->reason()), 30000);
    QVERIFY(find<QLabel>("chatTemplate")->text().contains("chatml"));
    QCOMPARE(note("data.chat_template"), QString());
  }

  // The line is taken by its grip; the setting changes when it is let go, and only then.
  void theLimitIsDragged() {
    writeInstructions(instructions("lengths.json", 200, 8));
    auto* view = find<LengthView>();
    LengthPlot& plot = *view->plot();
    QVERIFY(view->isVisible());
    const RunPlan plan = plan_run(form().config());
    QCOMPARE(plot.examples(), std::ssize(plan.token_lengths));
    QCOMPARE(plot.limit(), int64_t(128));
    const auto longer = [&](int64_t limit) {
      return std::ranges::count_if(plan.token_lengths, [limit](int32_t length) { return length > limit; });
    };
    QCOMPARE(plot.longerThan(90), longer(90));
    QVERIFY(view->words().startsWith(QLocale().toString(static_cast<qlonglong>(longer(128))) + " of"));

    page_->findChildren<QScrollArea*>().last()->ensureWidgetVisible(&plot);
    QSignalSpy changes(&form(), &RunForm::changed);
    const int y = plot.height() / 2;
    const QPoint from(static_cast<int>(plot.linePixel()), y);
    const QPoint to(static_cast<int>(plot.xAxis->coordToPixel(90)), y);
    QTest::mousePress(&plot, Qt::LeftButton, {}, from);
    for (const QPoint& at : {(from + to) / 2, to}) {
      QMouseEvent move(QEvent::MouseMove, at, plot.mapToGlobal(at), Qt::NoButton, Qt::LeftButton, {});
      QApplication::sendEvent(&plot, &move);
    }
    const int64_t there = plot.limit();
    QVERIFY2(std::abs(there - 90) <= 2, qPrintable(QString::number(there)));
    QVERIFY(view->words().startsWith(QLocale().toString(static_cast<qlonglong>(longer(there))) + " of"));
    QCOMPARE(form().config().data.max_seq_length, int64_t(128));
    QCOMPARE(changes.size(), 0);
    QTest::mouseRelease(&plot, Qt::LeftButton, {}, to);
    QCOMPARE(form().config().data.max_seq_length, there);
    QCOMPARE(changes.size(), 1);
    QCOMPARE(form().field("data.max_seq_length")->editor()->value(), json(there));

    // The new plan counts what the line promised, and lists the rows with their tokens.
    QTRY_VERIFY_WITH_TIMEOUT(find<FoldButton>("longRows")->isVisible() && startable(), 30000);
    const RunPlan cut = plan_run(form().config());
    QCOMPARE(cut.truncated_examples, longer(there));
    find<FoldButton>("longRows")->click();
    auto* rows = view->findChild<QTableWidget*>();
    QVERIFY(rows->isVisible());
    QTRY_COMPARE_WITH_TIMEOUT(rows->rowCount(), static_cast<int>(cut.long_rows.size()), 30000);
    QCOMPARE(rows->item(0, 0)->text(), QString::number(cut.long_rows[0].row));
    QCOMPARE(rows->item(0, 1)->text(), QLocale().toString(static_cast<qlonglong>(cut.long_rows[0].tokens)));

    // Elsewhere in the plot nothing is taken hold of; the arrow keys move it too.
    QTest::mousePress(&plot, Qt::LeftButton, {}, QPoint(static_cast<int>(plot.xAxis->coordToPixel(20)), y));
    QTest::mouseRelease(&plot, Qt::LeftButton, {}, QPoint(static_cast<int>(plot.xAxis->coordToPixel(20)), y));
    QCOMPARE(plot.limit(), there);
    QTest::keyClick(&plot, Qt::Key_Right);
    QTest::keyClick(&plot, Qt::Key_PageUp);
    QCOMPARE(form().config().data.max_seq_length, there);
    QTest::keyClick(&plot, Qt::Key_Return);
    QCOMPARE(form().config().data.max_seq_length, there + 17);
  }

  // A limit that leaves nothing to learn is refused, and the line stays to be drawn back.
  void aLimitThatLeavesNothing() {
    writeInstructions(instructions("nothing.json", 20, 2));
    auto* view = find<LengthView>();
    Q_EMIT view->limitChosen(5);
    QTRY_VERIFY_WITH_TIMEOUT(!note("data.max_seq_length").isEmpty(), 30000);
    QVERIFY(!planned());
    QVERIFY(view->isVisible());
    QCOMPARE(view->plot()->limit(), int64_t(5));
    form().set("data.max_seq_length", 4000);  // more than the model has places for
    QTRY_VERIFY_WITH_TIMEOUT(note("data.max_seq_length").contains("512"), 30000);
    QCOMPARE(view->plot()->limit(), int64_t(4000));
    Q_EMIT view->limitChosen(100);
    QTRY_VERIFY_WITH_TIMEOUT(startable(), 30000);
  }

  // A recipe fills in what it names and nothing else: model and method are the person's.
  void recipes() {
    TaskPreset recipe;
    recipe.name = "r";
    recipe.settings = {{"adapter.method", "lora"},
                       {"model.name_or_path", "gpt2"},
                       {"train.learning_rate", 3e-4},
                       {"adapter.lora_dropout", 0.25},
                       {"train.seed", 0}};
    RunConfig config;
    config.adapter.method = "dtsm";
    const RunConfig filled = withRecipe(recipe, config);
    QCOMPARE(filled.adapter.method, std::string("dtsm"));
    QCOMPARE(filled.model.name_or_path, std::string("minilm"));
    QCOMPARE(filled.train.learning_rate, 3e-4);
    QCOMPARE(filled.adapter.lora_dropout, 0.25);
    const auto changes = recipeChanges(recipe, config);
    QCOMPARE(changes.size(), size_t(2));  // the seed is 0 already
    QCOMPARE(changes[0].label, QString("Dropout"));
    QCOMPARE(changes[1].before, QString("0.0004"));
    QCOMPARE(changes[1].after, QString("0.0003"));
    QVERIFY(recipeChanges(recipe, filled).empty());
    config.adapter.method = "full";  // has no adapter to drop out of
    QCOMPARE(withRecipe(recipe, config).adapter.lora_dropout, 0.0);
  }

  void aRecipeFillsTheForm() {
    form().set("data.task", "mrpc");
    form().set("adapter.method", "icfm");
    form().section("data")->setOpen(true);
    const RunConfig before = form().config();
    auto* use = find<QPushButton>("useRecipe");
    QVERIFY(use->isVisible());
    auto* list = find<FoldButton>("recipeChanges");
    const auto task = list_tasks();
    const Task& mrpc = *std::ranges::find(task, "mrpc", &Task::name);
    const auto changes = recipeChanges(mrpc.presets.front(), before);
    QVERIFY(changes.size() > 3);
    QVERIFY2(list->text().contains(QString::number(changes.size())), qPrintable(list->text()));
    use->click();
    QCOMPARE(form().config().adapter.method, std::string("icfm"));
    QCOMPARE(form().config().data.task, std::string("mrpc"));
    QCOMPARE(form().config().train.num_train_epochs, 30.0);
    QCOMPARE(form().field("train.num_train_epochs")->editor()->value(), json(30.0));
    QVERIFY(!use->isEnabled());
    list->setOpen(true);  // it still says what it changed
    QVERIFY2(list->text().contains(QString::number(changes.size())), qPrintable(list->text()));
    bool listed = false;
    for (const QLabel* label : find<RecipePanel>()->findChildren<QLabel*>())
      listed |= label->text() == "Epochs" && label->isVisible();
    QVERIFY(listed);
    // It starts from an adapter: the button leads to its field, which says so.
    find<QPushButton>("nameAdapter")->click();
    auto* field = form().field("adapter.adapter_name_or_path");
    QTRY_VERIFY(field->editor()->findChild<QLineEdit*>()->hasFocus());
    bool hinted = false;
    for (const QLabel* label : form().sectionOf(field->key())->findChildren<QLabel*>())
      hinted |= label->isVisible() && label->text().contains("MNLI");
    QVERIFY(hinted);
    find<QToolButton>("undo")->click();
    for (const Option& option : option_table())
      QVERIFY2(option.get(form().config()) == option.get(before), option.key.c_str());
    QVERIFY(use->isEnabled());
  }

  // Names of another kind of model: the tree shows that nothing is chosen, and a click chooses all.
  void targetsOfAnotherModel() {
    writeInstructions(instructions("targets.json", 20, 2));
    form().set("adapter.target_modules", json::array({"c_attn"}));
    QTRY_VERIFY_WITH_TIMEOUT(offer("Adapt all linear layers"), 30000);
    QVERIFY(form().targets()->selected().isEmpty());
    offer("Adapt all linear layers")->button()->click();
    QTRY_VERIFY_WITH_TIMEOUT(startable(), 30000);
    QTRY_COMPARE_WITH_TIMEOUT(form().targets()->selected().size(), 35, 30000);
    QVERIFY(!offer("Adapt all linear layers"));
  }

  // In the smallest window nothing of the form is cut at its right, whatever stands in it.
  void textsFitTheSmallestWindow() {
    page_->resize(800, 560);
    const auto fits = [&](const char* when) {
      QTest::qWait(50);
      auto* scroll = form().findChild<QScrollArea*>();
      const int needed = scroll->widget()->minimumSizeHint().width(), there = scroll->viewport()->width();
      QVERIFY2(needed <= there, qPrintable(QString("%1: %2 px of %3").arg(when).arg(needed).arg(there)));
    };
    for (const char* group : {"model", "data", "adapter", "train", "generation"}) {
      form().section(group)->setOpen(true);
      form().section(group)->showMore(true);
    }
    form().set("data.task", "mrpc");
    find<FoldButton>("recipeChanges")->setOpen(true);
    fits("a recipe");
    form().set("data.task", "e2e");
    const QString path =
        write("a_file_of_a_person_who_likes_names_that_tell_everything_that_there_is_to_tell.csv", "mr,ref\n,x\n");
    form().set("data.train_file", path.toStdString());
    QTRY_VERIFY_WITH_TIMEOUT(!page_->reason().isEmpty(), 30000);
    QTRY_VERIFY_WITH_TIMEOUT(offer("Take stories260K"), 30000);
    fits("an offer");
    offer("Take stories260K")->button()->click();
    QTRY_VERIFY_WITH_TIMEOUT(!note("data.train_file").isEmpty(), 30000);
    fits("a long path");
  }

  // The published files: what is shown is what their papers count, and a run can start.
  void publishedFiles() {
    const Path e2e = shared_data() / "e2e/e2e-dataset/devset.csv", webnlg = shared_data() / "webnlg-2017/xml/dev";
    if (!std::filesystem::exists(e2e)) QSKIP("The published files are not there (MTLORA_SHARED_DATA).");
    writeInstructions(instructions("before.json", 20, 2));
    form().set("data.task", "e2e");
    form().set("data.train_file", e2e.string());
    QTRY_COMPARE_WITH_TIMEOUT(form().preview()->dialogues().contexts, int64_t(547), 30000);
    QTRY_VERIFY2_WITH_TIMEOUT(startable(), qPrintable(page_->reason()), 60000);
    QVERIFY(find<LengthView>()->plot()->longest() > 200);
    form().set("data.task", "webnlg");
    form().set("data.train_file", webnlg.string());
    QTRY_COMPARE_WITH_TIMEOUT(form().preview()->dialogues().usable_rows, int64_t(2258), 30000);
    QTRY_VERIFY2_WITH_TIMEOUT(startable(), qPrintable(page_->reason()), 60000);
  }
};

QTEST_MAIN(TestNewRunTexts)
#include "test_new_run_texts.moc"
