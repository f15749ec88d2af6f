// Translation edit rate as tercom 0.7.25 computes it with its default settings.
#pragma once

#include "eval/text_metrics/edit_shifts.h"
#include "eval/text_metrics/metric_result.h"

namespace mtlora {

// 0 to 1 and above: edits over the mean length of the references, summed over the texts (tercom's "Total TER"). For
// each text the reference with the fewest edits. Lower case, words between spaces; tercom's own normalisation (-N) is
// off, as it is by default. Not a number where all references and hypotheses are empty, infinite where only the
// references are, as tercom prints it. Equal to tercom in all numbers (Snover et al. 2006).
MetricResult ter_tercom(const ScoredTexts& texts);

// The same before it is summed, text by text.
std::vector<SegmentEdits> tercom_segments(const ScoredTexts& texts);

}  // namespace mtlora
