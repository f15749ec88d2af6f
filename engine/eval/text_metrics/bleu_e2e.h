// BLEU as the E2E challenge's scripts compute it (pymteval of github.com/tuetschek/e2e-metrics), 0 to 1: lower case,
// 13a tokenisation, no smoothing but for 10⁻¹⁵ matches where an order has none. The figure of the LoRA and MTLoRA
// releases on E2E.
#pragma once

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

MetricResult bleu_e2e(const ScoredTexts& texts);

}  // namespace mtlora
