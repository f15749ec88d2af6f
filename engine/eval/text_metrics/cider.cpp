#include "eval/text_metrics/cider.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "eval/text_metrics/ngrams.h"
#include "eval/text_metrics/tokenize_ptb.h"
#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

constexpr size_t orders = 4;
constexpr double sigma = 6;  // of the penalty for another length, in bigrams

using Counts = std::vector<NgramCounts>;

// Cosine similarity of tf-idf vectors, weighted by how alike the lengths are.
class Similarity {
 public:
  // `texts_with`: in how many texts' references an n-gram stands.
  Similarity(std::vector<uint32_t> texts_with, size_t texts)
      : texts_with_(std::move(texts_with)), log_texts_(std::log(static_cast<double>(texts))) {}

  double operator()(const Counts& hypothesis, const Counts& reference) const {
    double sum = 0;  // over the orders
    for (size_t n = 0; n < orders; ++n) {
      double product = 0;
      for_common(hypothesis[n], reference[n], [&](uint32_t ngram, uint32_t in_hypothesis, uint32_t in_reference) {
        const double rarity = inverse_frequency(ngram);
        product += std::min(in_hypothesis, in_reference) * rarity * in_reference * rarity;
      });
      const double norms = norm(hypothesis[n]) * norm(reference[n]);
      sum += norms == 0 ? product : product / norms;
    }
    const double difference = static_cast<double>(total(hypothesis[1])) - static_cast<double>(total(reference[1]));
    return sum / orders * std::exp(-difference * difference / (2 * sigma * sigma));
  }

 private:
  double inverse_frequency(uint32_t ngram) const {
    return log_texts_ - std::log(std::max(1.0, static_cast<double>(texts_with_[ngram])));
  }
  double norm(const NgramCounts& counts) const {
    double squares = 0;
    for (const NgramCount& count : counts) {
      const double weight = count.count * inverse_frequency(count.ngram);
      squares += weight * weight;
    }
    return std::sqrt(squares);
  }

  std::vector<uint32_t> texts_with_;
  double log_texts_;
};

}  // namespace

MetricResult cider(const ScoredTexts& texts) {
  NgramIndex index;
  Vocabulary vocabulary;
  const auto counts_of = [&](const std::string& text) {
    return count_ngrams(index, vocabulary.numbers_of(split_words(text)), orders);
  };
  const size_t size = texts.hypotheses.size();
  std::vector<Counts> hypotheses(size);
  std::vector<std::vector<Counts>> references(size);
  std::vector<uint32_t> texts_with, seen_in;  // the text (from 1) in which an n-gram was last counted
  for (size_t i = 0; i < size; ++i) {
    hypotheses[i] = counts_of(texts.hypotheses[i]);
    for (const std::string& reference : texts.references[i]) references[i].push_back(counts_of(reference));
    texts_with.resize(index.size(), 0);
    seen_in.resize(index.size(), 0);
    for (const Counts& reference : references[i]) {
      for (const NgramCounts& of_order : reference) {
        for (const NgramCount& count : of_order) {
          if (std::exchange(seen_in[count.ngram], static_cast<uint32_t>(i + 1)) != i + 1) ++texts_with[count.ngram];
        }
      }
    }
  }
  const Similarity similarity(std::move(texts_with), size);
  double sum = 0;
  for (size_t i = 0; i < size; ++i) {
    double of_text = 0;
    for (const Counts& reference : references[i]) of_text += similarity(hypotheses[i], reference);
    sum += 10 * of_text / static_cast<double>(references[i].size());
  }
  return {sum / static_cast<double>(size), "words as given (no Penn Treebank tokenisation), as pycocoevalcap 1.2"};
}

MetricResult cider_e2e(const ScoredTexts& texts) {
  return {cider(tokenize_ptb(texts)).value, "Penn Treebank tokens without punctuation, as the E2E scripts"};
}

}  // namespace mtlora
