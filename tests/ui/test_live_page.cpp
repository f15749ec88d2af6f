// Live: the curves hold what the run logged, and the buttons reach a real run.
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>

#include "pages/live/live_curves.h"
#include "pages/live/live_page.h"
#include "pages/live/log_text.h"
#include "style/plot.h"
#include "style/theme.h"
#include "tiny_run.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

constexpr int patience = 30'000;  // ms

QCPGraph* curve(Plot& plot, const QString& name) {
  for (int i = 0; i < plot.plottableCount(); ++i)
    if (auto* graph = qobject_cast<QCPGraph*>(plot.plottable(i)); graph && graph->name().startsWith(name)) return graph;
  return nullptr;
}

QPushButton* button(const QWidget& page, const QString& text) {
  for (QPushButton* found : page.findChildren<QPushButton*>())
    if (found->text() == text) return found;
  return nullptr;
}

RunData runOf(int steps, double lossAt5 = 0.5) {
  RunData run;
  run.config.adapter.method = "shim";
  RunStarted begun;
  begun.total_steps = 100;
  run.add({5000, begun});
  for (int i = 1; i <= steps; ++i) {
    StepDone done;
    done.step = 10 * i;
    done.epoch = 0.25 * i;
    done.loss = i == 5 ? lossAt5 : 3.0 / i;
    done.learning_rate = 1e-3 * i;
    done.grad_norm = 2 + i % 2;
    run.add({5000.0 + 2 * i, done});
  }
  return run;
}

}  // namespace

