#include "ops/loss.h"

#include <ATen/ATen.h>

namespace mtlora {
namespace {

constexpr int64_t unscored = -100;

at::Tensor in_full_precision(const at::Tensor& x) { return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat); }

}  // namespace

LossSum cross_entropy_sum(const at::Tensor& logits, const at::Tensor& labels, double label_smoothing) {
  return {at::cross_entropy_loss(in_full_precision(logits), labels, {}, at::Reduction::Sum, unscored, label_smoothing),
          labels.ne(unscored).sum()};
}

LossSum squared_error_sum(const at::Tensor& predictions, const at::Tensor& labels) {
  const at::Tensor scored = labels.ne(unscored);
  const at::Tensor error = in_full_precision(predictions).view_as(labels) - labels;
  return {error.square().masked_fill(scored.logical_not(), 0).sum(), scored.sum()};
}

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels, double label_smoothing) {
  const LossSum loss = cross_entropy_sum(logits, labels, label_smoothing);
  return loss.sum / loss.count;
}

at::Tensor mean_squared_error(const at::Tensor& predictions, const at::Tensor& labels) {
  const LossSum loss = squared_error_sum(predictions, labels);
  return loss.sum / loss.count;
}

}  // namespace mtlora
