// Translation edit rate as tercom 0.7.25 computes it with its default settings.
#pragma once

#include "eval/text_metrics/edit_shifts.h"
#include "eval/text_metrics/metric_result.h"

namespace mtlora {

// 0 to 1 and above: edits over the mean length of the references, summed over the texts (tercom's "Total TER"). For
// each text the reference with the fewest edits. Lower case, words between spaces; tercom's own normalisation (-N) is
// off, as it is by default. Where no reference has a word, 1, or 0 if the hypotheses have none either, as tercom says
// of one text (its total is then infinite or not a number). Equal to tercom in all numbers (Snover et al. 2006).
MetricResult ter_tercom(const ScoredTexts& texts);

// The same before it is summed, text by text.
std::vector<SegmentEdits> tercom_segments(const ScoredTexts& texts);

}  // namespace mtlora
