// Attention over packed sequences: the one place that looks at sequence borders.
#pragma once

#include <ATen/core/Tensor.h>

#include "ops/dropout.h"

namespace mtlora {

struct AttentionArgs {
  at::Tensor cu_q, cu_k;  // [S + 1] int32 on the CPU: where each sequence begins among the queries and the keys
  int64_t max_q = 0, max_k = 0;
  double scale = 1;     // of the scores; usually 1 / sqrt(D)
  bool causal = false;  // the last query sees all keys, the one before it all but one, ...
  int64_t window = -1;  // >= 0: only the `window` nearest keys to the left (causal) or on each side, besides its own
  double softcap = 0;   // > 0: scores become softcap · tanh(scores / softcap)
  Dropout dropout;  // of the attention weights: row_ids [Nq] of the queries; column = head · 2^20 + key's place from 0
  at::Tensor relative_bias;  // [Hq, max_q, max_k] added to the scores, or undefined
};

// q [Nq, Hq, D], k and v [Nk, Hkv, D] (Hq a multiple of Hkv) -> [Nq, Hq, D]. Differentiable in q, k, v and
// relative_bias. q, k and v may be strided views as long as the last dimension is contiguous. Where `causal` or
// `window` ask for a query's place, the queries of a sequence are its last tokens; `causal` wants no more queries than
// keys.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args);

}  // namespace mtlora
