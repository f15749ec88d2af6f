#include "text/unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace mtlora {
namespace {

constexpr uint8_t category_version = 8;
constexpr uint8_t normalization_version = 9;
constexpr uint8_t regex_version = 16;
constexpr uint8_t newest_version = 17;

struct Block {
  char32_t first, last;
};

// Assigned in Unicode 15.1 and 16.0 (DerivedGeneralCategory.txt).
constexpr Block new_letters[] = {{0x1C89, 0x1C8A},   {0xA7CB, 0xA7CD},   {0xA7DA, 0xA7DC},   {0x105C0, 0x105F3},
                                 {0x10D4A, 0x10D65}, {0x10D6F, 0x10D85}, {0x10EC2, 0x10EC4}, {0x11380, 0x11389},
                                 {0x1138B, 0x1138B}, {0x1138E, 0x1138E}, {0x11390, 0x113B5}, {0x113B7, 0x113B7},
                                 {0x113D1, 0x113D1}, {0x113D3, 0x113D3}, {0x11BC0, 0x11BE0}, {0x13460, 0x143FA},
                                 {0x16100, 0x1611D}, {0x16D40, 0x16D6C}, {0x18CFF, 0x18CFF}, {0x1E5D0, 0x1E5ED},
                                 {0x1E5F0, 0x1E5F0}, {0x2EBF0, 0x2EE5D}};
constexpr Block new_numbers[] = {{0x10D40, 0x10D49}, {0x116D0, 0x116E3}, {0x11BF0, 0x11BF9}, {0x16130, 0x16139},
                                 {0x16D70, 0x16D79}, {0x1CCF0, 0x1CCF9}, {0x1E5F1, 0x1E5FA}};
constexpr Block new_marks[] = {{0x897, 0x897},     {0x10D69, 0x10D6D}, {0x10EFC, 0x10EFC}, {0x113B8, 0x113C0},
                               {0x113C2, 0x113C2}, {0x113C5, 0x113C5}, {0x113C7, 0x113CA}, {0x113CC, 0x113D0},
                               {0x113D2, 0x113D2}, {0x113E1, 0x113E2}, {0x11F5A, 0x11F5A}, {0x1611E, 0x1612F},
                               {0x1E5EE, 0x1E5EF}};
// And in 17.0.
constexpr Block newest_numbers[] = {{0x11DE0, 0x11DE9}, {0x16FF4, 0x16FF6}};

// Capital letters of Unicode 16.0 and 17.0 (UnicodeData.txt): the lower-case letter is as far from each of a block.
struct CaseBlock {
  char32_t first, last, first_lower;
};
constexpr CaseBlock new_capitals[] = {{0x1C89, 0x1C89, 0x1C8A},   {0xA7CB, 0xA7CB, 0x264},  {0xA7CC, 0xA7CC, 0xA7CD},
                                      {0xA7CE, 0xA7CE, 0xA7CF},   {0xA7D2, 0xA7D2, 0xA7D3}, {0xA7D4, 0xA7D4, 0xA7D5},
                                      {0xA7DA, 0xA7DA, 0xA7DB},   {0xA7DC, 0xA7DC, 0x19B},  {0x10D50, 0x10D65, 0x10D70},
                                      {0x16EA0, 0x16EB8, 0x16EBB}};

template <typename Blocks>
bool is_among(char32_t c, const Blocks& blocks) {
  return c >= std::begin(blocks)->first && c <= std::prev(std::end(blocks))->last &&
         std::any_of(std::begin(blocks), std::end(blocks),
                     [c](const Block& block) { return c >= block.first && c <= block.last; });
}

bool is_newer_than(char32_t c, uint8_t version) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] > version;
}

// Whether ICU may know code points that came after `version`.
bool icu_is_newer_than(uint8_t version) {
  static const uint8_t icu_version = [] {
    UVersionInfo info;
    u_getUnicodeVersion(info);
    return info[0];
  }();
  return icu_version > version;
}

// Whether the code point is of `categories` (U_GC_*_MASK). One that came after `version` is not.
bool is_of(char32_t c, uint32_t categories, uint8_t version) {
  return U_GET_GC_MASK(static_cast<UChar32>(c)) & categories &&
         !(icu_is_newer_than(version) && is_newer_than(c, version));
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

// Built into ICU's library: they can't fail.
const UNormalizer2* nfc() {
  static UErrorCode status = U_ZERO_ERROR;
  static const UNormalizer2* const instance = unorm2_getNFCInstance(&status);
  return instance;
}

const UNormalizer2* nfkc() {
  static UErrorCode status = U_ZERO_ERROR;
  static const UNormalizer2* const instance = unorm2_getNFKCInstance(&status);
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

bool is_combining_mark(char32_t c) {
  switch (c) {  // the few whose category changed since
    case 0x1CF2:
    case 0x1CF3: return true;
    case 0x111C9: return false;
    default: break;
  }
  return U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_M_MASK && !is_newer_than(c, normalization_version);
}

bool is_letter(char32_t c) { return is_of(c, U_GC_L_MASK, regex_version) || is_among(c, new_letters); }

bool is_number(char32_t c) { return is_of(c, U_GC_N_MASK, regex_version) || is_among(c, new_numbers); }

bool is_numeric(char32_t c) {
  return is_of(c, U_GC_N_MASK, newest_version) || is_among(c, new_numbers) || is_among(c, newest_numbers);
}

bool is_word_character(char32_t c) {
  const auto code_point = static_cast<UChar32>(c);
  if (is_of(c, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK, regex_version)) return true;
  if (u_hasBinaryProperty(code_point, UCHAR_ALPHABETIC) || u_hasBinaryProperty(code_point, UCHAR_JOIN_CONTROL)) {
    return !(icu_is_newer_than(regex_version) && is_newer_than(c, regex_version));
  }
  return is_among(c, new_letters) || is_among(c, new_numbers) || is_among(c, new_marks);
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
    return;
  }
  if (c >= std::begin(new_capitals)->first) {
    for (const CaseBlock& block : new_capitals) {
      if (c < block.first || c > block.last) continue;
      out += block.first_lower + (c - block.first);
      return;
    }
  }
  out += static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
}

unsigned char combining_class(char32_t c) {
  if (c < 0x300) return 0;
  const uint8_t value = u_getCombiningClass(static_cast<UChar32>(c));
  return value && is_newer_than(c, normalization_version) ? 0 : value;
}

void append_decomposition(char32_t c, bool compatibility, std::u32string& out) {
  std::array<UChar, 32> utf16;  // the longest compatibility decomposition (U+FDFA) has 18 code points
  UErrorCode status = U_ZERO_ERROR;
  const int32_t length = unorm2_getDecomposition(compatibility ? nfkc() : nfc(), static_cast<UChar32>(c), utf16.data(),
                                                 utf16.size(), &status);
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

char32_t compose(char32_t first, char32_t second) {
  const UChar32 composite = unorm2_composePair(nfc(), static_cast<UChar32>(first), static_cast<UChar32>(second));
  if (composite < 0 || is_newer_than(static_cast<char32_t>(composite), normalization_version)) return 0;
  return static_cast<char32_t>(composite);
}

}  // namespace mtlora
