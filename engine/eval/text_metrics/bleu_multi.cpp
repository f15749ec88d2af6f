#include "eval/text_metrics/bleu_multi.h"

#include <algorithm>
#include <cstdio>

#include "eval/text_metrics/bleu_counts.h"
#include "eval/text_metrics/tokenize_13a.h"

namespace mtlora {

namespace {

std::vector<std::string_view> words_as_given(std::string_view text, std::string&) { return split_words_ascii(text); }

std::vector<std::string_view> words_13a(std::string_view text, std::string& storage) {
  storage = tokenize_13a(text);
  return split_words_ascii(storage);
}

// The scripts begin their search with a length of 9999 at a distance of 9999, so a reference further off is not seen.
uint64_t closest_length_under_limit(uint64_t hypothesis, std::span<const uint64_t> references) {
  constexpr uint64_t limit = 9999;
  const uint64_t closest = closest_length(hypothesis, references);
  const uint64_t distance = closest > hypothesis ? closest - hypothesis : hypothesis - closest;
  return distance < limit ? closest : distance == limit ? std::min(closest, limit) : limit;
}

MetricResult multi_bleu(const ScoredTexts& texts, WordsOf words_of) {
  const BleuCounts counts = count_for_bleu(texts, words_of, closest_length_under_limit);
  std::array<double, bleu_orders> precisions{};
  for (size_t n = 0; n < bleu_orders; ++n) {
    if (counts.totals[n] > 0) {
      precisions[n] = static_cast<double>(counts.matches[n]) / static_cast<double>(counts.totals[n]);
    }
  }
  // What the scripts say then.
  if (counts.reference_length == 0) return {0, "0/0/0/0 (BP=0, ratio=0, hyp_len=0, ref_len=0)"};
  const double penalty = brevity_penalty(counts);
  const double ratio = static_cast<double>(counts.hypothesis_length) / static_cast<double>(counts.reference_length);
  char details[200];
  std::snprintf(details, sizeof(details), "%.1f/%.1f/%.1f/%.1f (BP=%.3f, ratio=%.3f, hyp_len=%llu, ref_len=%llu)",
                100 * precisions[0], 100 * precisions[1], 100 * precisions[2], 100 * precisions[3], penalty, ratio,
                static_cast<unsigned long long>(counts.hypothesis_length),
                static_cast<unsigned long long>(counts.reference_length));
  return {100 * penalty * geometric_mean(precisions), details};
}

}  // namespace

MetricResult bleu_multi(const ScoredTexts& texts) { return multi_bleu(texts, words_as_given); }

MetricResult bleu_multi_detok(const ScoredTexts& texts) { return multi_bleu(texts, words_13a); }

}  // namespace mtlora
