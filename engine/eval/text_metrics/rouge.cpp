#include "eval/text_metrics/rouge.h"

#include <algorithm>
#include <bit>

#include "eval/text_metrics/ngrams.h"
#include "eval/text_metrics/tokenize_ptb.h"
#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

using Words = std::vector<uint32_t>;

Words words_of(std::string_view text, Vocabulary& vocabulary) {
  std::string lower = lower_case(text);  // first: the Kelvin sign is a k
  for (char& c : lower) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) c = ' ';
  }
  return vocabulary.numbers_of(split_words_ascii(lower));
}

double f_measure(uint64_t common, uint64_t hypothesis, uint64_t reference) {
  if (common == 0) return 0;
  const double precision = static_cast<double>(common) / static_cast<double>(hypothesis);
  const double recall = static_cast<double>(common) / static_cast<double>(reference);
  return 2 * precision * recall / (precision + recall);
}

// Length of the longest common subsequence, with a column of the usual table as bits (Hyyrö, "Bit-parallel LCS-length
// computation revisited", 2004): a 0 stands where the length grows by one from one word of the reference to the next.
// The reference is taken 64 words at a time; what a block carries over to the next, at each word of the hypothesis, is
// kept.
class CommonSubsequence {
 public:
  uint64_t length(const Words& hypothesis, const Words& reference, uint32_t vocabulary) {
    positions_.resize(std::max<size_t>(positions_.size(), vocabulary), 0);
    carries_.assign(hypothesis.size(), 0);
    uint64_t length = 0;
    for (size_t begin = 0; begin < reference.size(); begin += 64) {
      const size_t count = std::min<size_t>(64, reference.size() - begin);
      for (size_t j = 0; j < count; ++j) positions_[reference[begin + j]] |= uint64_t{1} << j;
      uint64_t column = ~uint64_t{0};
      for (size_t i = 0; i < hypothesis.size(); ++i) {
        const uint64_t equal = column & positions_[hypothesis[i]];
        const uint64_t sum = column + equal, carried = sum + carries_[i];
        carries_[i] = sum < column || carried < sum;
        column = carried | (column & ~equal);
      }
      const uint64_t used = count == 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
      length += static_cast<uint64_t>(std::popcount(~column & used));
      for (size_t j = 0; j < count; ++j) positions_[reference[begin + j]] = 0;
    }
    return length;
  }

 private:
  std::vector<uint64_t> positions_;  // of each word of the vocabulary in the block
  std::vector<uint8_t> carries_;
};

// The mean over the texts of the best of score(words of the hypothesis, words of a reference).
template <class Score>
MetricResult mean_of_best(const ScoredTexts& texts, Vocabulary& vocabulary, const Score& score) {
  double sum = 0;
  for (size_t i = 0; i < texts.hypotheses.size(); ++i) {
    const Words hypothesis = words_of(texts.hypotheses[i], vocabulary);
    double best = 0;
    for (const std::string& reference : texts.references[i]) {
      best = std::max(best, score(hypothesis, words_of(reference, vocabulary)));
    }
    sum += best;
  }
  return {sum / static_cast<double>(texts.hypotheses.size()),
          "F-measure of the best reference, mean over the texts, no stemming, as rouge_score 0.1.2"};
}

MetricResult rouge_n(const ScoredTexts& texts, size_t order) {
  Vocabulary vocabulary;
  NgramIndex index;
  return mean_of_best(texts, vocabulary, [&](const Words& hypothesis, const Words& reference) {
    const NgramCounts of_hypothesis = count_ngrams(index, hypothesis, order)[order - 1];
    const NgramCounts of_reference = count_ngrams(index, reference, order)[order - 1];
    return f_measure(matches(of_hypothesis, of_reference), total(of_hypothesis), total(of_reference));
  });
}

}  // namespace

MetricResult rouge1(const ScoredTexts& texts) { return rouge_n(texts, 1); }
MetricResult rouge2(const ScoredTexts& texts) { return rouge_n(texts, 2); }

MetricResult rouge_l(const ScoredTexts& texts) {
  Vocabulary vocabulary;
  CommonSubsequence common;
  return mean_of_best(texts, vocabulary, [&](const Words& hypothesis, const Words& reference) {
    return f_measure(common.length(hypothesis, reference, vocabulary.size()), hypothesis.size(), reference.size());
  });
}

MetricResult rouge_l_e2e(const ScoredTexts& texts) {
  constexpr double recall_weight = 1.2 * 1.2;
  const ScoredTexts tokenized = tokenize_ptb(texts);
  Vocabulary vocabulary;
  CommonSubsequence common;
  double sum = 0;
  for (size_t i = 0; i < tokenized.hypotheses.size(); ++i) {
    const Words hypothesis = vocabulary.numbers_of(split_at_blanks(tokenized.hypotheses[i]));
    double precision = 0, recall = 0;
    for (const std::string& text : tokenized.references[i]) {
      const Words reference = vocabulary.numbers_of(split_at_blanks(text));
      const auto length = static_cast<double>(common.length(hypothesis, reference, vocabulary.size()));
      precision = std::max(precision, length / static_cast<double>(hypothesis.size()));
      recall = std::max(recall, length / static_cast<double>(reference.size()));
    }
    if (precision > 0) sum += (1 + recall_weight) * precision * recall / (recall + recall_weight * precision);
  }
  return {
      sum / static_cast<double>(tokenized.hypotheses.size()),
      "best precision and recall, recall 1.2² times, mean over the texts; Penn Treebank tokens without punctuation, "
      "as the E2E scripts"};
}

}  // namespace mtlora
