// GGUF, the file form of llama.cpp: written only.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/files.h"

namespace mtlora {

using GgufValue = std::variant<uint32_t, int32_t, uint64_t, int64_t, float, double, bool, std::string>;

struct GgufTensor {
  std::string name;
  std::string dtype;           // "F32", "F16"
  std::vector<int64_t> shape;  // row-major, as elsewhere; the file names the dimensions the other way round
  const void* data;
};

// Writes version 3, little-endian, tensors aligned to 32 bytes, in the given order; beside, synced, renamed. Equal
// input gives equal bytes. Throws Error(File); Error(BadInput) naming file and key or tensor for a dtype other than F32
// and F16, more than 4 dimensions, a name that is empty, twice or over 63 bytes (ggml's limit), or text that is not
// UTF-8. The format: github.com/ggml-org/ggml, docs/gguf.md.
void write_gguf(const Path& path, const std::vector<std::pair<std::string, GgufValue>>& values,
                const std::vector<GgufTensor>& tensors);

}  // namespace mtlora
