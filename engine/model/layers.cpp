#include "model/layers.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "ops/norm.h"

namespace mtlora {

at::Tensor LayerNorm::forward(const at::Tensor& x, const at::Tensor& residual, const Dropout& drop) const {
  return dropout_add_layer_norm(x, residual, weight, bias, eps, drop);
}

at::Tensor ParameterLoader::tensor(const std::string& name, at::IntArrayRef shape) const {
  return weights_.get(name, shape).to(options_.device);
}

Linear ParameterLoader::linear(const LinearInfo& info) const {
  const std::string name = info.name + ".weight";
  at::Tensor weight = weights_.get(name, {info.out_features, info.in_features});
  Linear linear;
  linear.info = info;
  linear.bias = tensor(info.name + ".bias", {info.out_features});
  // The norm is finite only where every value is, and takes one pass over a weight that packing reads anyway.
  linear.weight_fro = at::linalg_vector_norm(weight, 2, std::nullopt, false, at::kDouble).item<double>();
  if (!std::isfinite(linear.weight_fro) || !at::isfinite(linear.bias).all().item<bool>()) {
    throw bad_input(
        "'" + weights_.path().string() + "', tensor '" + name + "': expected finite values, found NaN or infinity",
        "The file is damaged; get it again.");
  }
  const bool half = options_.dtype == "bfloat16";
  const at::Tensor placed = weight.to(options_.device, half ? at::kBFloat16 : at::kFloat);
  const Weights* weights = &weights_;
  linear.frozen = make_frozen_linear(placed, linear.bias, [weights, weight] { weights->release(weight); });
  return linear;
}

LayerNorm ParameterLoader::layer_norm(const std::string& name, int64_t size, double eps) const {
  return {tensor(name + ".weight", {size}), tensor(name + ".bias", {size}), eps};
}

at::Tensor ParameterLoader::normal(const std::string& name, at::IntArrayRef shape, double std) const {
  RandomStream random(options_.seed, purpose_of(name));
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(std * random.normal());
  return tensor.to(options_.device);
}

at::Tensor ParameterLoader::zeros(at::IntArrayRef shape) const {
  return at::zeros(shape, at::dtype(at::kFloat).device(options_.device));
}

}  // namespace mtlora
