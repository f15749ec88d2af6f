// Losses of a batch. A row whose label is −100 is not scored.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mtlora {

// For accumulation over smaller batches: Σ sums / Σ counts is the mean of the large batch.
struct LossSum {
  at::Tensor sum;    // scalar, differentiable
  at::Tensor count;  // scalar int64: rows that were scored
};

// logits [S, C], labels [S] int64. With label smoothing ε the target is (1 − ε) · one-hot + ε / C (Szegedy et al. 2016,
// as torch's cross_entropy has it). Computed in fp32 where logits are of a shorter type.
LossSum cross_entropy_sum(const at::Tensor& logits, const at::Tensor& labels, double label_smoothing = 0);

// (prediction − label)², summed: predictions [S] or [S, 1], labels [S] of a floating type.
LossSum squared_error_sum(const at::Tensor& predictions, const at::Tensor& labels);

// The means over the scored rows (not a number where none is).
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& labels, double label_smoothing = 0);
at::Tensor mean_squared_error(const at::Tensor& predictions, const at::Tensor& labels);

}  // namespace mtlora
