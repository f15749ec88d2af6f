// Try it on real runs of the tiny model: the page shows what the two predictors say.
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QTemporaryDir>

#include "base/paths.h"
#include "data/dataset.h"
#include "pages/try_it/answer_view.h"
#include "pages/try_it/recent_texts.h"
#include "pages/try_it/rows_panel.h"
#include "pages/try_it/try_page.h"
#include "style/theme.h"
#include "tiny_run.h"
#include "widgets/pieces.h"
#include "widgets/result_picker.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

constexpr int patience = 30'000;  // ms

// The page and the parts of it that a test looks at.
struct Shown {
  Studio studio;
  TryPage page{studio};
  QPlainTextEdit* text = page.findChildren<QPlainTextEdit*>().value(0);
  QPlainTextEdit* pair = page.findChildren<QPlainTextEdit*>().value(1);
  QTableWidget* table = page.findChild<QTableWidget*>();
  ResultPicker* picker = page.actions()->findChild<ResultPicker*>();

  Shown() {
    page.resize(1200, 760);
    page.setVisible(true);
  }
  bool ready() const {
    return QTest::qWaitFor([this] { return !picker->folder().empty(); }, patience);
  }
  bool answered() const {
    return QTest::qWaitFor([this] { return page.base().hasAnswer() && page.tuned().hasAnswer(); }, patience);
  }
};

QString topOf(const Prediction& prediction) {
  return QStringLiteral("%1 %2").arg(QString::fromStdString(prediction.labels.at(0).first),
                                     shareText(prediction.labels.at(0).second));
}

}  // namespace

