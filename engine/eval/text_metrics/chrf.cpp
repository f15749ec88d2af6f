#include "eval/text_metrics/chrf.h"

#include <array>

#include "eval/text_metrics/ngrams.h"
#include "eval/text_metrics/sacrebleu_signature.h"
#include "eval/text_metrics/words.h"
#include "text/utf8.h"

namespace mtlora {

namespace {

constexpr size_t orders = 6;

struct OrderCounts {
  uint64_t hypothesis = 0, reference = 0, matches = 0;  // n-grams
};
using Counts = std::array<OrderCounts, orders>;

double f_score(const Counts& counts) {
  double precision = 0, recall = 0;  // mean over the orders that both sides have
  int present = 0;
  for (const OrderCounts& order : counts) {
    if (order.hypothesis == 0 || order.reference == 0) continue;
    precision += static_cast<double>(order.matches) / static_cast<double>(order.hypothesis);
    recall += static_cast<double>(order.matches) / static_cast<double>(order.reference);
    ++present;
  }
  if (precision + recall == 0) return 0;
  precision /= present;
  recall /= present;
  constexpr double beta_squared = 4;
  return 100 * ((1 + beta_squared) * precision * recall / (beta_squared * precision + recall));
}

std::vector<uint32_t> characters_of(std::string_view text) {
  std::vector<uint32_t> characters;
  characters.reserve(text.size());
  for (const char* position = text.data(); position < text.data() + text.size();) {
    const char32_t c = next_code_point(position);
    if (!is_python_space(c)) characters.push_back(c);
  }
  return characters;
}

Counts compare(const std::vector<NgramCounts>& hypothesis, const std::vector<NgramCounts>& reference) {
  Counts counts;
  for (size_t n = 0; n < orders; ++n) {
    // An order that the reference lacks is not held against the hypothesis.
    counts[n].hypothesis = reference[n].empty() ? 0 : total(hypothesis[n]);
    counts[n].reference = total(reference[n]);
    counts[n].matches = matches(hypothesis[n], reference[n]);
  }
  return counts;
}

}  // namespace

MetricResult chrf(const ScoredTexts& texts) {
  NgramIndex index;
  Counts sum;
  for (size_t i = 0; i < texts.hypotheses.size(); ++i) {
    const std::vector<NgramCounts> hypothesis = count_ngrams(index, characters_of(texts.hypotheses[i]), orders);
    Counts best;
    double best_score = -1;
    for (const std::string& reference : texts.references[i]) {
      const Counts counts = compare(hypothesis, count_ngrams(index, characters_of(reference), orders));
      if (const double score = f_score(counts); score > best_score) {
        best = counts;
        best_score = score;
      }
    }
    for (size_t n = 0; n < orders; ++n) {
      sum[n].hypothesis += best[n].hypothesis;
      sum[n].reference += best[n].reference;
      sum[n].matches += best[n].matches;
    }
  }
  return {f_score(sum), sacrebleu_signature(texts, "eff:yes|nc:6|nw:0|space:no")};
}

}  // namespace mtlora
