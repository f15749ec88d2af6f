// Try it on a run of a language model: the columns show what the base and the tuned model write.
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QTemporaryDir>

#include "data/generation_data.h"
#include "pages/try_it/answer_view.h"
#include "pages/try_it/rows_panel.h"
#include "pages/try_it/try_page.h"
#include "pages/try_it/write_controls.h"
#include "tiny_run.h"
#include "widgets/result_picker.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

constexpr int patience = 60'000;  // ms

struct Shown {
  Studio studio;
  TryPage page{studio};
  QPlainTextEdit* text = page.findChildren<QPlainTextEdit*>().value(0);
  QTableWidget* table = page.findChild<QTableWidget*>();
  ResultPicker* picker = page.actions()->findChild<ResultPicker*>();

  Shown() {
    page.resize(1200, 760);
    page.setVisible(true);
  }
  bool ready() const {
    return QTest::qWaitFor([this] { return !picker->folder().empty() && page.controls().isVisible(); }, patience);
  }
  bool written() const {
    return QTest::qWaitFor([this] { return page.base().hasAnswer() && page.tuned().hasAnswer() && !page.writing(); },
                           patience);
  }
  QPushButton* button(const QString& name) const {
    for (QPushButton* one : page.findChildren<QPushButton*>())
      if (one->text() == name) return one;
    return nullptr;
  }
};

QString trimmed(const std::string& text) { return QString::fromStdString(text).trimmed(); }

}  // namespace

