// What reading and writing safetensors share.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "io/tensor_entry.h"

namespace mtlora::safetensors_format {

constexpr uint64_t max_header_bytes = 100'000'000;  // the format's own limit
constexpr const char* metadata_key = "__metadata__";

inline std::string shown(const Path& path) { return "'" + path.string() + "'"; }

inline std::string shown(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

inline Error tensor_error(const Path& path, const std::string& name, const std::string& what, const char* hint = "") {
  return bad_input(shown(path) + ": tensor " + mtlora::shown(name) + " " + what, hint);
}

// Bytes of a tensor. Throws where the dtype is unknown, a dimension is negative or the product does not fit 64 bits.
inline uint64_t checked_bytes(const Path& path, const std::string& name, const std::string& dtype,
                              const std::vector<int64_t>& shape) {
  uint64_t bytes = size_of_dtype(dtype);
  if (bytes == 0) throw tensor_error(path, name, "has the unknown dtype " + mtlora::shown(dtype));
  for (const int64_t n : shape) {
    if (n < 0) throw tensor_error(path, name, "has a negative dimension in its shape " + shown(shape));
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(n), &bytes)) {
      throw tensor_error(path, name, "has the shape " + shown(shape) + ", which is too large to address");
    }
  }
  return bytes;
}

}  // namespace mtlora::safetensors_format
