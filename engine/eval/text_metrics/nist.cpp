#include "eval/text_metrics/nist.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "eval/text_metrics/ngrams.h"
#include "eval/text_metrics/tokenize_13a.h"
#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

constexpr size_t orders = 5;

std::vector<uint32_t> words_of(std::string_view text, Vocabulary& vocabulary) {
  std::string storage;
  return vocabulary.numbers_of(words_13a_lower(text, storage));
}

// exp(-β ln² ratio) with β such that two thirds of the references' length costs half.
double length_penalty(double ratio) {
  if (ratio >= 1) return 1;
  static const double beta = -std::log(0.5) / (std::log(1.5) * std::log(1.5));
  return std::exp(-beta * std::log(ratio) * std::log(ratio));
}

}  // namespace

MetricResult nist(const ScoredTexts& texts) {
  NgramIndex index;
  Vocabulary vocabulary;
  std::array<NgramCounts, orders> hits;     // of all texts one after another
  std::array<int64_t, orders> lengths{};    // n-grams of the hypotheses
  std::vector<double> in_references(1, 0);  // how often all references have an n-gram; [0]: their words
  double reference_length = 0;              // mean over each text's references, summed over the texts
  for (size_t i = 0; i < texts.hypotheses.size(); ++i) {
    std::vector<NgramCounts> allowed(orders);
    double words_in_references = 0;
    for (const std::string& reference : texts.references[i]) {
      const std::vector<uint32_t> words = words_of(reference, vocabulary);
      const std::vector<NgramCounts> found = count_ngrams(index, words, orders);
      in_references.resize(index.size(), 0);
      for (size_t n = 0; n < orders; ++n) {
        for (const NgramCount& ngram : found[n]) in_references[ngram.ngram] += ngram.count;
        allowed[n] = larger_counts(allowed[n], found[n]);
      }
      words_in_references += static_cast<double>(words.size());
    }
    in_references[0] += words_in_references;
    reference_length += words_in_references / static_cast<double>(texts.references[i].size());

    const std::vector<uint32_t> words = words_of(texts.hypotheses[i], vocabulary);
    const std::vector<NgramCounts> found = count_ngrams(index, words, orders);
    for (size_t n = 0; n < orders; ++n) {
      lengths[n] += static_cast<int64_t>(words.size()) - static_cast<int64_t>(n);
      for_common(found[n], allowed[n], [&](uint32_t ngram, uint32_t count, uint32_t limit) {
        hits[n].push_back({ngram, std::min(count, limit)});
      });
    }
  }
  double sum = 0;
  for (size_t n = 0; n < orders; ++n) {
    double information = 0;  // bits: of the last word, given those before it
    for (const NgramCount& hit : hits[n]) {
      information += hit.count * std::log2(in_references[index.parent(hit.ngram)] / in_references[hit.ngram]);
    }
    sum += information / (lengths[n] != 0 ? static_cast<double>(lengths[n]) : 1);
  }
  return {sum * length_penalty(static_cast<double>(lengths[0]) / reference_length),
          "lower case, tok:13a, orders 1 to 5, as pymteval of the E2E scripts"};
}

}  // namespace mtlora
