// A run's events sorted into series: order, resume, best score, time left.
#include <QTest>
#include <cmath>

#include "run_data.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

StepDone stepAt(int64_t step, double loss, double rate = 64) {
  StepDone done;
  done.step = step;
  done.epoch = static_cast<double>(step) / 100;
  done.loss = loss;
  done.examples_per_second = rate;
  return done;
}

EvalDone evalAt(int64_t step, double accuracy, double loss) {
  EvalDone eval;
  eval.step = step;
  eval.eval_loss = loss;
  eval.scores = {{"accuracy", accuracy}, {"macro_f1", accuracy / 2}};
  return eval;
}

CheckpointSaved savedAt(int64_t step, bool best) { return {step, "checkpoints/" + std::to_string(step), best}; }

RunStarted startedAt(int64_t step) {
  RunStarted begun;
  begun.step = step;
  begun.total_steps = 400;
  begun.trainable_parameters = 1234;
  return begun;
}

}  // namespace

class TestRunData : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void eventsBecomeSeries() {
    RunData run;
    run.add({1000, startedAt(0)});
    run.add({1010, stepAt(10, 2.0)});
    run.add({1020, stepAt(20, 1.5)});
    run.add({1030, evalAt(25, 0.5, 1.6)});
    run.add({1031, savedAt(25, true)});
    QCOMPARE(run.total_steps, 400);
    QCOMPARE(run.trainable_parameters, 1234);
    QCOMPARE(run.steps.size(), size_t(2));
    QCOMPARE(run.step(), 25);
    QCOMPARE(run.log.size(), size_t(3));  // start, evaluation, checkpoint; steps are curves
    QCOMPARE(run.secondsAt(10), 10.0);
    QCOMPARE(run.secondsAt(15), 15.0);  // between two known times
    QCOMPARE(run.secondsAt(5), 5.0);
    QCOMPARE(run.epochAt(50), 0.5);
    QVERIFY(!run.finished);
  }

  void aResumedRunLosesWhatCameAfterItsCheckpoint() {
    RunData run;
    run.add({1000, startedAt(0)});
    for (int64_t step = 10; step <= 50; step += 10) run.add({1000 + double(step), stepAt(step, 1)});
    run.add({1031, evalAt(30, 0.4, 1)});
    run.add({1032, savedAt(30, true)});
    run.add({1051, evalAt(50, 0.9, 1)});
    run.add({1052, RunFinished{50, "failed", "no", "", 1}});
    run.add({90'000, startedAt(30)});  // a day later
    QVERIFY(!run.finished);
    QCOMPARE(run.steps.back().step, 30);
    QCOMPARE(run.evals.size(), size_t(1));
    QCOMPARE(run.checkpoints.size(), size_t(1));
    QCOMPARE(run.best()->second, 0.4);
    run.add({90'010, stepAt(40, 1)});
    QVERIFY2(run.secondsAt(40) < 60, "the day between is no training");
    QVERIFY(run.secondsAt(40) > run.secondsAt(30));
  }

  void bestIsOfTheChosenMetric() {
    RunData run;
    run.add({1, evalAt(10, 0.7, 0.9)});
    run.add({2, evalAt(20, 0.8, 0.5)});
    run.add({3, evalAt(30, 0.6, 0.7)});
    QCOMPARE(run.metric(), QString("accuracy"));
    QCOMPARE(run.best()->first, 20);
    run.config.eval.metric_for_best_model = "loss";
    QCOMPARE(run.best()->first, 20);
    QCOMPARE(run.best()->second, 0.5);  // the least, not the greatest
    run.config.eval.metric_for_best_model = "macro_f1";
    QCOMPARE(run.best()->second, 0.4);
    run.add({4, evalAt(40, std::nan(""), 0.1)});
    QCOMPARE(run.best()->first, 20);
    QVERIFY(!RunData().best());
  }

  void timeLeftIsFromTheLastRates() {
    RunData run;
    run.config.train.per_device_train_batch_size = 32;
    run.config.train.gradient_accumulation_steps = 2;
    run.add({1000, startedAt(0)});
    QVERIFY(std::isnan(run.seconds_left()));
    run.add({1010, stepAt(100, 1, 64)});
    QCOMPARE(run.seconds_left(), 300.0);  // 300 steps of 64 examples at 64 a second
    run.add({1020, stepAt(200, 1, 128)});
    run.add({1030, stepAt(300, 1, 128)});
    QCOMPARE(run.seconds_left(), 50.0);
    run.add({1031, stepAt(310, 1, 1)});  // one slow interval does not swing it
    QCOMPARE(run.seconds_left(), 45.0);
    run.add({1040, RunFinished{400, "completed", "", "", 0}});
    QCOMPARE(run.seconds_left(), 0.0);
  }
};

QTEST_APPLESS_MAIN(TestRunData)
#include "test_run_data.moc"
