// What every transformer family offers: named linear layers that can carry an adapter, named parameters, and a forward
// pass over a packed batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/packed_batch.h"
#include "io/model_folder.h"
#include "io/weights.h"
#include "model/key_value_cache.h"
#include "model/linear_info.h"
#include "ops/dropout.h"
#include "ops/output_layer.h"

namespace mtlora {

// What a forward pass needs beside its batch. Each place that drops units takes the next number, so the masks are a
// function of the step and the place.
struct ForwardContext {
  bool training = false;
  uint64_t step_key = 0;  // of the optimiser step
  uint64_t place = 0;
  // Decoding: the batch holds the next tokens of the sequences whose keys and values stand here, and joins them.
  KeyValueCache* cache = nullptr;
  bool gradient_checkpointing = false;

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
  at::Tensor bias;  // [out], or undefined; also inside `frozen`
  std::shared_ptr<LinearOverride> replacement;

  at::Tensor forward(const at::Tensor& x, const at::Tensor& row_ids, ForwardContext& context) const {
    return replacement ? replacement->forward(x, row_ids, *this, context) : frozen_linear(x, frozen);
  }
};

// A parameter that is no adaptable layer's.
struct NamedTensor {
  std::string name;  // as transformers' model calls it
  at::Tensor tensor;
  std::string module;  // as PEFT's modules_to_save names the part it is saved with
};

// Everything that a model computes with, by name; the parts of the model point into it.
struct Parameters {
  std::unique_ptr<const Weights> weights;
  std::deque<Linear> linears;      // that can carry an adapter, in the order of the forward pass
  std::deque<NamedTensor> others;  // embeddings, norms, an untied lm_head: frozen unless trained whole
  std::deque<NamedTensor> head;    // those of the head that are always trained and saved
};

enum class ModelTask { Classification, CausalLm };  // classification includes regression (one output)

struct LoadOptions {
  ModelTask task = ModelTask::Classification;
  int64_t num_labels = 2;
  // Of the frozen weights in memory: auto keeps the file's (mapped where it is half precision), else converted.
  std::string dtype = "auto";
  bool bf16 = false;  // products with frozen weights in bfloat16
  uint64_t seed = 0;  // of the parameters that the checkpoint lacks
  at::Device device = at::kCPU;
};

// Rows of the last layer: all, the last token of each sequence, or batch.target_rows.
enum class HiddenRows { All, LastTokens, Targets };

class Model {
 public:
  virtual ~Model() = default;

  // Classification: [S, num_labels]. Causal language model: [N, vocabulary], row n of the token after token n.
  // In eval mode no unit is dropped.
  virtual at::Tensor logits(const PackedBatch& batch, ForwardContext& context) = 0;

  // Of decoders: what the head reads, of those rows and computed for no others: [rows, hidden]; and the language
  // model's output layer. Throws Error(Internal) for an encoder.
  virtual at::Tensor hidden(const PackedBatch& batch, HiddenRows which, ForwardContext& context);
  virtual const OutputLayer& output_layer() const;

  virtual int64_t max_positions() const = 0;  // longest sequence, in tokens

  int64_t layer_count() const;
  std::deque<Linear>& linears() { return parameters_->linears; }
  std::deque<NamedTensor>& other_parameters() { return parameters_->others; }
  std::deque<NamedTensor>& head() { return parameters_->head; }
  const Parameters& parameters() const { return *parameters_; }
  const Weights& weights() const { return *parameters_->weights; }
  at::Device device() const { return device_; }

 protected:
  explicit Model(const class ParameterLoader& load);
  std::shared_ptr<Parameters> parameters_;
  at::Device device_;
};

}  // namespace mtlora
