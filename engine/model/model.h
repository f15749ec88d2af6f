// What every transformer family offers: named linear layers that can carry an adapter, named parameters, and a forward
// pass over a packed batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/packed_batch.h"
#include "io/model_folder.h"
#include "io/weights.h"
#include "model/linear_info.h"
#include "ops/dropout.h"
#include "ops/linear.h"

namespace mtlora {

// What a forward pass needs beside its batch. Each place that drops units takes the next number, so the masks are a
// function of the step and the place.
struct ForwardContext {
  bool training = false;
  uint64_t step_key = 0;  // of the optimiser step
  uint64_t place = 0;

  Dropout dropout(double p, const at::Tensor& row_ids) {
    if (!training || p <= 0) return {};
    return {p, mix64(step_key ^ mix64(++place)), row_ids};
  }
};

struct Linear;

// Stands in for a frozen linear layer: an adapter beside it, or a trained copy in its place.
class LinearOverride {
 public:
  virtual ~LinearOverride() = default;
  // x [N, in] -> [N, out]; row_ids [N] of the rows of x.
  virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& row_ids, const Linear& linear,
                             ForwardContext& context) const = 0;
};

struct Linear {
  LinearInfo info;
  std::shared_ptr<const FrozenLinear> frozen;
  at::Tensor bias;        // [out], or undefined; also inside `frozen`
  double weight_fro = 0;  // ‖W0‖_F
  std::shared_ptr<LinearOverride> replacement;

  at::Tensor forward(const at::Tensor& x, const at::Tensor& row_ids, ForwardContext& context) const {
    return replacement ? replacement->forward(x, row_ids, *this, context) : frozen_linear(x, frozen);
  }
};

// A parameter that is no linear layer's (embeddings, norms), or one of the head.
struct NamedTensor {
  std::string name;
  at::Tensor* tensor;
};

struct LoadOptions {
  int64_t num_labels = 2;
  std::string dtype = "auto";  // of the frozen products: auto and float32 compute in fp32, bfloat16 in bf16
  uint64_t seed = 0;           // of the parameters that the checkpoint lacks
  at::Device device = at::kCPU;
};

// A model with a classification or regression head.
class Model {
 public:
  virtual ~Model() = default;

  // [S, num_labels]. In eval mode no unit is dropped.
  virtual at::Tensor logits(const PackedBatch& batch, ForwardContext& context) = 0;

  // In the order of the forward pass.
  virtual std::vector<Linear*> linears() = 0;
  // Embeddings and norms, frozen unless trained whole.
  virtual std::vector<NamedTensor> other_parameters() = 0;
  // The parameters that the checkpoint lacks ("classifier.weight"): always trained and saved.
  virtual std::vector<NamedTensor> head() = 0;

  virtual int64_t max_positions() const = 0;  // longest sequence, in tokens

  const Weights& weights() const { return weights_; }
  at::Device device() const { return device_; }

 protected:
  Model(Weights weights, at::Device device) : weights_(std::move(weights)), device_(device) {}
  Weights weights_;
  at::Device device_;
};

}  // namespace mtlora