class TestTryTexts : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  Path run_;
  RunConfig config_;

 private Q_SLOTS:
  void initTestCase() {
    qputenv("MTLORA_HOME", folder_.filePath(QStringLiteral("home")).toUtf8());
    initialise();
    applyTheme(*qApp, ThemeMode::Light);
    config_ = tinyTextRun(folder_.filePath(QStringLiteral("run")).toStdString());
    run_ = train(config_);
  }

  void oneWriterWritesAsTheBaseAndAsTheTuned() {
    GenerationOptions options;
    options.max_new_tokens = 24;
    const std::string prompt = "Lily has a hat.";
    const auto both = load_writer(config_.model.name_or_path, run_.string());
    const auto base = load_writer(config_.model.name_or_path, "", "completion");
    const std::string tuned = both->write(prompt, options).text;
    both->set_tuned(false);
    QCOMPARE(both->write(prompt, options).ids, base->write(prompt, options).ids);
    QVERIFY2(both->write(prompt, options).text != tuned, tuned.c_str());
    both->set_tuned(true);
    QCOMPARE(both->write(prompt, options).text, tuned);
    base->set_tuned(false);  // nothing to switch
    QVERIFY(!base->write(prompt, options).text.empty());
  }

  void bothModelsWrite() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    shown.page.tryText(QStringLiteral("before anything is known"));  // passed over: there is no result yet
    QVERIFY(shown.ready());
    QCOMPARE(shown.page.controls().longest->value(), 24);
    shown.page.tryText(QStringLiteral("Lily has a hat."));
    QVERIFY(shown.page.writing());
    QVERIFY(shown.button(QStringLiteral("Stop")));
    QVERIFY(shown.written());
    const auto writer = load_writer(config_.model.name_or_path, run_.string());
    GenerationOptions options = config_.generation;
    const GeneratedText tuned = writer->write("Lily has a hat.", options);
    writer->set_tuned(false);
    const GeneratedText base = writer->write("Lily has a hat.", options);
    QCOMPARE(shown.page.tuned().text(), trimmed(tuned.text));
    QCOMPARE(shown.page.base().text(), trimmed(base.text));
    QVERIFY2(tuned.text.find("hat") != std::string::npos, tuned.text.c_str());
    // How many tokens, and which template.
    QStringList labels;
    for (const QLabel* label : shown.page.tuned().findChildren<QLabel*>())
      if (label->isVisible()) labels << label->text();
    QVERIFY2(labels.join(u'|').contains(QStringLiteral("%1 token").arg(tuned.ids.size())),
             qPrintable(labels.join(u'|')));
    const auto all = shown.page.findChildren<QLabel*>();
    QVERIFY(std::any_of(all.begin(), all.end(), [](const QLabel* label) {
      return label->isVisible() && label->text() == QStringLiteral("Chat template: completion");
    }));
    QVERIFY(shown.button(QStringLiteral("Compare")));
    QVERIFY(!isFlat(shown.page.grab().toImage()));
  }

  void theLongestAnswerAndTheChoiceOfTokensHold() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    WriteControls& controls = shown.page.controls();
    controls.longest->setValue(3);
    QCOMPARE(controls.options().max_new_tokens, 3);
    QVERIFY(!controls.options().do_sample && !controls.temperature->isVisible() && !controls.beams->isVisible());
    controls.choice->setCurrentIndex(WriteControls::Sample);
    controls.temperature->setValue(1.5);
    controls.topP->setValue(0.9);
    QVERIFY(controls.temperature->isVisible() && controls.topP->isVisible());
    const GenerationOptions first = controls.options(), second = controls.options();
    QVERIFY(first.do_sample && first.temperature == 1.5 && first.top_p == 0.9 && first.num_beams == 1);
    QVERIFY2(first.seed != second.seed, "each question draws other tokens");
    controls.choice->setCurrentIndex(WriteControls::Beams);
    controls.beams->setValue(3);
    QVERIFY(controls.beams->isVisible() && !controls.temperature->isVisible());
    const GenerationOptions beams = controls.options();
    QVERIFY(beams.num_beams == 3 && !beams.do_sample);
    shown.page.tryText(QStringLiteral("Tom has a dog."));
    QVERIFY(shown.written());
    const auto writer = load_writer(config_.model.name_or_path, run_.string());
    const GeneratedText expected = writer->write("Tom has a dog.", beams);
    QVERIFY(expected.ids.size() <= 3);
    QCOMPARE(shown.page.tuned().text(), trimmed(expected.text));
  }

  void stopEndsTheTextAndTheWindowStaysQuick() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    WriteControls& controls = shown.page.controls();
    controls.choice->setCurrentIndex(WriteControls::Sample);
    controls.temperature->setValue(5);  // so that hardly any text ends by itself
    controls.longest->setValue(4096);
    shown.page.tryText(QStringLiteral("Once upon a time"));
    auto* area = shown.page.base().findChild<QPlainTextEdit*>();
    QVERIFY2(QTest::qWaitFor([&] { return area->toPlainText().size() > 10; }, patience), "the text streams");
    QVERIFY(shown.page.writing());
    const qsizetype before = area->toPlainText().size();
    QElapsedTimer clock;
    clock.start();
    QTest::keyClick(shown.text, Qt::Key_Escape);
    QVERIFY(clock.elapsed() < 100);
    QVERIFY(QTest::qWaitFor([&] { return !shown.page.writing(); }, 2000));
    QVERIFY2(clock.elapsed() < 1000, "it ends within a token");
    QVERIFY(area->toPlainText().size() >= before);
    QVERIFY(!shown.page.tuned().hasAnswer());
    QVERIFY(shown.button(QStringLiteral("Compare")));
  }

  void aNewQuestionTakesTheOldOnesPlace() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    shown.page.controls().longest->setValue(400);
    shown.page.tryText(QStringLiteral("Once upon a time there was"));
    shown.page.tryText(QStringLiteral("Sam has a car."));
    QVERIFY(shown.written());
    const auto writer = load_writer(config_.model.name_or_path, run_.string());
    GenerationOptions options = config_.generation;
    options.max_new_tokens = 400;
    QCOMPARE(shown.page.tuned().text(), trimmed(writer->write("Sam has a car.", options).text));
  }

  void aPromptThatLeavesNoRoomIsSaid() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    shown.page.tryText(QStringLiteral("a long story ").repeated(400));
    QVERIFY(QTest::qWaitFor([&] { return !shown.page.writing(); }, patience));
    QVERIFY(!shown.page.tuned().hasAnswer());
    QVERIFY2(shown.page.missingContent().contains(QStringLiteral("room")), qPrintable(shown.page.missingContent()));
  }

  void tenContextsWithTheirReferencesAndBothTexts() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    shown.page.tryRows();
    QVERIFY(QTest::qWaitFor([&] { return shown.page.rows().rowCount() > 0 && !shown.page.rows().busy(); }, patience));
    QCOMPARE(shown.table->rowCount(), 10);
    const Rows rows = load_dialogue_rows(resolve_task(config_.data), config_.data, config_.train.seed);
    const auto cases = generation_cases(rows.validation.dialogues);
    const auto writer = load_writer(config_.model.name_or_path, run_.string());
    for (int i = 0; i < 10; ++i) {
      const std::string context = shown.table->item(i, 0)->text().toStdString();
      const auto one = std::find_if(cases.begin(), cases.end(),
                                    [&](const GenerationCase& each) { return each.prompt.back().content == context; });
      QVERIFY2(one != cases.end(), context.c_str());
      QCOMPARE(shown.table->item(i, 1)->text(), trimmed(one->references.front()));
      writer->set_tuned(false);
      QCOMPARE(shown.table->item(i, 2)->text(), trimmed(writer->write(one->prompt, config_.generation).text));
      writer->set_tuned(true);
      QCOMPARE(shown.table->item(i, 3)->text(), trimmed(writer->write(one->prompt, config_.generation).text));
    }
    QVERIFY2(shown.page.rows().summary().contains(QStringLiteral("ROUGE-L")), qPrintable(shown.page.rows().summary()));
    const QString again = shown.table->item(0, 0)->text();
    Q_EMIT shown.table->cellClicked(0, 0);
    QCOMPARE(shown.text->toPlainText(), again);
    QVERIFY(shown.written());
  }
};

QTEST_MAIN(TestTryTexts)
#include "test_try_texts.moc"
