// Dropout whose mask is a function of (key, row, column) and never stored: made again in the backward pass, the same
// for any number of threads and however the batch is cut.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mtlora {

// One place in the network where units are dropped, in one optimiser step.
struct Dropout {
  double p = 0;        // probability that a unit is zeroed; the others are scaled by 1 / (1 − p)
  uint64_t key = 0;    // of the step and the place
  at::Tensor row_ids;  // [N] int64: PackedBatch::row_ids of the rows of x

  bool active() const { return p > 0; }
};

// x [N, C] -> [N, C], differentiable. Returns x itself where p is 0.
at::Tensor dropout(const at::Tensor& x, const Dropout& drop);

// The factor of each element (0 or 1 / (1 − p)) as a tensor [N, C], of `like`'s type and device: the plain formula that
// every implementation agrees with. Element (n, c) is kept where hash(key, row_ids[n], c) >= p · 2^32.
at::Tensor dropout_factors(const Dropout& drop, int64_t columns, const at::Tensor& like);

}  // namespace mtlora
