// The merges of a byte-pair encoding: two adjacent tokens to the one that they become, in a flat hash table.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace mtlora {

struct Merge {
  static constexpr uint32_t none = UINT32_MAX;
  uint32_t rank = none;  // place in the file; lower ones are done first
  int32_t id = -1;       // of the token made
};

class MergeTable {
 public:
  explicit MergeTable(size_t count) : shift_(64 - std::countr_zero(std::bit_ceil(2 * count + 2))) {
    slots_.resize(std::bit_ceil(2 * count + 2));
  }

  // A pair that is there already gets the new merge. Not more than `count` pairs.
  void add(int32_t left, int32_t right, Merge merge) {
    Slot& slot = slots_[slot_of(key(left, right))];
    slot.key = key(left, right);
    slot.merge = merge;
  }

  Merge find(int32_t left, int32_t right) const { return slots_[slot_of(key(left, right))].merge; }

 private:
  struct Slot {
    uint64_t key = UINT64_MAX;  // free: no pair of ids has this key
    Merge merge;
  };
  static uint64_t key(int32_t left, int32_t right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }
  size_t slot_of(uint64_t key) const {  // the pair's or a free one
    size_t at = (key ^ key >> 29) * 0x9E3779B97F4A7C15ULL >> shift_;
    while (slots_[at].key != key && slots_[at].key != UINT64_MAX) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  int shift_;
  std::vector<Slot> slots_;
};

}  // namespace mtlora
