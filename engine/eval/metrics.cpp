#include "eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "eval/text_metrics.h"

namespace mtlora {

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

using Values = std::span<const float>;

double accuracy(Values predictions, Values labels) {
  double right = 0;
  for (size_t i = 0; i < labels.size(); ++i) right += predictions[i] == labels[i] ? 1 : 0;
  return right / static_cast<double>(labels.size());
}

// Counts are exact in a double up to 2^53.
struct ClassCounts {
  double right = 0, predicted = 0, labelled = 0;
};
std::map<float, ClassCounts> count_classes(Values predictions, Values labels) {
  std::map<float, ClassCounts> classes;
  for (size_t i = 0; i < labels.size(); ++i) {
    ++classes[predictions[i]].predicted;
    ++classes[labels[i]].labelled;
    if (predictions[i] == labels[i]) ++classes[labels[i]].right;
  }
  return classes;
}

// F1 = 2 TP / (2 TP + FP + FN) of class 1, as GLUE reports it for MRPC and QQP: how well the pairs that mean the same
// are found. Zero where class 1 is neither predicted nor labelled, as in scikit-learn.
double f1(Values predictions, Values labels) {
  const ClassCounts positive = count_classes(predictions, labels)[1.0F];
  const double occurrences = positive.predicted + positive.labelled;
  return occurrences == 0 ? 0 : 2 * positive.right / occurrences;
}

// The mean of F1 over the classes that occur in either.
double f1_macro(Values predictions, Values labels) {
  double sum = 0;
  const auto classes = count_classes(predictions, labels);
  for (const auto& [label, count] : classes) sum += 2 * count.right / (count.predicted + count.labelled);
  return sum / static_cast<double>(classes.size());
}

// For any number of classes: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient",
// 2004. Zero where one side is constant, as in scikit-learn.
double matthews_correlation(Values predictions, Values labels) {
  const auto n = static_cast<double>(labels.size());
  double right = 0, product = 0, predicted_squares = 0, labelled_squares = 0;
  for (const auto& [label, count] : count_classes(predictions, labels)) {
    right += count.right;
    product += count.predicted * count.labelled;
    predicted_squares += count.predicted * count.predicted;
    labelled_squares += count.labelled * count.labelled;
  }
  const double variances = (n * n - predicted_squares) * (n * n - labelled_squares);
  return variances == 0 ? 0 : (n * right - product) / std::sqrt(variances);
}

bool is_constant(const std::vector<double>& x) {
  return std::ranges::all_of(x, [&](double v) { return v == x[0]; });
}

// Takes the mean off; the norm of what is left.
double centre(std::vector<double>& x) {
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
  double squares = 0;
  for (double& value : x) {
    value -= mean;
    squares += value * value;
  }
  return std::sqrt(squares);
}

double correlation(std::vector<double> x, std::vector<double> y) {
  if (is_constant(x) || is_constant(y)) return undefined;
  const double norm_x = centre(x), norm_y = centre(y);
  double product = 0;
  for (size_t i = 0; i < x.size(); ++i) product += (x[i] / norm_x) * (y[i] / norm_y);
  return std::clamp(product, -1.0, 1.0);
}

double pearson(Values predictions, Values labels) {
  return correlation({predictions.begin(), predictions.end()}, {labels.begin(), labels.end()});
}

// Ranks from 1; equal values share the mean of theirs.
std::vector<double> average_ranks(Values values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = static_cast<double>(begin + 1 + end) / 2;  // mean of begin + 1 ... end
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

double spearman(Values predictions, Values labels) {
  return correlation(average_ranks(predictions), average_ranks(labels));
}

struct Metric {
  std::string name;
  double (*compute)(Values, Values);
};
const std::vector<Metric>& metrics() {
  static const std::vector<Metric> table = {{"accuracy", accuracy}, {"f1", f1},
                                            {"f1_macro", f1_macro}, {"matthews_correlation", matthews_correlation},
                                            {"pearson", pearson},   {"spearman", spearman}};
  return table;
}

const Metric& find_metric(const std::string& name) {
  const auto found = std::ranges::find(metrics(), name, &Metric::name);
  if (found != metrics().end()) return *found;
  const std::string nearest = nearest_name(name, metric_names().data(), metric_names().size());
  std::string hint = "Known metrics are";
  for (const std::string& known : metric_names()) hint += (known == metric_names()[0] ? " " : ", ") + known;
  throw bad_input("there is no metric '" + name + "'",
                  nearest.empty() ? hint + "." : "Did you mean '" + nearest + "'?");
}

}  // namespace

const std::vector<std::string>& metric_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Metric& metric : metrics()) list.push_back(metric.name);
    return list;
  }();
  return names;
}

bool larger_is_better(const std::string& metric) {
  if (metric == "eval_loss" || metric == "perplexity") return false;
  if (is_text_metric(metric)) return larger_is_better_text(metric);
  find_metric(metric);
  return true;
}

std::map<std::string, double> compute_metrics(const std::vector<std::string>& names, Values predictions,
                                              Values labels) {
  if (predictions.size() != labels.size()) {
    throw Error(ErrorCode::Internal, "there are " + std::to_string(predictions.size()) + " predictions for " +
                                         std::to_string(labels.size()) + " labels");
  }
  // A prediction that is no number leaves nothing to compare (and can't be sorted).
  const auto usable = [](Values values) { return std::ranges::none_of(values, [](float v) { return std::isnan(v); }); };
  const bool defined = !labels.empty() && usable(predictions) && usable(labels);
  std::map<std::string, double> scores;
  for (const std::string& name : names) {
    const Metric& metric = find_metric(name);
    scores[name] = defined ? metric.compute(predictions, labels) : undefined;
  }
  return scores;
}

}  // namespace mtlora
