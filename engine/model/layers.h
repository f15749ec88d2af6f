// Pieces that the families share.
#pragma once

#include <string>

#include "model/model.h"

namespace mtlora {

// A layer normalisation's parameters, [hidden] each.
struct LayerNorm {
  at::Tensor weight, bias;
  double eps = 1e-12;

  // LayerNorm(dropout(x) + residual); residual may be undefined. [N, hidden]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& residual, const Dropout& drop) const;
};

// Reads and checks the parameters of one model.
class ParameterLoader {
 public:
  ParameterLoader(const Weights& weights, const LoadOptions& options) : weights_(weights), options_(options) {}

  at::Tensor tensor(const std::string& name, at::IntArrayRef shape) const;
  // NAME.weight [out, in] and NAME.bias [out], packed for its products. Refuses values that are not finite.
  Linear linear(const LinearInfo& info) const;
  LayerNorm layer_norm(const std::string& name, int64_t size, double eps) const;
  // A new parameter, normal(0, std) from the seed and its name.
  at::Tensor normal(const std::string& name, at::IntArrayRef shape, double std) const;
  at::Tensor zeros(at::IntArrayRef shape) const;

 private:
  const Weights& weights_;
  const LoadOptions& options_;
};

}  // namespace mtlora
