#include "io/gguf.h"

#include <bit>
#include <set>
#include <type_traits>

#include "base/error.h"
#include "io/safetensors_format.h"

namespace mtlora {

namespace {

constexpr uint32_t gguf_version = 3;
constexpr size_t alignment = 32, longest_tensor_name = 63, most_dimensions = 4;

static_assert(std::endian::native == std::endian::little, "GGUF is written as the machine holds its numbers");

// The number that stands before a value of that type.
template <typename T>
constexpr uint32_t type_number() {
  if constexpr (std::is_same_v<T, uint32_t>) return 4;
  if constexpr (std::is_same_v<T, int32_t>) return 5;
  if constexpr (std::is_same_v<T, float>) return 6;
  if constexpr (std::is_same_v<T, bool>) return 7;
  if constexpr (std::is_same_v<T, std::string>) return 8;
  if constexpr (std::is_same_v<T, uint64_t>) return 10;
  if constexpr (std::is_same_v<T, int64_t>) return 11;
  if constexpr (std::is_same_v<T, double>) return 12;
}

template <typename T>
void put(std::string& out, const T& value) {
  static_assert(std::is_arithmetic_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

void put(std::string& out, const std::string& text) {
  put(out, uint64_t{text.size()});
  out += text;
}

bool is_utf8(const std::string& text) {
  try {
    nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

uint64_t padded(uint64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

}  // namespace

void write_gguf(const Path& path, const std::vector<std::pair<std::string, GgufValue>>& values,
                const std::vector<GgufTensor>& tensors) {
  using safetensors_format::checked_bytes;
  using safetensors_format::tensor_error;
  std::string header = "GGUF";
  put(header, gguf_version);
  put(header, uint64_t{tensors.size()});
  put(header, uint64_t{values.size()});
  std::set<std::string> keys, names;
  for (const auto& [key, value] : values) {
    const std::string* text = std::get_if<std::string>(&value);
    if (key.empty() || !keys.insert(key).second || !is_utf8(key) || (text && !is_utf8(*text))) {
      throw bad_input("'" + path.string() + "': key " + shown(key) + " is empty, given twice, or not UTF-8");
    }
    put(header, key);
    std::visit(
        [&](const auto& v) {
          put(header, type_number<std::remove_cvref_t<decltype(v)>>());
          put(header, v);
        },
        value);
  }
  uint64_t offset = 0;
  std::vector<uint64_t> bytes;
  for (const GgufTensor& tensor : tensors) {
    const bool half = tensor.dtype == "F16";
    if (!half && tensor.dtype != "F32") throw tensor_error(path, tensor.name, "is neither F32 nor F16");
    if (tensor.name.empty() || tensor.name.size() > longest_tensor_name || !is_utf8(tensor.name) ||
        !names.insert(tensor.name).second) {
      throw tensor_error(path, tensor.name, "has a name that is empty, given twice, over 63 bytes or not UTF-8");
    }
    if (tensor.shape.empty() || tensor.shape.size() > most_dimensions) {
      throw tensor_error(path, tensor.name, "has " + std::to_string(tensor.shape.size()) + " dimensions, not 1 to 4");
    }
    bytes.push_back(checked_bytes(path, tensor.name, tensor.dtype, tensor.shape));
    put(header, tensor.name);
    put(header, static_cast<uint32_t>(tensor.shape.size()));
    for (size_t i = tensor.shape.size(); i-- > 0;) put(header, static_cast<uint64_t>(tensor.shape[i]));
    put(header, uint32_t{half ? 1u : 0u});
    put(header, offset);
    uint64_t end = 0;
    if (bytes.back() > UINT64_MAX - alignment || __builtin_add_overflow(offset, padded(bytes.back()), &end)) {
      throw tensor_error(path, tensor.name, "makes the file too large to address");
    }
    offset = end;
  }
  header.resize(padded(header.size()), '\0');

  FileWriter writer(path);
  writer.write(header.data(), header.size());
  const std::string zeros(alignment, '\0');
  for (size_t i = 0; i < tensors.size(); ++i) {
    writer.write(tensors[i].data, bytes[i]);
    writer.write(zeros.data(), padded(bytes[i]) - bytes[i]);
  }
  writer.commit();
}

}  // namespace mtlora
