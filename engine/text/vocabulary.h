// Tokens and their ids: a hash table that is asked without making a string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mtlora {

class Vocabulary {
 public:
  static constexpr int64_t max_id = (1 << 24) - 1;

  // FNV-1a, 64 bits (Fowler, Noll, Vo): it grows byte by byte, so the hashes of all beginnings of a word cost one pass.
  static constexpr uint64_t empty_hash = 0xCBF29CE484222325ULL;
  static constexpr uint64_t extend_hash(uint64_t hash, char byte) {
    return (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3ULL;
  }
  static constexpr uint64_t extend_hash(uint64_t hash, std::string_view text) {
    for (const char byte : text) hash = extend_hash(hash, byte);
    return hash;
  }

  // `id` is 0 .. max_id. A token that is there already gets the new id.
  void add(std::string_view token, int32_t id);

  // −1 where the token is unknown.
  int32_t find(std::string_view token) const { return find(extend_hash(empty_hash, token), {}, token); }
  // The same for the token `head` + `tail`, whose hash is `hash`.
  int32_t find(uint64_t hash, std::string_view head, std::string_view tail) const;

  std::string_view text(int32_t id) const;  // "" for an unknown id
  int64_t size() const { return static_cast<int64_t>(entries_.size()); }
  size_t longest() const { return longest_; }  // token, in bytes

 private:
  struct Entry {
    uint32_t start, length;  // in bytes_
    int32_t id;
  };
  struct Slot {
    uint32_t tag;   // low half of the hash
    int32_t entry;  // −1: free
  };
  size_t slot_of(uint64_t hash, std::string_view head, std::string_view tail) const;  // the token's or a free one
  void grow();
  std::string_view text_of(const Entry& entry) const { return {bytes_.data() + entry.start, entry.length}; }

  std::string bytes_;
  std::vector<Entry> entries_;
  std::vector<Slot> slots_ = std::vector<Slot>(16, Slot{0, -1});  // a power of two, at most half full
  std::vector<int32_t> entry_of_id_;
  size_t longest_ = 0;
};

}  // namespace mtlora
