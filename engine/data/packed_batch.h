// A batch without padding: S sequences one after another, N tokens in all.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace mtlora {

struct PackedBatch {
  at::Tensor input_ids;       // [N] int64
  at::Tensor position_ids;    // [N] int64, from 0 in each sequence
  at::Tensor token_type_ids;  // [N] int64
  at::Tensor cu_seqlens;      // [S + 1] int32, where each sequence begins; the last is N. On the CPU.
  // [S] int64 (classes) or float32 (regression), −100 is not scored; of a language model [M] int64: the token that each
  // of target_rows is to be followed by.
  at::Tensor labels;
  at::Tensor target_rows;  // [M] int64, rising: rows whose next token is scored; undefined where none is
  // Number of each token within the optimiser step [N] int64: dropout masks are a function of it, so they do not
  // change when a batch is cut into smaller ones.
  at::Tensor row_ids;
  int64_t max_seqlen = 0;

  int64_t tokens() const { return input_ids.numel(); }
  int64_t sequences() const { return cu_seqlens.numel() - 1; }
};

}  // namespace mtlora
