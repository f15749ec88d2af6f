// BLEU as sacrebleu computes it (Post, "A call for clarity in reporting BLEU scores", WMT 2018), 0 to 100: 13a
// tokenisation, and exponential smoothing: the k-th order without a match has precision 1 / (2^k · its n-grams) (method
// 3 of Chen and Cherry, "A systematic comparison of smoothing techniques for sentence-level BLEU", WMT 2014). 0 where
// no word matches and where no text has four words.
#pragma once

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

MetricResult bleu(const ScoredTexts& texts);

}  // namespace mtlora
