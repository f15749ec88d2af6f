// The weights of a model folder as tensors that point into the mapped file.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "io/safetensors.h"

namespace mtlora {

class Weights {
 public:
  // `folder` holds model.safetensors.
  explicit Weights(const Path& folder);

  bool contains(const std::string& name) const { return !find(name).empty(); }
  std::vector<int64_t> shape(const std::string& name) const;  // throws as `get`

  // The tensor `name`, as transformers' full model calls it ("bert.encoder..."); a checkpoint of the bare encoder,
  // which lacks the first part, and one with the older LayerNorm names (gamma, beta) are read too. In fp32 no byte is
  // copied; other floating dtypes are converted. Throws Error(BadInput) naming file and tensor where it is missing, not
  // a floating tensor, or of another shape than `shape`.
  at::Tensor get(const std::string& name, at::IntArrayRef shape) const;

  // The same in the file's dtype: no byte is copied or read.
  at::Tensor raw(const std::string& name, at::IntArrayRef shape) const;

  // Tells the system that the pages of a tensor from `get` need not stay in memory.
  void release(const at::Tensor& tensor) const;

  // "model.safetensors, tensor 'x'" of the first floating tensor with a value that is not finite, or "". Reads
  // everything.
  std::string first_not_finite() const;

  const Path& path() const { return file_.file()->path(); }

 private:
  std::string find(const std::string& name) const;  // its name in the file, or ""
  SafetensorsFile file_;
};

// "[77, 384]"
std::string shape_text(at::IntArrayRef shape);

// A tensor over bytes that live as long as `owner`. Throws Error(BadInput) for a dtype that is not floating.
at::Tensor tensor_of(const TensorEntry& entry, std::shared_ptr<const void> owner, const std::string& what);

}  // namespace mtlora
