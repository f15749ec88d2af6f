// Reads the parameters of one model by name, checks their shapes and registers them with their roles. Weights are
// mapped: a large model opens at once, and a weight is read when it is first used.
#pragma once

#include <string>

#include "model/model.h"

namespace mtlora {

struct LinearOptions {
  bool bias = true;
  bool transposed = false;  // the file has [in, out] (GPT-2's Conv1D)
  int64_t layer = -1;       // −1: outside the layers
  std::vector<LinearPart> parts = {};
};

class ParameterLoader {
 public:
  // The arguments must outlive the loader.
  ParameterLoader(const ModelConfig& config, const LoadOptions& options, std::unique_ptr<const Weights> weights);

  const ModelConfig& config() const { return config_; }
  const LoadOptions& options() const { return options_; }
  const std::shared_ptr<Parameters>& parameters() const { return parameters_; }
  // Whether the checkpoint has NAME.weight.
  bool has(const std::string& module) const { return parameters_->weights->contains(module + ".weight"); }

  // NAME.weight [out, in] and NAME.bias [out], an adaptable layer. Mapped, read when it is first used.
  const Linear* linear(const std::string& name, int64_t in, int64_t out, const LinearOptions& options = {}) const;
  // A product that no adapter goes onto (lm_head, or the embedding where the two are tied), with a `weight` [out, in]
  // that embedding() gave.
  std::shared_ptr<const FrozenLinear> output(const std::string& name, const at::Tensor& weight) const;
  // A frozen parameter that is no adaptable layer's: of an embedding or lm_head as in the file, else in fp32.
  const at::Tensor* tensor(const std::string& name, at::IntArrayRef shape) const;
  const at::Tensor* embedding(const std::string& name, int64_t rows, int64_t columns) const;
  // A parameter of the head that is always trained: the checkpoint's where it has that name and shape, else new:
  // normal(0, std) from the seed and its name, or `fill` where std is 0. `module`: as modules_to_save names it.
  const at::Tensor* head(const std::string& name, at::IntArrayRef shape, double std, double fill,
                         const std::string& module) const;

 private:
  FrozenOptions frozen_options(const std::string& name, const at::Tensor& weight) const;
  at::Tensor placed(const at::Tensor& weight) const;  // on the device, in the dtype that is kept

  const ModelConfig& config_;
  const LoadOptions& options_;
  std::shared_ptr<Parameters> parameters_;
};

}  // namespace mtlora
