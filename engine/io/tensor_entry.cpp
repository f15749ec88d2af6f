#include "io/tensor_entry.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mtlora {

namespace {

constexpr std::array<std::pair<const char*, size_t>, 18> kDtypes{{{"BOOL", 1},
                                                                  {"U8", 1},
                                                                  {"I8", 1},
                                                                  {"F8_E4M3", 1},
                                                                  {"F8_E5M2", 1},
                                                                  {"F8_E8M0", 1},
                                                                  {"F8_E4M3FNUZ", 1},
                                                                  {"F8_E5M2FNUZ", 1},
                                                                  {"U16", 2},
                                                                  {"I16", 2},
                                                                  {"F16", 2},
                                                                  {"BF16", 2},
                                                                  {"U32", 4},
                                                                  {"I32", 4},
                                                                  {"F32", 4},
                                                                  {"U64", 8},
                                                                  {"I64", 8},
                                                                  {"F64", 8}}};

}  // namespace

size_t size_of_dtype(const std::string& dtype) {
  for (const auto& [name, bytes] : kDtypes) {
    if (dtype == name) return bytes;
  }
  return 0;
}

std::string shown(const std::string& name) {
  size_t length = std::min<size_t>(name.size(), 200);
  while (length < name.size() && length > 0 && (name[length] & 0xC0) == 0x80) --length;  // whole characters of UTF-8
  std::string text = name.substr(0, length);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return "'" + text + (length < name.size() ? "…'" : "'");
}

}  // namespace mtlora
