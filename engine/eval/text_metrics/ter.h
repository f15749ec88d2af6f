// Translation edit rate as sacrebleu computes it with its default settings.
#pragma once

#include "eval/text_metrics/edit_shifts.h"
#include "eval/text_metrics/metric_result.h"

namespace mtlora {

// 0 to 100 and above, in percent: edits over the mean length of the references, summed over the texts. Lower case,
// words between spaces. Where all references are empty, 100, or 0 if the hypotheses are empty too. Equal to sacrebleu
// 2.6.0 (metrics/ter.py); at most 1000 moves are tried for each pair of texts, as there.
MetricResult ter(const ScoredTexts& texts);

// The same before it is summed, text by text.
std::vector<SegmentEdits> ter_segments(const ScoredTexts& texts);

}  // namespace mtlora
