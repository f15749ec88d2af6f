// Reads bytes of a file from front to back, and never past the end.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace mtlora {

class ByteReader {
 public:
  // `path` is for messages.
  ByteReader(std::span<const std::byte> bytes, const Path& path, size_t position = 0)
      : bytes_(bytes), path_(path), position_(position) {}

  const Path& path() const { return path_; }
  size_t position() const { return position_; }
  size_t left() const { return position_ <= bytes_.size() ? bytes_.size() - position_ : 0; }

  // The next `count` bytes. Throws Error(BadInput) where fewer are left, as all below.
  std::span<const std::byte> take(uint64_t count) {
    if (count > left()) {
      throw bad_input(quoted(path_) + " ends early: at byte " + std::to_string(position_) + " it should go on for " +
                          std::to_string(count) + " bytes, but " + std::to_string(left()) + " are left (truncated)",
                      "Download or copy the file again.");
    }
    const auto taken = bytes_.subspan(position_, static_cast<size_t>(count));
    position_ += static_cast<size_t>(count);
    return taken;
  }
  std::string_view text(uint64_t count) {
    const auto taken = take(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  // Little-endian.
  template <std::unsigned_integral T>
  T number() {
    T value = 0;
    size_t shift = 0;
    for (const std::byte byte : take(sizeof(T))) {
      value = static_cast<T>(value | static_cast<T>(std::to_integer<uint64_t>(byte) << shift));
      shift += 8;
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  const Path& path_;
  size_t position_;
};

}  // namespace mtlora
