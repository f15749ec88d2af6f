// What the `tokenizers` package knows of a code point, looked up in ICU.
//
// The package (0.23) carries tables of fixed Unicode versions, and each part of it has its own: general categories
// of 8.0 (crate unicode_categories: control, punctuation, nonspacing marks), decompositions, combining classes and
// combining marks of 9.0 (unicode-normalization-alignments), letters, numbers and \w of its regular expressions 16.0
// (crate regex, Oniguruma 6.9.10), numeric characters and lower case 17.0 (Rust). ICU's version is the system's, 15.0
// or later: code points that a part of the package does not know yet count as unassigned, and those that ICU may not
// know yet are listed in unicode.cpp. White space is the same in all of them.
#pragma once

#include <string>

namespace mtlora {

bool is_whitespace(char32_t c);       // White_Space, \s
bool is_control(char32_t c);          // Cc, Cf, Co; not tab, line feed and carriage return
bool is_punctuation(char32_t c);      // ASCII punctuation and symbols, P*
bool is_nonspacing_mark(char32_t c);  // Mn
bool is_combining_mark(char32_t c);   // M*
bool is_letter(char32_t c);           // \p{L}
bool is_number(char32_t c);           // \p{N}
bool is_numeric(char32_t c);          // N*, of the newest version
bool is_word_character(char32_t c);   // \w of Unicode Technical Standard 18
bool is_ideograph(char32_t c);        // of the CJK blocks that BERT sets apart

// Full lower-case mapping, without context: U+0130 gives two code points.
void append_lower_case(char32_t c, std::u32string& out);

// Canonical combining class; 0 for a code point that the package's tables lack.
unsigned char combining_class(char32_t c);

// Full decomposition, canonical or (compatibility) with formatting lost, not yet in canonical order.
void append_decomposition(char32_t c, bool compatibility, std::u32string& out);

// The primary composite of a pair, or 0.
char32_t compose(char32_t first, char32_t second);

}  // namespace mtlora
