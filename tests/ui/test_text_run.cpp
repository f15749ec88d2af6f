// A run of a language model on the other pages: its samples and scores on Live, its row on Runs, its texts.
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QTemporaryDir>

#include "pages/live/live_curves.h"
#include "pages/live/live_page.h"
#include "pages/live/samples_panel.h"
#include "pages/runs/runs_model.h"
#include "pages/runs/runs_page.h"
#include "pages/texts/texts_dialog.h"
#include "style/plot.h"
#include "tiny_run.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

constexpr int patience = 60'000;  // ms

SampleMade sample(int64_t step, const std::string& text) { return {step, "a prompt", text}; }

}  // namespace

class TestTextRun : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  Path run_;

 private Q_SLOTS:
  void initTestCase() {
    qputenv("MTLORA_HOME", folder_.filePath(QStringLiteral("home")).toUtf8());
    initialise();
    applyTheme(*qApp, ThemeMode::Light);
    run_ = train(tinyTextRun(folder_.filePath(QStringLiteral("run")).toStdString()));
  }

  void scoresHaveTheirNamesAndScales() {
    QCOMPARE(scoreTitle(QStringLiteral("f1_macro")), QStringLiteral("F1 macro"));
    QCOMPARE(scoreTitle(QStringLiteral("accuracy")), QStringLiteral("Accuracy"));
    QCOMPARE(scoreTitle(QStringLiteral("bleu_multi")), QStringLiteral("BLEU (multi-bleu)"));
    QCOMPARE(scoreTitle(QStringLiteral("test_rougeL")), QStringLiteral("Test ROUGE-L"));
    QCOMPARE(scoreTitle(QStringLiteral("test_ter_pyter_unseen")), QStringLiteral("Test TER (pyter) unseen"));
    QCOMPARE(scoreTitle(QStringLiteral("ter_webnlg_unseen")), QStringLiteral("TER (WebNLG) unseen"));
    QCOMPARE(scoreTitle(QStringLiteral("rougeL_e2e")), QStringLiteral("ROUGE-L (E2E)"));
    const QLocale locale;
    QCOMPARE(scoreText(QStringLiteral("bleu"), 27.4312), locale.toString(27.43, 'f', 2));
    QCOMPARE(scoreText(QStringLiteral("accuracy"), 0.893), locale.toString(0.893, 'f', 4));
    QVERIFY(lowerIsBetter(QStringLiteral("perplexity")) && lowerIsBetter(QStringLiteral("test_perplexity")));
    QVERIFY(lowerIsBetter(QStringLiteral("eval_loss")) && lowerIsBetter(QStringLiteral("ter_pyter_seen")));
    QVERIFY(!lowerIsBetter(QStringLiteral("bleu")) && !lowerIsBetter(QStringLiteral("accuracy")));
    QVERIFY(scoreScale(QStringLiteral("perplexity")) != scoreScale(QStringLiteral("bleu")));
    QCOMPARE(scoreScale(QStringLiteral("bleu_seen")), scoreScale(QStringLiteral("chrf")));
  }

  void theBestPerplexityIsTheLeast() {
    const RunData run = run_data(open_run(run_));
    QCOMPARE(run.metric(), QStringLiteral("perplexity"));
    double least = 1e9;
    for (const EvalDone& eval : run.evals) least = std::min(least, eval.scores.at("perplexity"));
    QCOMPARE(run.evals.size(), size_t(4));
    QVERIFY(least < run.evals.front().scores.at("perplexity"));
    QCOMPARE(run.best()->second, least);
    QCOMPARE(run.samples.size(), size_t(12));
    QVERIFY(run.end_scores.contains("rougeL") && run.end_scores.contains("bleu"));
    LiveCurves curves;
    curves.setRun(&run);
    QVERIFY2(curves.score->yAxis->label().endsWith(u'↓'), qPrintable(curves.score->yAxis->label()));
    QCOMPARE(curves.score->pointCount(), 4);
  }

  void samplesCanBeLookedThrough() {
    RunData run;
    SamplesPanel panel;
    panel.setRun(&run);
    QVERIFY2(panel.isHidden(), "a run without samples has no panel");
    for (const int64_t step : {10, 20})
      for (const char* text : {"one", "two", "three"}) run.add({1, sample(step, text + std::to_string(step))});
    panel.update(run);
    QVERIFY(!panel.isHidden());
    QCOMPARE(panel.shownStep(), 20);
    QCOMPARE(panel.text(2), QStringLiteral("three20"));
    panel.step(-1);
    QCOMPARE(panel.text(0), QStringLiteral("one10"));
    run.add({2, sample(30, "one30")});
    panel.update(run);
    QCOMPARE(panel.shownStep(), 10);  // the person looks at it
    panel.step(-1);
    QCOMPARE(panel.shownStep(), 10);
    panel.step(1);
    panel.step(1);
    QCOMPARE(panel.text(0), QStringLiteral("one30"));
    run.add({3, sample(40, "one40")});
    panel.update(run);
    QCOMPARE(panel.shownStep(), 40);  // it follows again
    RunStarted again;
    again.step = 20;
    run.add({4, again});
    panel.update(run);
    QCOMPARE(panel.shownStep(), 20);
  }

  void liveShowsSamplesAndTheScoresOfTheEnd() {
    Studio studio;
    LivePage page(studio);
    page.resize(1200, 800);
    page.show();
    QVERIFY(open(studio, run_));
    QVERIFY(page.samples().isVisible());
    QVERIFY(!page.samples().text(0).isEmpty());
    auto* scores = page.findChild<QTableWidget*>();
    QVERIFY(scores->isVisible());
    QStringList names;
    for (int row = 0; row < scores->rowCount(); ++row) names << scores->item(row, 0)->text();
    QVERIFY2(names.contains(QStringLiteral("ROUGE-L")) && names.contains(QStringLiteral("Perplexity")),
             qPrintable(names.join(u',')));
    const auto texts = [&]() -> QPushButton* {
      for (QPushButton* one : page.findChildren<QPushButton*>())
        if (one->text() == QStringLiteral("Texts")) return one;
      return nullptr;
    };
    QVERIFY(QTest::qWaitFor([&] { return texts()->isVisible(); }, patience));
    texts()->click();
    auto* dialog = page.findChild<TextsDialog*>();
    QVERIFY(dialog && QTest::qWaitFor([&] { return dialog->shownRows() == 12; }, patience));
    QVERIFY(!isFlat(page.grab().toImage()));
  }

  // A score of another scale than the run's own is drawn when a person asks for it.
  void liveDrawsTheScoreThatIsChosen() {
    RunConfig config = tinyTextRun(folder_.filePath(QStringLiteral("every")).toStdString(), "lora", 8);
    config.eval.predict_with_generate = "every";
    const Path folder = train(config);
    Studio studio;
    LivePage page(studio);
    page.resize(1200, 800);
    page.show();
    page.actions()->show();
    QVERIFY(open(studio, folder));
    auto* score = page.actions()->findChildren<QComboBox*>().front();
    QVERIFY(!score->isHidden());
    QCOMPARE(score->itemData(0).toString(), QStringLiteral("perplexity"));
    const int bleu = score->findData(QStringLiteral("bleu"));
    QVERIFY(bleu > 0);
    score->setCurrentIndex(bleu);
    Q_EMIT score->activated(bleu);
    QCOMPARE(page.curves().score->yAxis->label(), QStringLiteral("BLEU"));
    QVERIFY(page.curves().score->pointCount() >= 4);
    QVERIFY(open(studio, run_));  // has only its perplexity
    QVERIFY(score->isHidden());
    QVERIFY(page.curves().score->yAxis->label().startsWith(QStringLiteral("Perplexity")));
  }

  void aLiveRunHasItsEndScoresToo() {
    Studio studio;
    LivePage page(studio);
    page.show();
    RunConfig config = tinyTextRun(folder_.filePath(QStringLiteral("live")).toStdString(), "lora", 8);
    studio.start(config);
    QVERIFY(QTest::qWaitFor([&] { return studio.run() && studio.run()->finished; }, patience));
    QVERIFY(QTest::qWaitFor([&] { return !studio.run()->end_scores.empty(); }, patience));
    QCOMPARE(studio.run()->metric(), QStringLiteral("perplexity"));
    QVERIFY(page.samples().isVisible());
  }

  void theRowOnRunsSaysThePerplexity() {
    RunRow good, bad;
    good.folder = "good";
    bad.folder = "bad";
    good.metric = bad.metric = "perplexity";
    good.score = 2.5;
    bad.score = 40;
    RunsModel model;
    model.setRuns({good, bad});
    QCOMPARE(model.index(0, RunsModel::Score).data().toString(),
             QStringLiteral("Perplexity ") + QLocale().toString(2.5, 'f', 3));
    QVERIFY2(model.data(model.index(0, RunsModel::Score), RunsModel::SortRole).toDouble() >
                 model.data(model.index(1, RunsModel::Score), RunsModel::SortRole).toDouble(),
             "the better one sorts as the greater");
    Studio studio;
    RunsPage page(studio);
    page.resize(1200, 760);
    page.show();
    auto texts = [&]() -> QPushButton* {
      for (QPushButton* one : page.findChildren<QPushButton*>())
        if (one->text() == QStringLiteral("Texts")) return one;
      return nullptr;
    };
    QVERIFY(!texts()->isVisible());
    QVERIFY(QTest::qWaitFor(
        [&] {
          page.select({run_});
          return texts()->isVisible();
        },
        patience));
    texts()->click();
    auto* dialog = page.findChild<TextsDialog*>();
    QVERIFY(dialog);
    QVERIFY(QTest::qWaitFor([&] { return dialog->shownRows() == 12; }, patience));
    const WrittenText first = written_texts(run_).front().texts.front();
    QVERIFY(!first.prompt.empty() && first.references.size() == 1);
    dialog->setFilter(QString::fromStdString(first.prompt));
    QVERIFY(dialog->shownRows() >= 1 && dialog->shownRows() < 12);
    dialog->setFilter(QStringLiteral("words that nobody wrote"));
    QCOMPARE(dialog->shownRows(), 0);
  }

  void aBrokenFileOfTextsIsNamed() {
    const Path broken = folder_.filePath(QStringLiteral("broken")).toStdString();
    make_folder(broken / "generated");
    write_file(broken / "generated" / "test.jsonl", "{\"prompt\": \"a\", \"text\": \"b\"}\nno json\n");
    QVERIFY(has_written_texts(broken));
    try {
      written_texts(broken);
      QFAIL("it was read");
    } catch (const Error& error) {
      QVERIFY2(std::string(error.what()).find("line 2") != std::string::npos, error.what());
    }
    QVERIFY(!has_written_texts(folder_.filePath(QStringLiteral("none")).toStdString()));
    QVERIFY(end_scores(broken).empty());
  }
};

QTEST_MAIN(TestTextRun)
#include "test_text_run.moc"
