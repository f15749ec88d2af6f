// CIDEr (Vedantam, Zitnick and Parikh, "CIDEr: consensus-based image description evaluation", CVPR 2015) as
// pycocoevalcap's Cider computes it, which is the paper's CIDEr-D but for two things: nothing keeps a repeated word
// from counting but the clipping, and lengths are counted in bigrams. From 0 to 10.
//
// Words are what stands between white space. The E2E challenge's scripts put both sides through the Penn Treebank
// tokenizer of Stanford CoreNLP first (lower case, punctuation taken out); that is not done here, so their figure is
// that of text which has been through it.
#pragma once

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

MetricResult cider(const ScoredTexts& texts);

}  // namespace mtlora
