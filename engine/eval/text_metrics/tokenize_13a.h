// The tokenisation of NIST's mteval-v13a.pl, which sacrebleu calls 13a, and multi-bleu-detok.perl and the NIST of the
// E2E scripts use too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mtlora {

// The text with blanks put around punctuation: ASCII symbols always; a full stop or a comma unless digits stand on both
// sides of it; a hyphen behind a digit. Splitting at white space is left to the caller. Time: linear.
std::string tokenize_13a(std::string_view text);

// The words of pymteval of the E2E scripts: of the text in lower case, split at Python's white space; an empty one
// where there is none. Views into `storage`.
std::vector<std::string_view> words_13a_lower(std::string_view text, std::string& storage);

}  // namespace mtlora
