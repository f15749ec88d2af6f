// The rules of Stanford CoreNLP 3.4.1's English tokenizer (its PTBLexer; Manning and others): which runs of characters
// are one token.
//
// Left out: tags over several lines, and the punctuation of scripts that are not European. Letters and digits are those
// of the ICU in use, which knows some hundred that the tokenizer of 2014 takes out.
#pragma once

#include <vector>

#include "eval/text_metrics/longest_match.h"

namespace mtlora {

// What becomes of the characters that a rule matches.
enum class PtbForm {
  AsIs,
  Word,       // without soft hyphens
  Escaped,    // brackets, currency signs and fractions by name, and no space within
  Unbroken,   // no space within
  Ampersand,  // &amp; is &
  Quote,      // as TeX writes it: ` or ' for each of one stroke, `` or '' for each of two
  Letter,     // without its full stop
  Nothing,    // taken out
  LineEnd,
};

struct PtbRule {
  ScanRule scan;
  PtbForm form = PtbForm::AsIs;
  size_t given_back = 0;  // characters at the end that begin the next token
};

// In their order; a character at which none begins is taken out.
const std::vector<PtbRule>& ptb_rules();
const LongestMatch::Names& ptb_names();

}  // namespace mtlora
