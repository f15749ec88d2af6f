// What a model made of the words it saw last. Text repeats its words so much that most are found here.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <vector>

namespace mtlora {

// Each thread has one table (1 MiB, made at its first word) of the model that it used last, so no thread waits for
// another. Long words and words of many tokens are not kept.
class WordCache {
 public:
  class Entry {
   public:
    // Appends the ids and returns true where this is the entry of `word`.
    bool append(std::string_view word, std::vector<int32_t>& ids) const {
      if (length_ != word.size() || std::memcmp(bytes_.data(), word.data(), word.size()) != 0) return false;
      ids.insert(ids.end(), ids_.begin(), ids_.begin() + count_);
      return true;
    }
    void keep(std::string_view word, std::span<const int32_t> ids) {
      if (ids.size() > ids_.size()) return;
      length_ = static_cast<uint8_t>(word.size());
      count_ = static_cast<uint8_t>(ids.size());
      std::memcpy(bytes_.data(), word.data(), word.size());
      std::memcpy(ids_.data(), ids.data(), ids.size_bytes());
    }

   private:
    friend class WordCache;
    uint8_t length_, count_;  // length 0: free
    std::array<char, 30> bytes_;
    std::array<int32_t, 8> ids_;
  };
  static_assert(sizeof(Entry) == 64);  // one cache line

  // Where `word` is or would be kept; nullptr for a word that is too long.
  Entry* entry(std::string_view word) const {
    if (word.size() > sizeof(Entry::bytes_)) return nullptr;
    thread_local Table table;
    if (table.owner != serial_) table.reset(serial_);
    return &table.entries[hash(word) >> (64 - table_bits)];
  }

 private:
  static constexpr int table_bits = 14;

  struct Table {
    struct Free {
      void operator()(Entry* entries) const { std::free(entries); }
    };
    uint64_t owner = 0;
    std::unique_ptr<Entry[], Free> entries;
    void reset(uint64_t new_owner) {
      // calloc: pages that are never used are never touched.
      entries.reset(static_cast<Entry*>(std::calloc(size_t{1} << table_bits, sizeof(Entry))));
      if (!entries) throw std::bad_alloc();
      owner = new_owner;
    }
  };

  static uint64_t load(const char* bytes, size_t count) {
    uint64_t value = 0;
    std::memcpy(&value, bytes, count);
    return value;
  }
  // Multiplication spreads each 8 bytes upwards; the table takes the top bits.
  static uint64_t hash(std::string_view word) {
    constexpr uint64_t multiplier = 0x9E3779B97F4A7C15ULL;  // 2^64 / golden ratio
    const auto mix = [](uint64_t state, uint64_t value) {
      state = (state ^ value) * multiplier;
      return state ^ state >> 32;
    };
    uint64_t state = word.size();
    while (word.size() >= 8) {
      state = mix(state, load(word.data(), 8));
      word.remove_prefix(8);
    }
    if (word.size() >= 4) {
      state = mix(state, load(word.data(), 4) << 32 | load(word.data() + word.size() - 4, 4));
    } else if (!word.empty()) {
      const auto byte = [&](size_t i) { return uint64_t{static_cast<unsigned char>(word[i])}; };
      state = mix(state, byte(0) << 16 | byte(word.size() / 2) << 8 | byte(word.size() - 1));
    }
    return state * multiplier;
  }

  static inline std::atomic<uint64_t> models_ = 0;
  uint64_t serial_ = ++models_;  // of the model
};

}  // namespace mtlora
