// Scores, equal to scikit-learn's and scipy's.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

namespace mtlora {

// Known names: accuracy, f1 (of class 1), f1_macro, matthews_correlation (classification); pearson, spearman
// (regression). All are better when larger.
const std::vector<std::string>& metric_names();
// Of these, of eval_loss and perplexity (better when smaller), and of the metrics of texts (text_metrics.h). Throws
// Error(BadInput) for an unknown one.
bool larger_is_better(const std::string& metric);

// `predictions` and `labels`: class ids or values, equally many. Throws Error(BadInput) for an unknown metric.
// A score that is not defined (pearson of a constant, no examples, values that are NaN) is NaN.
std::map<std::string, double> compute_metrics(const std::vector<std::string>& names, std::span<const float> predictions,
                                              std::span<const float> labels);

}  // namespace mtlora
