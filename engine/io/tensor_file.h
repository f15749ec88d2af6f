// One file of named tensors, of either kind.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "io/tensor_entry.h"

namespace mtlora {

// NAME.safetensors, or what torch.save wrote (.bin, .pt, .pth). Values are not read. Throws as SafetensorsFile and
// TorchFile, and Error(BadInput) with the hint which file to use for other kinds of weights (GGUF, TensorFlow, Flax,
// ONNX, Rust).
class TensorFile {
 public:
  explicit TensorFile(const Path& path);
  const std::map<std::string, TensorEntry>& tensors() const { return tensors_; }
  bool contains(const std::string& name) const { return tensors_.count(name) > 0; }
  const TensorEntry& at(const std::string& name) const;  // throws Error(BadInput) naming file and tensor
  const std::shared_ptr<const MappedFile>& file() const { return file_; }
  const Path& path() const { return file_->path(); }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, TensorEntry> tensors_;
};

// The files that hold the weights of a model folder (or, given a path to a file, that file).
struct WeightFiles {
  Path index;                             // model.safetensors.index.json or pytorch_model.bin.index.json; else empty
  std::vector<Path> files;                // each once
  std::map<std::string, size_t> file_of;  // tensor -> index into `files`, as the index says; empty without an index
  const Path& path() const { return index.empty() ? files.front() : index; }  // the one to name in messages
};

// In this order: model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json.
// Opens no weights. Throws Error(File) where there are none, with the hint which file to use, or where a file that the
// index names is missing; Error(BadInput) for a broken index, or one that names a file outside the folder.
WeightFiles find_weight_files(const Path& folder);

// Throws Error(BadInput) where the file is only Git LFS's note of where the real one is.
void refuse_lfs_pointer(const MappedFile& file);

}  // namespace mtlora
