#include "eval/text_metrics/bleu_counts.h"

#include <algorithm>
#include <cmath>

namespace mtlora {

uint64_t closest_length(uint64_t hypothesis, std::span<const uint64_t> references) {
  const auto distance = [hypothesis](uint64_t length) {
    return length > hypothesis ? length - hypothesis : hypothesis - length;
  };
  return *std::ranges::min_element(references, [&](uint64_t a, uint64_t b) {
    return distance(a) != distance(b) ? distance(a) < distance(b) : a < b;
  });
}

BleuCounts count_for_bleu(const ScoredTexts& texts, WordsOf words_of, ClosestLength closest) {
  BleuCounts counts;
  NgramIndex index;
  Vocabulary vocabulary;
  std::string storage;
  for (size_t i = 0; i < texts.hypotheses.size(); ++i) {
    std::vector<NgramCounts> allowed(bleu_orders);  // largest count in one reference
    std::vector<uint64_t> lengths;
    for (const std::string& reference : texts.references[i]) {
      const std::vector<uint32_t> words = vocabulary.numbers_of(words_of(reference, storage));
      const std::vector<NgramCounts> found = count_ngrams(index, words, bleu_orders);
      for (size_t n = 0; n < bleu_orders; ++n) {
        allowed[n] = lengths.empty() ? found[n] : larger_counts(allowed[n], found[n]);
      }
      lengths.push_back(words.size());
    }
    const std::vector<uint32_t> words = vocabulary.numbers_of(words_of(texts.hypotheses[i], storage));
    const std::vector<NgramCounts> found = count_ngrams(index, words, bleu_orders);
    for (size_t n = 0; n < bleu_orders; ++n) {
      counts.matches[n] += matches(found[n], allowed[n]);
      counts.totals[n] += total(found[n]);
    }
    counts.hypothesis_length += words.size();
    counts.reference_length += closest(words.size(), lengths);
  }
  return counts;
}

double geometric_mean(const std::array<double, bleu_orders>& precisions) {
  double sum = 0;
  for (const double precision : precisions) {
    if (precision == 0) return 0;
    sum += std::log(precision);
  }
  return std::exp(sum / bleu_orders);
}

double brevity_penalty(const BleuCounts& counts) {
  if (counts.hypothesis_length >= counts.reference_length) return 1;
  if (counts.hypothesis_length == 0) return 0;
  return std::exp(1 - static_cast<double>(counts.reference_length) / static_cast<double>(counts.hypothesis_length));
}

}  // namespace mtlora
