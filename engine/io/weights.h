// The weights of a model folder as tensors that point into the mapped files.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/tensor_file.h"

namespace mtlora {

class Weights {
 public:
  // `folder` holds model.safetensors or pytorch_model.bin, whole or in shards with an index; or it is such a file. Maps
  // the files and reads their headers, no value. Throws as find_weight_files and TensorFile, and Error(BadInput) where
  // a tensor is not in the shard that the index names.
  explicit Weights(const Path& folder);

  // The name in the files of the tensor that transformers' full model calls `name` ("bert.encoder..."), or "". A
  // checkpoint of the bare encoder or decoder, which lacks the first part, and one with the older LayerNorm names
  // (gamma, beta) are read too.
  std::string find(const std::string& name) const;
  bool contains(const std::string& name) const { return !find(name).empty(); }
  std::vector<std::string> names() const;  // in the files, sorted

  // Of a tensor by such a name; throw Error(BadInput) where it is missing.
  const std::vector<int64_t>& shape(const std::string& name) const { return entry(name).shape; }
  const std::string& dtype(const std::string& name) const { return entry(name).dtype; }  // "F32", "BF16", "I64", ...

  // The tensor in the files' dtype (F64, F32, F16, BF16): no byte is copied, but for one that is not aligned to its
  // elements (older files). It may be strided. Throws Error(BadInput) naming file and tensor where it is missing, not a
  // floating tensor, or of another shape than `shape`; Error(File) where a file was cut short.
  at::Tensor raw(const std::string& name, at::IntArrayRef shape) const;
  // The same in fp32, one row after another; copied only where that changes it. A copy is of the whole file, or throws.
  at::Tensor get(const std::string& name, at::IntArrayRef shape) const;

  // Gives the bytes of a tensor of any dtype, in that dtype, one row after another, in one call of `write` or several,
  // and then lets its pages go. Of a whole file, or throws.
  void write_bytes(const std::string& name, const std::function<void(const void* data, size_t bytes)>& write) const;

  // Tells the system that the pages of a tensor from `raw` or `get`, of which every value has been used, need not stay
  // in memory. Throws as `check`.
  void release(const at::Tensor& tensor) const;

  // "'model.safetensors', tensor 'x'" of the first floating tensor with a value that is not finite, or "". Reads
  // everything.
  std::string first_not_finite() const;

  // Throws Error(File) where one of the files was cut short since it was opened: what was read of it may be zeros.
  // Asked after the use of mapped values. Any thread.
  void check() const;

  uint64_t bytes_on_disk() const;
  const Path& path() const { return path_; }  // of the file, or of the index of the shards

 private:
  struct Stored {
    TensorEntry entry;
    std::shared_ptr<const MappedFile> file;
  };
  const Stored& stored(const std::string& name) const;
  const TensorEntry& entry(const std::string& name) const { return stored(name).entry; }

  Path path_;
  std::vector<std::shared_ptr<const MappedFile>> files_;
  std::map<std::string, Stored> tensors_;
};

// "[77, 384]"
std::string shape_text(at::IntArrayRef shape);

// A tensor over bytes that live as long as `owner`; a copy where the bytes are not aligned to the elements. Throws
// Error(BadInput) for a dtype that is not floating.
at::Tensor tensor_of(const TensorEntry& entry, std::shared_ptr<const void> owner, const std::string& what);

}  // namespace mtlora
