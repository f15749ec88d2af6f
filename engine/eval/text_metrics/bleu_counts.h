// What BLEU is made of (Papineni et al., "BLEU: a method for automatic evaluation of machine translation", ACL 2002),
// summed over the texts. Its implementations differ in their words and in what they make of these counts.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eval/text_metrics.h"
#include "eval/text_metrics/ngrams.h"
#include "eval/text_metrics/words.h"

namespace mtlora {

constexpr size_t bleu_orders = 4;

struct BleuCounts {
  std::array<uint64_t, bleu_orders> matches{};  // n-grams of the hypotheses found in a reference, at most as often as
                                                // in that reference which has it most often
  std::array<uint64_t, bleu_orders> totals{};   // n-grams of the hypotheses
  uint64_t hypothesis_length = 0;               // words
  uint64_t reference_length = 0;                // words, of each text's closest reference
};

// Length of the reference that is closest in length to the hypothesis, the shorter one of two.
using ClosestLength = uint64_t (*)(uint64_t hypothesis, std::span<const uint64_t> references);
uint64_t closest_length(uint64_t hypothesis, std::span<const uint64_t> references);

// `words_of` gives a text's words; they may be views into its second argument, which it fills.
using WordsOf = std::vector<std::string_view> (*)(std::string_view text, std::string& storage);
BleuCounts count_for_bleu(const ScoredTexts& texts, WordsOf words_of, ClosestLength closest = closest_length);

// exp(mean of the logarithms) of the four precisions; 0 where one of them is 0.
double geometric_mean(const std::array<double, bleu_orders>& precisions);

// 1 where the hypotheses are as long as the references, else exp(1 - references / hypotheses); 0 for no words at all.
double brevity_penalty(const BleuCounts& counts);

}  // namespace mtlora
