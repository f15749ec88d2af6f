// chrF (Popović, "chrF: character n-gram F-score for automatic MT evaluation", WMT 2015) as sacrebleu computes its
// chrF2, 0 to 100: characters without white space, orders 1 to 6, recall with twice the weight of precision (β = 2),
// counts of each text against its best reference summed over the texts, orders that one side lacks left out.
#pragma once

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

MetricResult chrf(const ScoredTexts& texts);

}  // namespace mtlora
