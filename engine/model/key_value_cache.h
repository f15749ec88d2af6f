// The keys and values of the tokens that a decoder has seen, so that the next token costs one row.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace mtlora {

class KeyValueCache {
 public:
  // Room for `capacity` tokens in each of `sequences` sequences, in every one of `layers` layers.
  KeyValueCache(int64_t layers, int64_t sequences, int64_t capacity)
      : layers_(static_cast<size_t>(layers)), lengths_(static_cast<size_t>(sequences), 0), capacity_(capacity) {}

  int64_t length(int64_t sequence) const { return lengths_[static_cast<size_t>(sequence)]; }  // tokens, of all layers
  int64_t sequences() const { return static_cast<int64_t>(lengths_.size()); }

  struct Packed {
    at::Tensor k, v;        // [Nk, Hkv, D]
    at::Tensor cu_seqlens;  // [S + 1] int32 on the CPU
    int64_t max_seqlen;
  };
  // Puts a layer's new keys and values [N, Hkv, D] behind those of their sequences (cu_seqlens [S + 1] int32 on the
  // CPU: where each one's new rows begin) and gives all of them. Not differentiable.
  Packed append(int64_t layer, const at::Tensor& k, const at::Tensor& v, const at::Tensor& cu_seqlens);

  // After the last layer: the new tokens count from now on.
  void advance(const at::Tensor& cu_seqlens);

 private:
  struct Layer {
    at::Tensor k, v;  // [S, capacity, Hkv, D]
  };
  std::vector<Layer> layers_;
  std::vector<int64_t> lengths_;
  int64_t capacity_;
};

}  // namespace mtlora
