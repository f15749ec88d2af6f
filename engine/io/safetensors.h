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
  const void* data = nullptr;  // into the mapped file
  size_t bytes = 0;
};

// Checks the header before anything is used: size, JSON, names, dtypes, offsets inside the file, no overlap, no hole,
// bytes = product of shape × size of dtype. Throws Error(File) or Error(BadInput) naming file and tensor.
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

// Row-major; tensors are written in the order of their names, each at a multiple of 8 bytes.
struct TensorToWrite {
  std::string dtype;
  std::vector<int64_t> shape;
  const void* data;
};
void write_safetensors(const Path& path, const std::map<std::string, TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace mtlora
