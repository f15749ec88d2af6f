// The angles of rotary position embeddings, of the kinds that config.json's rope_parameters (or rope_scaling) names.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/packed_batch.h"
#include "io/model_folder.h"

namespace mtlora {

class RotaryEmbedding {
 public:
  // For heads of `head_size`. `layer_type`: whose parameters are read where config.json gives them by kind of layer
  // ("full_attention"), else empty. `theta`: the base where config.json names none. Kinds: default, linear, llama3 (as
  // transformers' modeling_rope_utils), longrope (Ding et al. 2024, arXiv 2402.13753). Throws Error(BadInput) that
  // names file and key for another kind or a missing or mistyped number.
  RotaryEmbedding(const ModelConfig& config, int64_t head_size, double theta, const std::string& layer_type = {});

  // Cosines and sines [N, R/2] of the batch's tokens. With longrope a sequence that is longer than the original length
  // (cached tokens counted) takes the long factors.
  struct Angles {
    at::Tensor cosines, sines;
  };
  Angles angles(const PackedBatch& batch) const;

 private:
  at::Tensor frequencies_;       // [R/2] fp32, radians a position
  at::Tensor long_frequencies_;  // longrope
  int64_t original_length_ = 0;  // longrope, tokens
  double factor_ = 1;            // of cosines and sines
};

}  // namespace mtlora
