#include "eval/text_metrics/bleu.h"

namespace mtlora {

MetricResult bleu(const ScoredTexts&) { return {}; }

}  // namespace mtlora
