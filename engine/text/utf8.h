// UTF-8: repaired once on the way in, then read and written without checks.
#pragma once

#include <string>
#include <string_view>

namespace mtlora {

bool is_ascii(std::string_view text);

// `text` itself where it is well-formed, else a copy in `storage` in which each maximal part of an ill-formed sequence
// is U+FFFD (Unicode 15, section 3.9, "U+FFFD Substitution of Maximal Subparts"; Python's errors="replace").
std::string_view valid_utf8(std::string_view text, std::string& storage);

// The code point at `position`, which moves behind it. The text is well-formed.
char32_t next_code_point(const char*& position);

void append_utf8(char32_t code_point, std::string& out);

}  // namespace mtlora