class TestLivePage : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { applyTheme(*qApp, ThemeMode::Light); }

  void curvesHoldWhatWasLogged() {
    const RunData run = runOf(10);
    LiveCurves curves;
    curves.setRun(&run);
    const QCPGraph* raw = curve(*curves.loss, "logged");
    const QCPGraph* smooth = curve(*curves.loss, "smoothed");
    QVERIFY(raw && smooth);
    QCOMPARE(raw->data()->size(), 10);
    for (int n = 1; n <= 10; ++n) {
      QCOMPARE(raw->data()->at(n - 1)->key, 10.0 * n);
      QCOMPARE(raw->data()->at(n - 1)->value, run.steps[static_cast<size_t>(n - 1)].loss);
      // The definition: weights 0.4 · 0.6^(n−k), made to sum to 1.
      double sum = 0, weights = 0;
      for (int k = 1; k <= n; ++k) {
        const double weight = 0.4 * std::pow(0.6, n - k);
        sum += weight * run.steps[static_cast<size_t>(k - 1)].loss;
        weights += weight;
      }
      QVERIFY(std::abs(smooth->data()->at(n - 1)->value - sum / weights) < 1e-12);
    }
    QCOMPARE(smooth->data()->at(0)->value, run.steps[0].loss);  // not pulled to zero
    QCOMPARE(curves.rate->pointCount(), 10);
    QCOMPARE(curves.gradient->pointCount(), 10);
    QVERIFY2(smooth->name().contains("0.6"), "the legend says how it is smoothed");
  }

  void pointsAreAddedAsTheyCome() {
    RunData run = runOf(4);
    LiveCurves curves;
    curves.setRun(&run);
    EvalDone eval;
    eval.step = 40;
    eval.epoch = 1;
    eval.eval_loss = 0.8;
    eval.scores = {{"accuracy", 0.5}};
    QCOMPARE(curves.score->pointCount(), 0);
    QVERIFY(!curves.missingContent().isEmpty());
    run.add({5009, eval});
    run.add({5010, runOf(5).steps.back()});
    curves.update(run);
    QCOMPARE(curve(*curves.loss, "logged")->data()->size(), 5);
    QCOMPARE(curve(*curves.loss, "evaluation")->data()->at(0)->value, 0.8);
    QCOMPARE(curve(*curves.score, "Accuracy")->data()->at(0)->value, 0.5);
    QCOMPARE(curves.missingContent(), QString());
  }

  void theAxisIsStepEpochOrTime() {
    const RunData run = runOf(8);
    LiveCurves curves;
    curves.setRun(&run);
    curves.setAxis(LiveCurves::Axis::Epoch);
    QCOMPARE(curve(*curves.loss, "logged")->data()->at(3)->key, 1.0);
    curves.setAxis(LiveCurves::Axis::Time);
    QCOMPARE(curve(*curves.loss, "logged")->data()->at(3)->key, 8.0);
    QVERIFY2(curves.loss->xAxis->label().contains("(s)"), "the unit stands on the axis");
    curves.setAxis(LiveCurves::Axis::Step);
    QCOMPARE(curve(*curves.loss, "logged")->data()->at(3)->key, 40.0);
  }

  void aRunThatWentBackLosesItsLastPoints() {
    RunData run = runOf(8);
    LiveCurves curves;
    curves.setRun(&run);
    RunStarted again;
    again.step = 30;
    again.total_steps = 100;
    run.add({9000, again});
    curves.update(run);
    QCOMPARE(curve(*curves.loss, "logged")->data()->size(), 3);
    // As many points as before, but others: they are seen too.
    StepDone done;
    done.loss = 9;
    for (int64_t step = 40; step <= 80; step += 10) {
      done.step = step;
      run.add({9000.0 + double(step), done});
    }
    curves.update(run);
    QCOMPARE(curve(*curves.loss, "logged")->data()->size(), 8);
    QCOMPARE(curve(*curves.loss, "logged")->data()->at(7)->value, 9.0);
  }

  void aLossThatIsNotFiniteStaysInTheCurve() {
    const RunData run = runOf(8, std::nan(""));
    LiveCurves curves;
    curves.setRun(&run);
    QVERIFY(std::isnan(curve(*curves.loss, "logged")->data()->at(4)->value));
    QVERIFY2(std::isfinite(curve(*curves.loss, "smoothed")->data()->at(7)->value), "and does not spoil what follows");
  }

  void theLogSpeaksPlainly() {
    CommandTaken taken;
    taken.step = 12;
    taken.command = "set_learning_rate";
    taken.value = 0.002;
    QVERIFY(logLine({0, taken}).endsWith("step 12  learning rate set to 0.002"));
    QVERIFY(logLine({0, RunFinished{7, "failed", "The loss is not finite.", "Lower the rate.", 6}})
                .endsWith("failed. The loss is not finite. Lower the rate."));
  }

  void anEmptyPageSaysWhatWillStandThere() {
    Studio studio;
    LivePage page(studio);
    page.resize(900, 600);
    page.show();
    QVERIFY(!page.missingContent().isEmpty());
    bool said = false;
    for (const QLabel* label : page.findChildren<QLabel*>())
      said = said || (label->isVisible() && label->text().contains("first logged step"));
    QVERIFY(said);
    QSignalSpy asked(&studio, &Studio::showPage);
    button(page, "New run")->click();
    QCOMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].toInt(), 0);
  }

  void theButtonsReachTheRun() {
    QTemporaryDir folder;
    Studio studio;
    LivePage page(studio);
    page.resize(1200, 760);
    page.show();
    RunConfig config = tinyRun(folder.filePath("run").toStdString(), "ctcm", 200'000);
    config.eval.eval_steps = "100000";
    config.train.geometry_steps = 0;
    studio.start(config);
    QVERIFY(QTest::qWaitFor([&] { return studio.run() && studio.run()->steps.size() > 3; }, patience));
    const auto logged = [&](const QString& text) {
      return QTest::qWaitFor([&] { return page.findChild<QPlainTextEdit*>()->toPlainText().contains(text); }, patience);
    };

    QTest::mouseClick(button(page, "Pause"), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return studio.paused() && button(page, "Go on"); }, patience));
    QVERIFY(logged("paused"));
    page.setFocus();
    QTest::keyClick(&page, Qt::Key_Space);
    QVERIFY(QTest::qWaitFor([&] { return !studio.paused() && button(page, "Pause"); }, patience));

    QTest::mouseClick(button(page, "Evaluate"), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return !studio.run()->evals.empty(); }, patience));
    QTest::mouseClick(button(page, "Save"), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return !studio.run()->checkpoints.empty(); }, patience));
    QVERIFY(
        QTest::qWaitFor([&] { return page.findChild<QListWidget*>()->item(0)->text().startsWith("step "); }, patience));

    auto* rate = page.findChild<QLineEdit*>();
    rate->selectAll();
    QTest::keyClicks(rate, "nonsense");
    QTest::mouseClick(button(page, "Set"), Qt::LeftButton);
    bool marked = false;
    for (const QLabel* label : page.findChildren<QLabel*>())
      marked = marked || (label->isVisible() && label->text().contains("4e-4"));
    QVERIFY2(marked, "a wrong rate is marked beside its field");
    rate->selectAll();
    QTest::keyClicks(rate, "0.00125");
    QTest::keyClick(rate, Qt::Key_Return);
    QVERIFY(logged("learning rate set to 0.00125"));

    QVERIFY(QTest::qWaitFor([&] { return page.missingContent().isEmpty(); }, patience));
    QVERIFY(!isFlat(page.curves().loss->grab().toImage()));
    QTest::mouseClick(button(page, "Stop"), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return !studio.liveRun(); }, patience));
    QCOMPARE(studio.run()->finished->status, std::string("stopped"));
    QVERIFY2(!button(page, "Pause")->isVisible(), "nothing to pause any more");
    QVERIFY(button(page, "Go on from the last checkpoint")->isVisible());
    QVERIFY(button(page, "Go on from the last checkpoint")->isEnabled());

    const int64_t stoppedAt = studio.run()->step();
    QTest::mouseClick(button(page, "Go on from the last checkpoint"), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return studio.live() && studio.run()->step() > stoppedAt; }, patience));
    QVERIFY(logged("went on from the checkpoint"));
    studio.send({Command::Kind::Stop});
    QVERIFY(QTest::qWaitFor([&] { return !studio.liveRun(); }, patience));
  }
};

QTEST_MAIN(TestLivePage)
#include "test_live_page.moc"
