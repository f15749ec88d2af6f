// Scores against scikit-learn's and scipy's (tests/golden/make_metrics.py).
#include <QTest>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/task.h"
#include "eval/metrics.h"

using namespace mtlora;

class TestMetrics : public QObject {
  Q_OBJECT

 private slots:
  void equal_scikit_learn_and_scipy() {
    const auto golden = nlohmann::json::parse(read_file(MTLORA_TEST_DATA "/metrics.json"));
    QVERIFY(golden["cases"].size() > 20);
    for (const auto& item : golden["cases"]) {
      const auto predictions = item["predictions"].get<std::vector<float>>();
      const auto labels = item["labels"].get<std::vector<float>>();
      std::vector<std::string> names;
      for (const auto& [name, score] : item["scores"].items()) names.push_back(name);
      const auto scores = compute_metrics(names, predictions, labels);
      for (const auto& [name, expected] : item["scores"].items()) {
        const std::string what = item["name"].get<std::string>() + ", " + name + ": " + std::to_string(scores.at(name));
        if (expected.is_null()) {
          QVERIFY2(std::isnan(scores.at(name)), what.c_str());
        } else {
          QVERIFY2(std::abs(scores.at(name) - expected.get<double>()) <= 1e-12, what.c_str());
        }
      }
    }
  }

  void undefined_scores_are_nan() {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> values = {1, 2, 3}, broken = {1, nan, 3};
    for (const auto& [name, score] : compute_metrics(metric_names(), broken, values)) {
      QVERIFY2(std::isnan(score), name.c_str());
    }
    for (const auto& [name, score] : compute_metrics(metric_names(), {}, {})) QVERIFY2(std::isnan(score), name.c_str());
  }

  void unknown_metrics_are_refused() {
    try {
      compute_metrics({"acuracy"}, {}, {});
      QFAIL("an unknown metric was taken");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::BadInput);
      QCOMPARE(error.hint(), std::string("Did you mean 'accuracy'?"));
    }
    QVERIFY_EXCEPTION_THROWN(larger_is_better("loss of nerve"), Error);
    const std::vector<float> one = {1}, two = {1, 2};
    QVERIFY_EXCEPTION_THROWN(compute_metrics({"accuracy"}, one, two), Error);
  }

  void larger_is_better_but_for_the_loss() {
    for (const std::string& name : metric_names()) QVERIFY2(larger_is_better(name), name.c_str());
    QVERIFY(!larger_is_better("eval_loss"));
  }

  void metrics_of_all_tasks_are_known() {
    for (const Task& task : list_tasks()) {
      for (const std::string& name : task.metrics) larger_is_better(name);  // throws where it is not
    }
  }
};

QTEST_APPLESS_MAIN(TestMetrics)
#include "test_metrics.moc"
