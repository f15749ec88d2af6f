// Words as the reference implementations cut them: what counts as a space, and lower case of a whole text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mtlora {

// Python's str.split(): between runs of Unicode white space (White_Space and U+001C to U+001F). Ill-formed parts of
// the text are U+FFFD.
std::vector<std::string> split_at_python_space(std::string_view text);

// Java's \s: space, tab, line feed, vertical tab, form feed, carriage return. Spaces at the ends make no word.
std::vector<std::string> split_at_java_space(std::string_view text);

// str.lower() of Python and toLowerCase() of Java: full mappings of Unicode, a final capital sigma is a final sigma.
// Of no language: the Turkish dotted I gives two characters.
std::string lower_case(std::string_view text);

}  // namespace mtlora
