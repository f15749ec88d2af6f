// The keys and values of the tokens that a decoder has seen, so that the next token costs one row.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "data/packed_batch.h"
#include "ops/cached_attention.h"

namespace mtlora {

// Each token has a slot, in every layer. A sequence is a list of slots, so sequences that begin alike (the beams of a
// search) share those of their beginning, and going on from another sequence copies no key.
class KeyValueCache {
 public:
  KeyValueCache(int64_t layers, int64_t sequences)
      : layers_(static_cast<size_t>(layers)), slots_(static_cast<size_t>(sequences)) {}

  int64_t sequences() const { return static_cast<int64_t>(slots_.size()); }
  int64_t length(int64_t sequence) const {  // tokens
    return static_cast<int64_t>(slots_[static_cast<size_t>(sequence)].size());
  }

  // From now on there are parents.size() sequences, the i-th of them as sequence parents[i] was.
  void select(const std::vector<int64_t>& parents);

  // Makes room for the tokens of a batch, whose sequences are those of the cache: called once before the layers.
  void add_tokens(const PackedBatch& batch);

  // Attention of a layer's new queries q [Nq, Hq, D] to all keys, after the new ones k, v [N, Hkv, D] have been put in
  // their slots. `args` brings the scale, window and soft cap; `cu_q` undefined: the queries are all tokens of the
  // batch, else the newest of each sequence.
  at::Tensor attend(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                    CachedAttentionArgs args);

 private:
  struct Layer {
    at::Tensor k, v;  // [slots, Hkv, D], views of stores with cache_slack floats behind
  };
  std::vector<Layer> layers_;
  std::vector<std::vector<int32_t>> slots_;  // of each sequence's tokens
  int64_t used_ = 0;
  // Of the batch that is passing.
  int64_t first_new_ = 0;
  CachedAttentionArgs batch_;
};

}  // namespace mtlora