class TestTryPage : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  Path run_;

  Path inFolder(const char* name) const { return folder_.filePath(QString::fromLatin1(name)).toStdString(); }

 private Q_SLOTS:
  void initTestCase() { run_ = setUpWithRun(folder_.filePath(QStringLiteral("home")), inFolder("run")); }

  void withoutARunASentenceStandsThere() {
    Shown shown;
    QVERIFY(!shown.page.missingContent().isEmpty());
    QVERIFY(!shown.text->isVisible());
    QVERIFY(shown.page.findChild<QPushButton*>());
  }

  void bothModelsAnswer() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    QCOMPARE(shown.picker->folder(), run_ / "adapter");
    shown.page.tryText(QStringLiteral("xbghcb"));
    QVERIFY(shown.answered());
    const std::string model = shown.studio.run()->config.model.name_or_path;
    const Prediction base = load_predictor(model, run_, false)->predict("xbghcb");
    const Prediction tuned = load_predictor(model, run_, true)->predict("xbghcb");
    QVERIFY2(std::abs(base.labels[0].second - tuned.labels[0].second) > 1e-6, "the run has changed the model");
    QCOMPARE(shown.page.base().text(), topOf(base));
    QCOMPARE(shown.page.tuned().text(), topOf(tuned));
    QVERIFY(!isFlat(shown.page.grab().toImage()));
  }

  void returnAsksAndTheTextIsKeptOverSessions() {
    {
      Shown shown;
      QVERIFY(open(shown.studio, run_));
      QVERIFY(shown.ready());
      QTest::keyClicks(shown.text, QStringLiteral("letters of mine"));
      QTest::keyClick(shown.text, Qt::Key_Return);
      QVERIFY(shown.answered());
      QVERIFY2(!shown.text->toPlainText().contains(u'\n'), "Return sends, it is no new line");
      QTest::keyClick(shown.text, Qt::Key_Return, Qt::ShiftModifier);
      QVERIFY(shown.text->toPlainText().contains(u'\n'));
    }
    QThreadPool::globalInstance()->waitForDone();
    Shown again;
    auto* recent = again.page.findChild<RecentTexts*>();
    QVERIFY(QTest::qWaitFor([&] { return !recent->texts().empty(); }, patience));
    QCOMPARE(recent->texts().front().text, std::string("letters of mine"));
  }

  void tenRowsOfTheRowsThatWereHeldOut() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    shown.page.tryRows();
    QVERIFY(QTest::qWaitFor([&] { return shown.page.rows().rowCount() > 0; }, patience));
    QCOMPARE(shown.table->rowCount(), 10);
    const RunConfig& config = shown.studio.run()->config;
    const Rows rows = load_rows(resolve_task(config.data), config.data, config.train.seed);
    const auto predictor = load_predictor(config.model.name_or_path, run_, true);
    int right = 0;
    for (int i = 0; i < 10; ++i) {
      const std::string text = shown.table->item(i, 0)->text().toStdString();
      const auto row = std::find_if(rows.validation.rows.begin(), rows.validation.rows.end(),
                                    [&](const TextRow& one) { return one.text == text; });
      QVERIFY2(row != rows.validation.rows.end(), text.c_str());
      const std::string expected = rows.labels[static_cast<size_t>(std::lround(row->label))];
      QCOMPARE(shown.table->item(i, 1)->text().toStdString(), expected);
      const bool correct = predictor->predict(text).labels[0].first == expected;
      QCOMPARE(shown.table->item(i, 3)->text().startsWith(u'✓'), correct);
      right += correct ? 1 : 0;
    }
    QVERIFY2(shown.page.rows().summary().contains(QStringLiteral("tuned %1 of 10").arg(right)),
             qPrintable(shown.page.rows().summary()));
  }

  void aTextTooLongIsSaidToBeCut() {
    Shown shown;
    QVERIFY(open(shown.studio, run_));
    QVERIFY(shown.ready());
    shown.page.tryText(QStringLiteral("ab cd ").repeated(2000));
    QVERIFY(shown.answered());
    const auto notes = shown.page.findChildren<NoteLabel*>();
    QVERIFY(std::any_of(notes.begin(), notes.end(), [](const NoteLabel* note) { return note->isVisible(); }));
  }

  void pairsHaveTwoFieldsAndARegressionAValue() {
    RunConfig config = tinyRun(inFolder("pairs"));
    config.data.task = "stsb";
    config.data.train_file = writePairs(inFolder("pairs.csv")).string();
    const Path run = train(config);
    Shown shown;
    QVERIFY(open(shown.studio, run));
    QVERIFY(shown.ready());
    QVERIFY(QTest::qWaitFor([&] { return shown.pair->isVisible(); }, patience));
    shown.page.tryText(QStringLiteral("aaa word"), QStringLiteral("bb word"));
    QVERIFY(shown.answered());
    const auto value = load_predictor(config.model.name_or_path, run, true)->predict("aaa word", "bb word").value;
    QVERIFY(value.has_value());
    QCOMPARE(shown.page.tuned().text(), QLocale().toString(*value, 'f', 3));
  }

  void aPausedRunAnswersFromItsNewestCheckpoint() {
    Shown shown;
    RunConfig config = tinyRun(inFolder("paused"), "dtsm", 100'000);
    config.eval.eval_steps = "100000";
    config.train.save_steps = 100'000;
    shown.studio.start(config);
    QVERIFY(QTest::qWaitFor([&] { return shown.studio.run() && shown.studio.run()->step() > 2; }, patience));
    QVERIFY2(shown.picker->folder().empty(), "nothing is saved yet");
    QVERIFY(!shown.page.missingContent().isEmpty());
    shown.studio.send({Command::Kind::Pause});
    QVERIFY(shown.ready());
    QVERIFY(shown.picker->folder().string().find("checkpoints") != std::string::npos);
    shown.page.tryText(QStringLiteral("xbghcb"));
    QVERIFY(shown.answered());
    QVERIFY(shown.studio.paused());
    shown.studio.send({Command::Kind::Stop});
    QVERIFY(QTest::qWaitFor([&] { return !shown.studio.busy(); }, patience));
    QVERIFY2(QTest::qWaitFor([&] { return shown.picker->folder().filename() == "adapter"; }, patience),
             "the result of a run that has ended comes first");
  }
};

QTEST_MAIN(TestTryPage)
#include "test_try_page.moc"
