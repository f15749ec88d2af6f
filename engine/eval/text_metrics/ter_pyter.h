// Translation edit rate as the pyter package computes it.
#pragma once

#include <vector>

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

// 0 to 1 and above: for each text the least rate over its references, and the mean of those over the texts. Words
// between spaces, as they are: lower case and tokens are the caller's. Equal to pyter3 0.3 called as WebNLG's
// GenerationEval calls it, where a reference without a word counts 1. pyter's search has no limits: throws
// Error(BadInput) for texts of much more than 3000 words.
MetricResult ter_pyter(const ScoredTexts& texts);

// The same of NLTK's words: the TER of WebNLG's GenerationEval, which scores WebNLG and DART in the releases.
MetricResult ter_webnlg(const ScoredTexts& texts);

// The least rate of each text.
std::vector<double> ter_pyter_segments(const ScoredTexts& texts);

}  // namespace mtlora
