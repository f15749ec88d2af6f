// The signature that sacrebleu prints beside a score.
#pragma once

#include <string>

#include "eval/text_metrics.h"

namespace mtlora {

// The version whose numbers bleu, chrf and ter are held to.
constexpr const char* sacrebleu_version = "2.6.0";

// "nrefs:1|case:mixed|<parameters>|version:2.6.0"; nrefs:var where texts have different numbers of references.
// `letter_case` is how the metric compares: "mixed" or "lc".
inline std::string sacrebleu_signature(const ScoredTexts& texts, const std::string& letter_case,
                                       const std::string& parameters) {
  const size_t count = texts.references[0].size();
  bool same = true;
  for (const auto& references : texts.references) same = same && references.size() == count;
  return "nrefs:" + (same ? std::to_string(count) : "var") + "|case:" + letter_case + "|" + parameters +
         "|version:" + sacrebleu_version;
}
inline std::string sacrebleu_signature(const ScoredTexts& texts, const std::string& parameters) {
  return sacrebleu_signature(texts, texts.lowercase ? "lc" : "mixed", parameters);
}

}  // namespace mtlora
