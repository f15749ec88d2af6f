// ROUGE (Lin, "ROUGE: a package for automatic evaluation of summaries", 2004) as the package rouge_score computes it,
// F-measure, 0 to 1: words are runs of a-z and 0-9 of the text in lower case, without stemming (the default of
// rouge_score.RougeScorer). Of several references the one with the best F-measure counts, as in the package's
// `score_multi`. The mean over the texts.
#pragma once

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

MetricResult rouge1(const ScoredTexts& texts);
MetricResult rouge2(const ScoredTexts& texts);
// Longest common subsequence of a whole text; line feeds split nothing (that would be the package's rougeLsum). Time:
// product of the two lengths over 64.
MetricResult rouge_l(const ScoredTexts& texts);

// The ROUGE-L of the E2E scripts (pycocoevalcap's Rouge) on their Penn Treebank tokens: of the best precision and the
// best recall, perhaps of two references, the F-measure in which recall counts 1.2² times as much.
MetricResult rouge_l_e2e(const ScoredTexts& texts);

}  // namespace mtlora
