// The words of a text as the word_tokenize of NLTK 3.10 gives them (its NLTKWordTokenizer, after Robert MacIntyre's sed
// script for the Penn Treebank): quotes as `` and '', marks and clitics apart.
//
// word_tokenize first cuts a text into sentences with a trained model, Punkt, which is not here: the text counts as one
// sentence (its option preserve_line=True). That changes nothing where full stops stand apart already, as in all texts
// of the LoRA release (tokenize_marks.h); elsewhere a full stop within the text stays with its word.
#pragma once

#include <string>
#include <string_view>

#include "eval/text_metrics.h"

namespace mtlora {

// The words with a space between. The text is well-formed UTF-8.
std::string tokenize_nltk(std::string_view text);
ScoredTexts tokenize_nltk(const ScoredTexts& texts);

}  // namespace mtlora
