// The English stemmer of the Snowball project ("Porter2").
#pragma once

#include <string>
#include <string_view>

namespace mtlora {

// The stem of a word in lower case, by the rules of snowballstem.org/algorithms/english/stemmer.html as METEOR 1.5 has
// them (of 2010: no later exceptions). Letters outside a to z count as consonants.
std::u16string english_stem(std::u16string_view word);

}  // namespace mtlora
