// What the `tokenizers` package knows of a code point, looked up in ICU.
//
// The package carries tables of fixed Unicode versions: general categories of 8.0 (crate unicode_categories),
// decompositions and combining classes of 9.0 (unicode-normalization-alignments). ICU's are newer, so a code point that
// came later counts as unassigned there. White space, case and \w follow the newest version in both.
#pragma once

#include <string>

namespace mtlora {

bool is_whitespace(char32_t c);       // White_Space
bool is_control(char32_t c);          // Cc, Cf, Co; not tab, line feed and carriage return
bool is_punctuation(char32_t c);      // ASCII punctuation and symbols, P*
bool is_nonspacing_mark(char32_t c);  // Mn
bool is_word_character(char32_t c);   // \w of Unicode Technical Standard 18
bool is_ideograph(char32_t c);        // of the CJK blocks that BERT sets apart

// Full lower-case mapping, without context: U+0130 gives two code points.
void append_lower_case(char32_t c, std::u32string& out);

// Full canonical decomposition, not yet in canonical order.
void append_decomposition(char32_t c, std::u32string& out);

// Canonical order of decomposed text: each run of combining marks sorted by combining class, stable.
void sort_marks(std::u32string& text);

}  // namespace mtlora
