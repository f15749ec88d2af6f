#include "text/unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace mtlora {
namespace {

constexpr uint8_t category_version = 8;
constexpr uint8_t normalization_version = 9;

bool is_newer_than(char32_t c, uint8_t version) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] > version;
}

// Mask (U_GC_*_MASK) of the general category in Unicode 8.0.
uint32_t category(char32_t c) {
  switch (c) {  // the few whose category changed since, as far as it matters here
    case 0x1734: return U_GC_MN_MASK;
    case 0xA9BD: return U_GC_MC_MASK;
    case 0x1885:
    case 0x1886: return U_GC_LO_MASK;
    case 0x166D:
    case 0x111C9: return U_GC_PO_MASK;
    default: break;
  }
  const uint32_t mask = U_GET_GC_MASK(static_cast<UChar32>(c));
  constexpr uint32_t looked_at = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_MN_MASK | U_GC_P_MASK;
  return (mask & looked_at) && is_newer_than(c, category_version) ? U_GC_CN_MASK : mask;
}

uint8_t combining_class(char32_t c) {
  const uint8_t value = u_getCombiningClass(static_cast<UChar32>(c));
  return value && is_newer_than(c, normalization_version) ? 0 : value;
}

const UNormalizer2* nfd() {
  static const UNormalizer2* const instance = [] {
    UErrorCode status = U_ZERO_ERROR;
    return unorm2_getNFDInstance(&status);  // built into ICU's library: it can't fail
  }();
  return instance;
}

}  // namespace

bool is_whitespace(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)); }

bool is_control(char32_t c) {
  return category(c) & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK) && c != '\t' && c != '\n' && c != '\r';
}

bool is_punctuation(char32_t c) {
  if (c < 0x80) return c > ' ' && c < 0x7F && !u_isalnum(static_cast<UChar32>(c));
  return category(c) & U_GC_P_MASK;
}

bool is_nonspacing_mark(char32_t c) { return category(c) & U_GC_MN_MASK; }

bool is_word_character(char32_t c) {
  const auto code_point = static_cast<UChar32>(c);
  return U_GET_GC_MASK(code_point) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) ||
         u_hasBinaryProperty(code_point, UCHAR_ALPHABETIC) || u_hasBinaryProperty(code_point, UCHAR_JOIN_CONTROL);
}

// The blocks are a choice of BERT's authors and not a Unicode property.
bool is_ideograph(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return within(0x4E00, 0x9FFF) || within(0x3400, 0x4DBF) || within(0x20000, 0x2A6DF) || within(0x2A700, 0x2B81F) ||
         within(0x2B920, 0x2CEAF) || within(0xF900, 0xFAFF) || within(0x2F800, 0x2FA1F);
}

void append_lower_case(char32_t c, std::u32string& out) {
  if (c == 0x130) {  // the only full mapping without a condition (SpecialCasing.txt)
    out += U"i\u0307";
  } else {
    out += static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  }
}

void append_decomposition(char32_t c, std::u32string& out) {
  std::array<UChar, 16> utf16;  // the longest canonical decomposition has 4 code points
  UErrorCode status = U_ZERO_ERROR;
  const int32_t length = unorm2_getDecomposition(nfd(), static_cast<UChar32>(c), utf16.data(), utf16.size(), &status);
  if (length < 0 || is_newer_than(c, normalization_version)) {
    out += c;
    return;
  }
  for (int32_t i = 0; i < length;) {
    UChar32 part;
    U16_NEXT(utf16.data(), i, length, part);
    out += static_cast<char32_t>(part);
  }
}

void sort_marks(std::u32string& text) {
  const auto is_starter = [](char32_t c) { return combining_class(c) == 0; };
  auto begin = text.begin();
  while ((begin = std::find_if_not(begin, text.end(), is_starter)) != text.end()) {
    const auto end = std::find_if(begin, text.end(), is_starter);
    std::stable_sort(begin, end, [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); });
    begin = end;
  }
}

}  // namespace mtlora
