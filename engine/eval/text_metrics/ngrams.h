// Counts of n-grams. An n-gram is known by a number, exactly (no two share one), so that a count is a pair of integers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mtlora {

// Numbers the n-grams of sequences of tokens as the nodes of a trie: an n-gram is the one before its last token, and
// that token. 0 is the empty n-gram.
class NgramIndex {
 public:
  NgramIndex() : slots_(1 << 12) {}
  uint32_t extended(uint32_t ngram, uint32_t token);
  uint32_t parent(uint32_t ngram) const { return parents_[ngram]; }
  size_t size() const { return parents_.size(); }  // one more than the largest number

 private:
  struct Slot {
    uint64_t key = 0;     // the shorter n-gram in the upper half, the token in the lower
    uint32_t number = 0;  // 0: free
  };
  Slot& find(uint64_t key);
  void grow();

  std::vector<Slot> slots_;  // open addressing; a power of two, at most half full
  std::vector<uint32_t> parents_ = {0};
};

struct NgramCount {
  uint32_t ngram, count;
};
using NgramCounts = std::vector<NgramCount>;  // in the order of the numbers

// Of orders 1 ... max_order; result[n - 1] holds those of order n. Time: length · max_order · log(length).
std::vector<NgramCounts> count_ngrams(NgramIndex& index, std::span<const uint32_t> tokens, size_t max_order);

uint64_t total(const NgramCounts& counts);

// Of each n-gram the larger count.
NgramCounts larger_counts(const NgramCounts& a, const NgramCounts& b);

// Calls each(ngram, count in a, count in b) for those in both.
template <class Each>
void for_common(const NgramCounts& a, const NgramCounts& b, const Each& each) {
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (i->ngram == j->ngram) {
      each(i->ngram, i->count, j->count);
      ++i, ++j;
    } else if (i->ngram < j->ngram) {
      ++i;
    } else {
      ++j;
    }
  }
}

// How often n-grams of `a` are found in `b`, each at most as often as it is there.
uint64_t matches(const NgramCounts& a, const NgramCounts& b);

}  // namespace mtlora
