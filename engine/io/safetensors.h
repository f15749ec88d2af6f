// safetensors: named tensors in one file, mapped when read, written beside and renamed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "io/tensor_entry.h"

namespace mtlora {

// Checks the header before anything is used: size, JSON, names, dtypes, offsets inside the file, no overlap, no hole,
// bytes = product of shape × size of dtype. Values are not read. Throws Error(File) where the file can't be read and
// Error(BadInput) where its contents are wrong; both name the file, and the tensor where one is at fault.
// The format: huggingface.co/docs/safetensors, "Format".
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const Path& path);
  const std::map<std::string, TensorEntry>& tensors() const { return tensors_; }
  bool contains(const std::string& name) const { return tensors_.count(name) > 0; }
  const TensorEntry& at(const std::string& name) const;  // throws Error(BadInput) naming file and tensor
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::shared_ptr<const MappedFile>& file() const { return file_; }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, TensorEntry> tensors_;
  std::map<std::string, std::string> metadata_;
};

struct TensorToWrite {
  std::string dtype;
  std::vector<int64_t> shape;
  const void* data;  // row-major; may be null where the shape holds a 0
};

// Writes beside, syncs (unless told not to: FileWriter::commit), renames. The data begin at a multiple of 8 bytes;
// tensors follow by falling size of dtype, then by name, so that each is aligned to its elements without a hole. Equal
// input gives equal bytes. Throws Error(File), and Error(BadInput) naming file and tensor for an unknown dtype, a
// negative shape or a name or metadata that is not UTF-8.
void write_safetensors(const Path& path, const std::map<std::string, TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata = {}, bool sync = true);

struct TensorPlan {
  std::string name, dtype;
  std::vector<int64_t> shape;
};
// Gives the bytes of tensor `index` (row-major), in one call of `write` or several.
using WriteBytes = std::function<void(const void* data, size_t bytes)>;
using ProduceTensor = std::function<void(size_t index, const WriteBytes& write)>;

// Writes a model's tensors one at a time, so that no more than one need be in memory: model.safetensors, or, where they
// take more than `max_shard_bytes`, model-00001-of-0000N.safetensors with model.safetensors.index.json, filled in the
// order of `tensors` as transformers' save_pretrained fills them (a tensor over the limit has a file to itself).
// Each file is written beside, synced and renamed, the index last; the folder must exist. Returns the names of the
// files. Throws as write_safetensors, and where a name is twice or `produce` gives another number of bytes than
// planned.
std::vector<std::string> write_model_safetensors(const Path& folder, const std::vector<TensorPlan>& tensors,
                                                 const ProduceTensor& produce,
                                                 const std::map<std::string, std::string>& metadata = {},
                                                 uint64_t max_shard_bytes = 5'000'000'000);

}  // namespace mtlora
