// Scores of texts against references, each equal to its reference implementation to the last printed digit.
#pragma once

#include <string>
#include <vector>

namespace mtlora {

struct ScoredTexts {
  std::vector<std::string> hypotheses;               // a text each, perhaps empty
  std::vector<std::vector<std::string>> references;  // of each hypothesis, at least one
  bool lowercase = false;                            // compare in lower case (Unicode's), which the signatures then say
  bool tokenize = false;                             // set words and marks apart first, as the LoRA release does
};

struct TextScore {
  std::string metric;
  double value = 0;  // on the scale on which its reference prints it
  int decimals = 2;  // as its reference prints it
  // Its signature ("nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"), or what it did without.
  std::string details;
};

// Known names, in the order in which they are shown: bleu, bleu_multi, bleu_multi_detok, bleu_e2e, nist, chrf, rouge1,
// rouge2, rougeL, rougeL_e2e, cider, cider_e2e, meteor, meteor_e2e, meteor_webnlg, ter, ter_tercom, ter_pyter,
// ter_webnlg. Those that end in _e2e or _webnlg are what the scripts of these tasks print.
const std::vector<std::string>& text_metric_names();
bool is_text_metric(const std::string& name);
// ter and its kin are better when smaller. Throws Error(BadInput) for an unknown one.
bool larger_is_better_text(const std::string& name);

// Throws Error(BadInput) where one of them lacks a file that it needs (METEOR's WordNet), naming it: to know it before
// the texts are written.
void check_available(const std::vector<std::string>& metrics);

// Blocks (seconds for thousands of texts). Throws Error(BadInput) for an unknown metric, for no texts, for counts that
// do not match, and as check_available.
std::vector<TextScore> score_texts(const std::vector<std::string>& metrics, const ScoredTexts& texts);

}  // namespace mtlora
