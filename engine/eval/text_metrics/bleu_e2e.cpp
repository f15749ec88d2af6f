#include "eval/text_metrics/bleu_e2e.h"

#include <algorithm>
#include <cmath>

#include "eval/text_metrics/bleu_counts.h"
#include "eval/text_metrics/tokenize_13a.h"

namespace mtlora {

MetricResult bleu_e2e(const ScoredTexts& texts) {
  const BleuCounts counts = count_for_bleu(texts, words_13a_lower);
  const auto words = static_cast<double>(counts.hypothesis_length);
  std::array<double, bleu_orders> precisions{};
  for (size_t n = 0; n < bleu_orders; ++n) {
    // The scripts count n fewer n-grams than words in each text, be it shorter than that.
    const double total = words - static_cast<double>(n * texts.hypotheses.size());
    precisions[n] = std::max(static_cast<double>(counts.matches[n]), 1e-15) / std::max(total, 1e-9);
  }
  return {brevity_penalty(counts) * geometric_mean(precisions), "lower case, tok:13a, as pymteval of the E2E scripts"};
}

}  // namespace mtlora
