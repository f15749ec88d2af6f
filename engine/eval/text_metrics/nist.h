// NIST (Doddington, "Automatic evaluation of machine translation quality using n-gram co-occurrence statistics", HLT
// 2002) as the E2E challenge's scripts compute it with `measure_scores.py -p` (their metrics/pymteval.py): lower case,
// 13a tokenisation, orders 1 to 5, references counted as they come, however many each text has. From 0; no upper limit.
//
// An empty text counts there as one empty word, and a text of m words as m - n + 1 n-grams of order n even below zero;
// so it does here. Where the n-grams of an order are none in sum, which the scripts fail on, the order's information is
// divided by 1, as in NIST's own mteval-v13a.pl.
#pragma once

#include "eval/text_metrics/metric_result.h"

namespace mtlora {

MetricResult nist(const ScoredTexts& texts);

}  // namespace mtlora
