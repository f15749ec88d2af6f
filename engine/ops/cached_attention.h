// Attention of new tokens to a cache of keys and values, for decoding: no gradients.
#pragma once

#include <ATen/core/Tensor.h>

namespace mtlora {

// What may be read behind the last slot of the stores below, so that a kernel may load whole vectors.
inline constexpr int64_t cache_slack = 16;  // floats

struct CachedAttentionArgs {
  at::Tensor cu_q;       // [S + 1] int32 on the CPU: where each sequence's queries begin. They are its newest tokens.
  at::Tensor cu_k;       // [S + 1] int32 on the CPU: where each sequence begins in `key_slots`
  at::Tensor key_slots;  // [Nk] int32 on the CPU: where each key stands; several sequences may share one
  int64_t max_q = 0, max_k = 0;
  double scale = 1;
  int64_t window = -1;  // as AttentionArgs::window
  double softcap = 0;
};

// q [Nq, Hq, D]; k, v [slots, Hkv, D], contiguous, the stores of one layer, with cache_slack finite floats behind them
// -> [Nq, Hq, D]. Causal.
at::Tensor cached_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const CachedAttentionArgs& args);

}  // namespace mtlora
