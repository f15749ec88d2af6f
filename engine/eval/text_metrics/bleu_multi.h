// BLEU as Moses' multi-bleu scripts compute it, 0 to 100, without smoothing: 0 where an order has no match.
#pragma once

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

// multi-bleu.perl: the words of the text as it stands, split at ASCII white space.
MetricResult bleu_multi(const ScoredTexts& texts);

// multi-bleu-detok.perl, which tokenises as 13a first. The script that the LoRA release runs for WebNLG and DART
// (GenerationEval's), on text in lower case with words and marks apart (tokenize_marks.h). There it gives what
// multi-bleu.perl gives, but for words with an underscore, which 13a splits.
MetricResult bleu_multi_detok(const ScoredTexts& texts);

}  // namespace mtlora
