#include "eval/evaluate.h"

#include <ATen/ATen.h>

#include <numeric>

#include "eval/metrics.h"
#include "ops/loss.h"

namespace mtlora {

at::Tensor predict_logits(Model& model, const std::vector<Example>& examples, int64_t batch_size, bool regression,
                          const std::function<bool()>& go_on) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> parts;
  for (size_t first = 0; first < examples.size(); first += static_cast<size_t>(batch_size)) {
    if (go_on && !go_on()) return {};
    std::vector<size_t> indices(std::min(static_cast<size_t>(batch_size), examples.size() - first));
    std::iota(indices.begin(), indices.end(), first);
    ForwardContext context;
    parts.push_back(model.logits(pack(examples, indices, regression, 0, model.device()), context));
  }
  return at::cat(parts).to(at::kCPU, at::kFloat);
}

Evaluation score_logits(const at::Tensor& logits, const std::vector<Example>& examples, bool regression,
                        const std::vector<std::string>& metrics) {
  std::vector<float> labels;
  for (const Example& example : examples) labels.push_back(example.label);
  const at::Tensor target = at::from_blob(labels.data(), {static_cast<int64_t>(labels.size())}, at::kFloat);
  const at::Tensor answers =
      (regression ? logits.select(1, 0) : logits.argmax(1)).to(at::kFloat).contiguous();  // [examples]
  Evaluation result;
  const at::Tensor loss = regression ? mean_squared_error(logits, target) : cross_entropy(logits, target.to(at::kLong));
  result.loss = loss.item<double>();
  result.scores = compute_metrics(metrics, {answers.const_data_ptr<float>(), labels.size()}, labels);
  return result;
}

}  // namespace mtlora
