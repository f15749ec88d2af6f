// The words of English texts as the scripts of the E2E challenge (github.com/tuetschek/e2e-metrics, from pycocoevalcap)
// see them: the Penn Treebank tokens of Stanford CoreNLP 3.4.1 (PTBTokenizer -preserveLines -lowerCase), of which those
// that are punctuation are taken out.
//
// Brackets stay, since their tokens are -lrb- by then and the scripts look for -LRB-; £ is #, € is $, and within a
// fraction ("1 1/2") or a telephone number the space is U+00A0. eval/text_metrics/ptb_rules.h says what is left out.
#pragma once

#include <string>
#include <vector>

#include "eval/text_metrics.h"

namespace mtlora {

// Of each text (well-formed UTF-8) its words with a space between. The texts are lines of one file to the tokenizer:
// whether a single letter and a full stop at a text's end are an initial depends on the word with which the next text
// begins. Line ends within a text are spaces. Time: linear, but for a run without spaces the product of its characters
// and words (it may be an address).
std::vector<std::string> tokenize_ptb(const std::vector<std::string>& texts);
ScoredTexts tokenize_ptb(const ScoredTexts& texts);  // the hypotheses are one file, the references another

}  // namespace mtlora
