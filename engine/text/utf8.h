// UTF-8: repaired once on the way in, then read and written without checks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mtlora {

struct Span {
  uint32_t start, end;  // in bytes
  bool operator==(const Span&) const = default;
};

bool is_ascii(std::string_view text);

// `text` itself where it is well-formed, else a copy in `storage` in which each maximal part of an ill-formed sequence
// is U+FFFD (Unicode 15, section 3.9, "U+FFFD Substitution of Maximal Subparts"; Python's errors="replace").
// `ill_formed` gets those parts.
std::string_view valid_utf8(std::string_view text, std::string& storage, std::vector<Span>* ill_formed = nullptr);

// Length of the sequence at `at`, or of the part of an ill-formed one that counts as a character.
size_t sequence_length(std::string_view text, size_t at);

// From bytes to characters: positions in `text` count its code points, each ill-formed part as one.
std::vector<Span> to_character_offsets(std::string_view text, const std::vector<Span>& offsets);

// The code point at `position`, which moves behind it. The text is well-formed.
char32_t next_code_point(const char*& position);

// Bytes of the last code point of a well-formed text that is not empty.
size_t last_character_length(std::string_view text);

void append_utf8(char32_t code_point, std::string& out);

}  // namespace mtlora
