#include "model/parameter_loader.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.h"

namespace mtlora {

namespace {

at::ScalarType dtype_named(const std::string& name, at::ScalarType otherwise) {
  if (name == "float32") return at::kFloat;
  if (name == "bfloat16") return at::kBFloat16;
  if (name == "float16") return at::kHalf;
  return otherwise;
}

}  // namespace

Model::Model(const ParameterLoader& load) : parameters_(load.parameters()), device_(load.options().device) {}

int64_t Model::layer_count() const {
  int64_t count = 0;
  for (const Linear& linear : parameters_->linears) count = std::max(count, linear.info.layer + 1);
  return count;
}

ParameterLoader::ParameterLoader(const ModelConfig& config, const LoadOptions& options,
                                 std::unique_ptr<const Weights> weights)
    : config_(config), options_(options), parameters_(std::make_shared<Parameters>()) {
  parameters_->weights = std::move(weights);
}

at::Tensor ParameterLoader::placed(const at::Tensor& weight) const {
  return weight.to(options_.device, dtype_named(options_.dtype, weight.scalar_type()));
}

FrozenOptions ParameterLoader::frozen_options(const std::string& name, const at::Tensor& weight) const {
  FrozenOptions frozen;
  const Weights* weights = parameters_->weights.get();
  frozen.name = "'" + weights->path().string() + "', tensor '" + name + "'";
  frozen.bf16 = options_.bf16;
  // Half precision that the person did not ask to be converted stays as it is; a model of fp32 is packed anyway.
  frozen.packed = dtype_named(options_.dtype, weight.scalar_type()) == at::kFloat;
  frozen.packed_now = [weights, weight] { weights->release(weight); };
  return frozen;
}

const Linear* ParameterLoader::linear(const std::string& name, int64_t in, int64_t out,
                                      const LinearOptions& options) const {
  Linear& linear = parameters_->linears.emplace_back();
  linear.info = {name, in, out, options.layer, options.parts, options.transposed};
  const Weights& weights = *parameters_->weights;
  const at::Tensor weight =
      options.transposed ? weights.raw(name + ".weight", {in, out}).t() : weights.raw(name + ".weight", {out, in});
  if (options.bias) linear.bias = weights.get(name + ".bias", {out}).to(options_.device);
  linear.frozen = make_frozen_linear(placed(weight), linear.bias, frozen_options(name + ".weight", weight));
  return &linear;
}

std::shared_ptr<const FrozenLinear> ParameterLoader::output(const std::string& name, const at::Tensor& weight) const {
  const at::Tensor mapped = parameters_->weights->raw(name + ".weight", weight.sizes());
  return make_frozen_linear(weight, {}, frozen_options(name + ".weight", mapped));
}

const at::Tensor* ParameterLoader::tensor(const std::string& name, at::IntArrayRef shape) const {
  NamedTensor& parameter = parameters_->others.emplace_back();
  parameter.name = name;
  parameter.tensor = parameters_->weights->get(name, shape).to(options_.device);
  return &parameter.tensor;
}

const at::Tensor* ParameterLoader::embedding(const std::string& name, int64_t rows, int64_t columns) const {
  NamedTensor& parameter = parameters_->others.emplace_back();
  parameter.name = name;
  parameter.tensor = placed(parameters_->weights->raw(name, {rows, columns}));
  return &parameter.tensor;
}

const at::Tensor* ParameterLoader::head(const std::string& name, at::IntArrayRef shape, double std, double fill,
                                        const std::string& module) const {
  NamedTensor& parameter = parameters_->head.emplace_back();
  parameter.name = name;
  parameter.module = module;
  const Weights& weights = *parameters_->weights;
  // A checkpoint of another task may have a head already; one of another size is not this task's.
  if (weights.contains(name) && at::IntArrayRef(weights.shape(weights.find(name))) == shape) {
    parameter.tensor = weights.get(name, shape).to(options_.device);
    return &parameter.tensor;
  }
  at::Tensor tensor = at::full(shape, fill, at::kFloat);
  if (std > 0) {
    RandomStream random(options_.seed, purpose_of(name));
    float* values = tensor.mutable_data_ptr<float>();
    for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(std * random.normal());
  }
  parameter.tensor = tensor.to(options_.device);
  return &parameter.tensor;
}

}  // namespace mtlora
