// Random numbers with a state that can be written down: a run resumes with the same numbers on any machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace mtlora {

// Mixes 64 bits so that neighbouring inputs give unrelated outputs (the finaliser of SplitMix64, Steele et al. 2014).
constexpr uint64_t mix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// A stream of random numbers: value k is a function of (seed, purpose, k) alone, so its whole state is the counter.
class RandomStream {
 public:
  // Different purposes under one seed give independent streams.
  RandomStream(uint64_t seed, uint64_t purpose) : key_(mix64(mix64(seed) ^ mix64(~purpose))) {}

  uint64_t next() { return mix64(key_ + mix64(counter_++)); }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // in [0, 1)
  double normal();                                                          // mean 0, standard deviation 1
  uint64_t below(uint64_t n);                                               // in 0 .. n−1, without bias

  uint64_t counter() const { return counter_; }
  void set_counter(uint64_t counter) { counter_ = counter; }

 private:
  uint64_t key_;
  uint64_t counter_ = 0;
};

// The purpose of a stream that belongs to a name (FNV-1a).
constexpr uint64_t purpose_of(std::string_view name) {
  uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

// Fisher–Yates.
template <typename T>
void shuffle(std::vector<T>& values, RandomStream& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

}  // namespace mtlora
