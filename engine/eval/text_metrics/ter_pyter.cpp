#include "eval/text_metrics/ter_pyter.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <unordered_map>

#include "eval/text_metrics/edit_shifts.h"
#include "eval/text_metrics/tokenize_nltk.h"
#include "eval/text_metrics/too_long.h"
#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

// The exact edit distance to one reference, 64 of its words at once: Hyyrö's bit-parallel form (2003) of Myers'
// algorithm (1999). A column of the table is kept as the differences of neighbouring cells, +1 or −1 or none.
class BitDistance {
 public:
  explicit BitDistance(const std::vector<int>& reference)
      : length_(static_cast<int>(reference.size())), blocks_((reference.size() + 63) / 64) {
    for (size_t i = 0; i < reference.size(); ++i) {
      std::vector<uint64_t>& mask = positions_.try_emplace(reference[i], blocks_).first->second;
      mask[i / 64] |= uint64_t{1} << (i % 64);
    }
    nowhere_.assign(blocks_, 0);
  }

  int operator()(const std::vector<int>& hypothesis) {
    rises_.assign(blocks_, ~uint64_t{0});
    falls_.assign(blocks_, 0);
    int distance = length_;
    const uint64_t last = uint64_t{1} << ((length_ - 1) % 64);
    for (const int word : hypothesis) {
      const auto found = positions_.find(word);
      const std::vector<uint64_t>& equal = found == positions_.end() ? nowhere_ : found->second;
      uint64_t rise_in = 1, fall_in = 0;  // the table's upper edge rises by one with each word of the hypothesis
      for (size_t b = 0; b < blocks_; ++b) {
        const uint64_t rises = rises_[b], falls = falls_[b], match = equal[b] | fall_in;
        const uint64_t diagonal = (((match & rises) + rises) ^ rises) | match | falls;
        uint64_t rise = falls | ~(diagonal | rises), fall = rises & diagonal;
        if (b + 1 == blocks_) distance += ((rise & last) != 0) - ((fall & last) != 0);
        const uint64_t rise_out = rise >> 63, fall_out = fall >> 63;
        rise = (rise << 1) | rise_in;
        fall = (fall << 1) | fall_in;
        rises_[b] = fall | ~((equal[b] | falls) | rise);
        falls_[b] = rise & (equal[b] | falls);
        rise_in = rise_out;
        fall_in = fall_out;
      }
    }
    return distance;
  }

 private:
  int length_;
  size_t blocks_;
  std::unordered_map<int, std::vector<uint64_t>> positions_;  // of each word in the reference, a bit each
  std::vector<uint64_t> nowhere_, rises_, falls_;
};

// Runs of equal words at different places of the two texts, as long as they go, longest first.
std::vector<BlockMove> common_runs(const std::vector<int>& hypothesis, const std::vector<int>& reference) {
  const size_t words = hypothesis.size(), reference_words = reference.size();
  std::vector<BlockMove> runs;
  std::vector<int> below(reference_words + 1, 0);  // length of the run that starts one word later in both
  for (size_t i = words; i-- > 0;) {
    for (size_t j = 0; j < reference_words; ++j) {
      below[j] = hypothesis[i] == reference[j] ? below[j + 1] + 1 : 0;
      if (below[j] && i != j) runs.push_back({static_cast<int>(i), below[j], static_cast<int>(j)});
    }
  }
  std::ranges::stable_sort(runs, std::greater{}, &BlockMove::length);
  return runs;
}

// The move that saves the most edits, of those the one with the greatest words; false where none saves any.
bool make_best_move(std::vector<int>& words, const std::vector<int>& reference, BitDistance& distance) {
  const int before = distance(words);
  int most = 0;
  std::vector<int> best;
  for (const BlockMove& run : common_runs(words, reference)) {
    // Moving a block is taking out its words and putting them in, so it saves at most twice its length.
    if (2 * run.length < std::max(most, 1)) break;
    std::vector<int> candidate = moved(words, run);
    const int saved = before - distance(candidate);
    if (saved > most || (saved == most && saved > 0 && candidate > best)) {
      most = saved;
      best = std::move(candidate);
    }
  }
  if (most > 0) words = std::move(best);
  return most > 0;
}

double rate(const std::vector<std::string_view>& hypothesis, const std::vector<std::string_view>& reference) {
  if (reference.empty()) return 1;
  NumberedWords words = number_words(hypothesis, reference);
  BitDistance distance(words.reference);
  int moves = 0;
  while (make_best_move(words.hypothesis, words.reference, distance)) ++moves;
  return static_cast<double>(moves + distance(words.hypothesis)) / static_cast<double>(reference.size());
}

}  // namespace

std::vector<double> ter_pyter_segments(const ScoredTexts& texts) {
  std::vector<double> rates;
  for (size_t i = 0; i < texts.hypotheses.size(); ++i) {
    const std::vector<std::string_view> hypothesis = split_words(texts.hypotheses[i]);
    double least = std::numeric_limits<double>::infinity();
    for (const std::string& text : texts.references[i]) {
      const std::vector<std::string_view> reference = split_words(text);
      refuse_too_long("ter_pyter", i, hypothesis.size(), reference.size());
      least = std::min(least, rate(hypothesis, reference));
    }
    rates.push_back(least);
  }
  return rates;
}

MetricResult ter_pyter(const ScoredTexts& texts) {
  double sum = 0;
  for (const double rate : ter_pyter_segments(texts)) sum += rate;
  return {sum / static_cast<double>(texts.hypotheses.size()),
          "pyter, least over the references, mean over the texts; words as split at spaces"};
}

MetricResult ter_webnlg(const ScoredTexts& texts) {
  return {ter_pyter(tokenize_nltk(texts)).value,
          "pyter of NLTK's words, least over the references, mean over the texts"};
}

}  // namespace mtlora
