// Pieces that the families share.
#pragma once

#include <string>

#include "model/parameter_loader.h"

namespace mtlora {

// A layer normalisation's parameters, [hidden] each; bias may be null.
struct LayerNorm {
  const at::Tensor *weight = nullptr, *bias = nullptr;
  double eps = 1e-12;

  static LayerNorm load(const ParameterLoader& load, const std::string& name, int64_t size, double eps,
                        bool has_bias = true);
  // LayerNorm(dropout(x) + residual); residual may be undefined. [N, hidden]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& residual = {}, const Dropout& drop = {}) const;
};

struct RmsNorm {
  const at::Tensor* weight = nullptr;
  double eps = 1e-6;
  bool adds_one = false;  // the factor is 1 + weight (Gemma)

  static RmsNorm load(const ParameterLoader& load, const std::string& name, int64_t size, double eps,
                      bool adds_one = false);
  at::Tensor forward(const at::Tensor& x) const;  // [..., size]
};

// Rows of an embedding, in fp32 whatever it is kept in. ids [N] -> [N, hidden]
at::Tensor embed(const at::Tensor& embedding, const at::Tensor& ids);

// Which rows of a batch a head reads, so that the last layer computes no other. rows [S] int64 on the batch's device.
at::Tensor first_tokens(const PackedBatch& batch);
at::Tensor last_tokens(const PackedBatch& batch);

// Throws Error(BadInput) that names the key of config.json where `heads` does not divide the hidden size.
void check_heads(const ModelConfig& config, const std::string& key, int64_t hidden, int64_t heads);

// A linear layer of a head: frozen and adaptable where the checkpoint has it, else new and trained.
struct HeadLinear {
  const Linear* frozen = nullptr;
  const at::Tensor *weight = nullptr, *bias = nullptr;  // where it is trained; bias may be null

  bool loaded() const { return frozen || weight; }
  at::Tensor forward(const at::Tensor& x, const at::Tensor& row_ids, ForwardContext& context) const;
};

struct HeadLinearOptions {
  bool bias = true;
  bool always_trained = false;
  double std = 0.02;        // of a new weight's normal distribution
  std::string module = {};  // as modules_to_save names it; empty: the layer's own name
};
HeadLinear load_head_linear(const ParameterLoader& load, const std::string& name, int64_t in, int64_t out,
                            const HeadLinearOptions& options);

// The classification heads of the encoders: dropout, dense, activation, norm, dropout, out; each but the last may lack.
struct ClassificationHead {
  double dropout_before = 0, dropout_after = 0;
  HeadLinear dense;
  std::string activation = "tanh";
  const at::Tensor *norm_weight = nullptr, *norm_bias = nullptr;
  double norm_eps = 1e-5;
  HeadLinear out;

  // x [S, hidden], row_ids [S] -> [S, outputs]
  at::Tensor forward(at::Tensor x, const at::Tensor& row_ids, ForwardContext& context) const;
};

}  // namespace mtlora
