// The tokens of the LoRA release (github.com/microsoft/LoRA, examples/NLG/src/gpt2_decode.py with --tokenize), in which
// it hands texts and references to the scripts that score them.
#pragma once

#include <string>
#include <string_view>

namespace mtlora {

// Runs of letters, digits and underscores, and every other character but white space by itself, with a space between:
// "it ' s 3 . 5 ! !". The text is well-formed UTF-8.
std::string tokenize_marks(std::string_view text);

}  // namespace mtlora
