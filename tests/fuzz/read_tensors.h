// Bodies of the fuzz targets for files of tensors: the file is an Error, or its tensors lie inside it.
#pragma once

#include <cstdlib>

#include "base/error.h"
#include "fuzz/fuzz_folder.h"
#include "io/safetensors.h"
#include "io/torch_file.h"

namespace mtlora {

// Every element from the lowest to the highest lies in the mapped file.
inline void check_inside(const MappedFile& file, const TensorEntry& entry) {
  const size_t element = size_of_dtype(entry.dtype);
  if (element == 0) std::abort();
  size_t span = entry.bytes;
  if (!entry.strides.empty()) {
    size_t last = 0;
    for (size_t i = 0; i < entry.shape.size(); ++i) {
      last += static_cast<size_t>(entry.shape[i] - 1) * static_cast<size_t>(entry.strides[i]);
    }
    span = (last + 1) * element;
  }
  const auto* first = static_cast<const std::byte*>(entry.data);
  const std::byte* begin = file.bytes().data();
  const std::byte* end = begin + file.bytes().size();
  if (span > 0 && (first < begin || first > end || span > static_cast<size_t>(end - first))) std::abort();
}

inline void read_safetensors(const uint8_t* data, size_t size) {
  static const FuzzFolder folder("safetensors");
  try {
    const SafetensorsFile file(folder.write("model.safetensors", data, size));
    for (const auto& [name, entry] : file.tensors()) check_inside(*file.file(), entry);
  } catch (const Error&) {
  }
}

inline void read_torch_file(const uint8_t* data, size_t size) {
  static const FuzzFolder folder("torch");
  try {
    const TorchFile file(folder.write("pytorch_model.bin", data, size));
    for (const auto& [name, entry] : file.tensors()) check_inside(*file.file(), entry);
  } catch (const Error&) {
  }
}

}  // namespace mtlora
