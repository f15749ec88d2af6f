#include "model/layers.h"

#include <ATen/ATen.h>

#include "base/error.h"
#include "ops/activation.h"
#include "ops/norm.h"

namespace mtlora {

LayerNorm LayerNorm::load(const ParameterLoader& load, const std::string& name, int64_t size, double eps,
                          bool has_bias) {
  return {load.tensor(name + ".weight", {size}), has_bias ? load.tensor(name + ".bias", {size}) : nullptr, eps};
}

at::Tensor LayerNorm::forward(const at::Tensor& x, const at::Tensor& residual, const Dropout& drop) const {
  return dropout_add_layer_norm(x, residual, *weight, bias ? *bias : at::Tensor(), eps, drop);
}

RmsNorm RmsNorm::load(const ParameterLoader& load, const std::string& name, int64_t size, double eps, bool adds_one) {
  return {load.tensor(name + ".weight", {size}), eps, adds_one};
}

at::Tensor RmsNorm::forward(const at::Tensor& x) const { return rms_norm(x, adds_one ? *weight + 1 : *weight, eps); }

at::Tensor embed(const at::Tensor& embedding, const at::Tensor& ids) {
  return embedding.index_select(0, ids).to(at::kFloat);
}

at::Tensor first_tokens(const PackedBatch& batch) {
  return batch.cu_seqlens.narrow(0, 0, batch.sequences()).to(batch.input_ids.device(), at::kLong);
}

at::Tensor last_tokens(const PackedBatch& batch) {
  return batch.cu_seqlens.narrow(0, 1, batch.sequences()).to(batch.input_ids.device(), at::kLong) - 1;
}

void check_heads(const ModelConfig& config, const std::string& key, int64_t hidden, int64_t heads) {
  if (hidden % heads == 0) return;
  throw bad_input("'" + config.path().string() + "', " + key + ": expected a divisor of the hidden size " +
                  std::to_string(hidden) + ", found " + std::to_string(heads));
}

at::Tensor HeadLinear::forward(const at::Tensor& x, const at::Tensor& row_ids, ForwardContext& context) const {
  return frozen ? frozen->forward(x, row_ids, context) : at::linear(x, *weight, bias ? *bias : at::Tensor());
}

HeadLinear load_head_linear(const ParameterLoader& load, const std::string& name, int64_t in, int64_t out,
                            const HeadLinearOptions& options) {
  HeadLinear linear;
  if (!options.always_trained && load.has(name)) {
    linear.frozen = load.linear(name, in, out, {options.bias});
    return linear;
  }
  const std::string module = options.module.empty() ? name : options.module;
  linear.weight = load.head(name + ".weight", {out, in}, options.std, 0, module);
  if (options.bias) linear.bias = load.head(name + ".bias", {out}, 0, 0, module);
  return linear;
}

at::Tensor ClassificationHead::forward(at::Tensor x, const at::Tensor& row_ids, ForwardContext& context) const {
  x = dropout(x, context.dropout(dropout_before, row_ids));
  if (dense.loaded()) x = mtlora::activation(dense.forward(x, row_ids, context), activation);
  if (norm_weight) x = at::layer_norm(x, {x.size(1)}, *norm_weight, norm_bias ? *norm_bias : at::Tensor(), norm_eps);
  x = dropout(x, context.dropout(dropout_after, row_ids));
  return out.forward(x, row_ids, context);
}

}  // namespace mtlora
