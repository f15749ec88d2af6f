#include "eval/text_metrics/bleu.h"

#include <algorithm>

#include "eval/text_metrics/bleu_counts.h"
#include "eval/text_metrics/sacrebleu_signature.h"
#include "eval/text_metrics/tokenize_13a.h"

namespace mtlora {

namespace {

// sacrebleu takes white space off the end first, where a hyphen before a line feed would be taken for a broken word.
std::vector<std::string_view> words_of(std::string_view text, std::string& storage) {
  storage = tokenize_13a(without_trailing_space(text));
  return split_words(storage);
}

double score(const BleuCounts& counts) {
  if (std::ranges::all_of(counts.matches, [](uint64_t matches) { return matches == 0; })) return 0;
  std::array<double, bleu_orders> precisions{};  // percent
  double smoothing = 1;
  for (size_t n = 0; n < bleu_orders && counts.totals[n] > 0; ++n) {
    const auto total = static_cast<double>(counts.totals[n]);
    if (counts.matches[n] > 0) {
      precisions[n] = 100 * static_cast<double>(counts.matches[n]) / total;
    } else {
      smoothing *= 2;
      precisions[n] = 100 / (smoothing * total);
    }
  }
  return brevity_penalty(counts) * geometric_mean(precisions);
}

}  // namespace

MetricResult bleu(const ScoredTexts& texts) {
  return {score(count_for_bleu(texts, words_of)), sacrebleu_signature(texts, "eff:no|tok:13a|smooth:exp")};
}

}  // namespace mtlora
