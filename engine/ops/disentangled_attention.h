// DeBERTa's attention: scores of content with content, content with position and position with content (He et al. 2021,
// arXiv 2006.03654, equation 4; buckets of long distances as in DeBERTa-v2, arXiv 2111.09543).
#pragma once

#include <ATen/core/Tensor.h>

#include "ops/attention.h"

namespace mtlora {

struct RelativePositions {
  int64_t buckets = 0;       // > 0: distances beyond half of it fall into buckets that grow with the logarithm
  int64_t max_distance = 0;  // tokens
  int64_t span() const { return buckets > 0 ? buckets : max_distance; }  // embeddings: 2 · span

  // The embedding of a distance (query's place − key's place): 0 .. 2 · span − 1.
  int64_t index(int64_t distance) const;
};

// q [Nq, H, D], k and v [Nk, H, D] -> [Nq, H, D]. position_keys and position_queries [last − first, H, D]: projected
// embeddings `first` .. `last` − 1, which hold those of every distance in the batch; either may be undefined. Of `args`
// the sequences, scale and dropout count. Each sequence's queries are its first tokens. Differentiable.
at::Tensor disentangled_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                  const at::Tensor& position_keys, const at::Tensor& position_queries, int64_t first,
                                  const RelativePositions& positions, const AttentionArgs& args);

}  // namespace mtlora
