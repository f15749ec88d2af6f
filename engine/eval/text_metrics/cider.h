// CIDEr (Vedantam, Zitnick and Parikh, "CIDEr: consensus-based image description evaluation", CVPR 2015) as
// pycocoevalcap's Cider computes it, which is the paper's CIDEr-D but for two things: nothing keeps a repeated word
// from counting but the clipping, and lengths are counted in bigrams. From 0 to 10.
#pragma once

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

MetricResult cider(const ScoredTexts& texts);      // words are what stands between white space
MetricResult cider_e2e(const ScoredTexts& texts);  // of Penn Treebank tokens without punctuation, as the E2E scripts

}  // namespace mtlora
