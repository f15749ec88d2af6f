// safetensors: named tensors in one file, mapped when read, written beside and renamed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"

namespace mtlora {

struct TensorEntry {
  std::string dtype;  // "F32", "F64", "BF16", "F16", "I64", ...
  std::vector<int64_t> shape;
  const void* data = nullptr;  // into the mapped file; files of older writers may put it at any byte
  size_t bytes = 0;
};

// Bytes of one element of a safetensors dtype of whole bytes ("BF16" -> 2); 0 for any other name.
size_t size_of_dtype(const std::string& dtype);

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

}  // namespace mtlora
