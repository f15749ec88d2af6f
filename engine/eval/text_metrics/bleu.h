// BLEU as sacrebleu computes it.
#pragma once

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

MetricResult bleu(const ScoredTexts& texts);

}  // namespace mtlora
