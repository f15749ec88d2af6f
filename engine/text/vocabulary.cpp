#include "text/vocabulary.h"

#include <algorithm>

namespace mtlora {

size_t Vocabulary::slot_of(uint64_t hash, std::string_view head, std::string_view tail) const {
  const size_t mask = slots_.size() - 1;
  const auto tag = static_cast<uint32_t>(hash);
  for (size_t at = (hash ^ hash >> 32) & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.entry < 0) return at;
    if (slot.tag != tag) continue;
    const std::string_view token = text_of(entries_[static_cast<size_t>(slot.entry)]);
    if (token.size() == head.size() + tail.size() && token.starts_with(head) && token.ends_with(tail)) return at;
  }
}

int32_t Vocabulary::find(uint64_t hash, std::string_view head, std::string_view tail) const {
  const int32_t entry = slots_[slot_of(hash, head, tail)].entry;
  return entry < 0 ? -1 : entries_[static_cast<size_t>(entry)].id;
}

void Vocabulary::add(std::string_view token, int32_t id) {
  if (entries_.size() * 2 >= slots_.size()) grow();
  const uint64_t hash = extend_hash(empty_hash, token);
  Slot& slot = slots_[slot_of(hash, {}, token)];
  if (slot.entry < 0) {
    slot = {static_cast<uint32_t>(hash), static_cast<int32_t>(entries_.size())};
    entries_.push_back({static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(token.size()), id});
    bytes_ += token;
    longest_ = std::max(longest_, token.size());
  } else {
    entries_[static_cast<size_t>(slot.entry)].id = id;
  }
  if (entry_of_id_.size() <= static_cast<size_t>(id)) entry_of_id_.resize(static_cast<size_t>(id) + 1, -1);
  entry_of_id_[static_cast<size_t>(id)] = slot.entry;
}

void Vocabulary::grow() {
  slots_.assign(slots_.size() * 4, Slot{0, -1});
  for (size_t i = 0; i < entries_.size(); ++i) {
    const std::string_view token = text_of(entries_[i]);
    const uint64_t hash = extend_hash(empty_hash, token);
    slots_[slot_of(hash, {}, token)] = {static_cast<uint32_t>(hash), static_cast<int32_t>(i)};
  }
}

std::string_view Vocabulary::text(int32_t id) const {
  if (id < 0 || static_cast<size_t>(id) >= entry_of_id_.size()) return {};
  const int32_t entry = entry_of_id_[static_cast<size_t>(id)];
  return entry < 0 ? std::string_view{} : text_of(entries_[static_cast<size_t>(entry)]);
}

}  // namespace mtlora
