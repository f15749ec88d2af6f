// Dropout whose mask is a function of (key, row, column) and never stored: made again in the backward pass, the same
// for any number of threads and however the batch is cut.
//
// Whether a unit is kept is decided by a 32-bit hash: with 64 bits base = mix64(key ^ mix64(row)) (base/random.h), one
// value a row, low and high their halves,
//
//     h = low + column;   h ^= h >> 16;   h *= 0x85EBCA6B;   h ^= h >> 13;   h += high;   h *= 0xC2B2AE35;   h ^= h >>
//     16
//
// (arithmetic modulo 2^32; the finaliser of MurmurHash3, Appleby 2011, with `high` added so that rows whose `low` lie
// near each other do not share a shifted mask). The unit is kept where h >= ceil(p · 2^32).
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
  uint32_t threshold() const;  // a unit is kept where its hash is at least this
  double scale() const { return p < 1 ? 1 / (1 - p) : 0; }
};

uint64_t dropout_base(uint64_t key, int64_t row);
uint32_t dropout_hash(uint64_t base, uint32_t column);

// x [N, C] -> [N, C], differentiable. Returns x itself where p is 0.
at::Tensor dropout(const at::Tensor& x, const Dropout& drop);

// The factor of each element (0 or 1 / (1 − p)) as a tensor [N, C], of `like`'s type and device: the plain formula that
// every implementation agrees with. Element (n, c) is of column `first_column` + c.
at::Tensor dropout_factors(const Dropout& drop, int64_t columns, const at::Tensor& like, int64_t first_column = 0);

}  // namespace mtlora
