#include "eval/evaluate.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>

#include "eval/metrics.h"
#include "ops/loss.h"

namespace mtlora {

namespace {

// visit(batch) over all examples; false where `go_on` ended it.
bool for_each_batch(const Model& model, const std::vector<Example>& examples, TaskKind kind, int64_t batch_size,
                    const std::function<bool()>& go_on, const std::function<void(const PackedBatch&)>& visit) {
  const at::NoGradGuard no_grad;
  for (size_t first = 0; first < examples.size(); first += static_cast<size_t>(batch_size)) {
    if (go_on && !go_on()) return false;
    std::vector<size_t> indices(std::min(static_cast<size_t>(batch_size), examples.size() - first));
    std::iota(indices.begin(), indices.end(), first);
    visit(pack(examples, indices, kind, 0, model.device()));
  }
  return true;
}

Evaluation evaluate_texts(Model& model, const std::vector<Example>& examples, int64_t batch_size,
                          const std::vector<std::string>& metrics, const std::function<bool()>& go_on) {
  double sum = 0, count = 0;
  const bool whole =
      for_each_batch(model, examples, TaskKind::Generation, batch_size, go_on, [&](const PackedBatch& batch) {
        ForwardContext context;
        const at::Tensor hidden = model.hidden(batch, HiddenRows::Targets, context);
        sum += output_cross_entropy_sum(hidden, model.output_layer(), batch.labels).sum.item<double>();
        count += static_cast<double>(batch.labels.numel());
      });
  if (!whole) return {};
  Evaluation result;
  result.loss = sum / count;
  if (std::find(metrics.begin(), metrics.end(), "perplexity") != metrics.end()) {
    result.scores["perplexity"] = std::exp(result.loss);
  }
  return result;
}

}  // namespace

at::Tensor predict_logits(Model& model, const std::vector<Example>& examples, int64_t batch_size,
                          const std::function<bool()>& go_on) {
  std::vector<at::Tensor> parts;
  const bool whole =
      for_each_batch(model, examples, TaskKind::Classification, batch_size, go_on, [&](const PackedBatch& batch) {
        ForwardContext context;
        parts.push_back(model.logits(batch, context));
      });
  return whole ? at::cat(parts).to(at::kCPU, at::kFloat) : at::Tensor();
}

at::Tensor answers_of(const at::Tensor& logits, TaskKind kind) {
  return (kind == TaskKind::Regression ? logits.select(1, 0) : logits.argmax(1)).to(at::kFloat).contiguous();
}

Evaluation evaluate(Model& model, const std::vector<Example>& examples, TaskKind kind, int64_t batch_size,
                    const std::vector<std::string>& metrics, const std::function<bool()>& go_on) {
  if (kind == TaskKind::Generation) return evaluate_texts(model, examples, batch_size, metrics, go_on);
  const at::Tensor logits = predict_logits(model, examples, batch_size, go_on);
  if (!logits.defined()) return {};
  std::vector<float> labels;
  for (const Example& example : examples) labels.push_back(example.label);
  const at::Tensor target = at::from_blob(labels.data(), {static_cast<int64_t>(labels.size())}, at::kFloat);
  const at::Tensor answers = answers_of(logits, kind);
  Evaluation result;
  const at::Tensor loss =
      kind == TaskKind::Regression ? mean_squared_error(logits, target) : cross_entropy(logits, target.to(at::kLong));
  result.loss = loss.item<double>();
  result.scores = compute_metrics(metrics, {answers.const_data_ptr<float>(), labels.size()}, labels);
  return result;
}

}  // namespace mtlora
