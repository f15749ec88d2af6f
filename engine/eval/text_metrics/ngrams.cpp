#include "eval/text_metrics/ngrams.h"

#include <algorithm>
#include <utility>

namespace mtlora {

NgramIndex::Slot& NgramIndex::find(uint64_t key) {
  uint64_t hash = (key ^ (key >> 32)) * 0x9e3779b97f4a7c15ULL;  // Fibonacci hashing; the upper bits are the good ones
  hash ^= hash >> 29;
  for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at].number == 0 || slots_[at].key == key) return slots_[at];
  }
}

void NgramIndex::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& slot : old) {
    if (slot.number != 0) find(slot.key) = slot;
  }
}

uint32_t NgramIndex::extended(uint32_t ngram, uint32_t token) {
  const uint64_t key = (uint64_t{ngram} << 32) | token;
  Slot& slot = find(key);
  if (slot.number != 0) return slot.number;
  const auto number = static_cast<uint32_t>(parents_.size());
  slot = {key, number};
  parents_.push_back(ngram);
  if (parents_.size() * 2 > slots_.size()) grow();
  return number;
}

std::vector<NgramCounts> count_ngrams(NgramIndex& index, std::span<const uint32_t> tokens, size_t max_order) {
  std::vector<NgramCounts> counts(max_order);
  std::vector<uint32_t> ngrams(tokens.size(), 0), sorted;  // ngrams[i]: the one that begins at token i
  for (size_t n = 1; n <= max_order && n <= tokens.size(); ++n) {
    ngrams.resize(tokens.size() - n + 1);
    for (size_t i = 0; i < ngrams.size(); ++i) ngrams[i] = index.extended(ngrams[i], tokens[i + n - 1]);
    sorted = ngrams;
    std::ranges::sort(sorted);
    NgramCounts& of_order = counts[n - 1];
    for (const uint32_t ngram : sorted) {
      if (of_order.empty() || of_order.back().ngram != ngram) of_order.push_back({ngram, 0});
      ++of_order.back().count;
    }
  }
  return counts;
}

uint64_t total(const NgramCounts& counts) {
  uint64_t sum = 0;
  for (const NgramCount& count : counts) sum += count.count;
  return sum;
}

NgramCounts larger_counts(const NgramCounts& a, const NgramCounts& b) {
  NgramCounts merged;
  merged.reserve(std::max(a.size(), b.size()));
  auto i = a.begin(), j = b.begin();
  while (i != a.end() && j != b.end()) {
    if (i->ngram == j->ngram) {
      merged.push_back({i->ngram, std::max(i->count, j->count)});
      ++i, ++j;
    } else {
      merged.push_back(i->ngram < j->ngram ? *i++ : *j++);
    }
  }
  merged.insert(merged.end(), i, a.end());
  merged.insert(merged.end(), j, b.end());
  return merged;
}

uint64_t matches(const NgramCounts& a, const NgramCounts& b) {
  uint64_t sum = 0;
  for_common(a, b, [&sum](uint32_t, uint32_t in_a, uint32_t in_b) { sum += std::min(in_a, in_b); });
  return sum;
}

}  // namespace mtlora
