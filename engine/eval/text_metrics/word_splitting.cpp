#include "eval/text_metrics/word_splitting.h"

#include <unicode/locid.h>
#include <unicode/unistr.h>

#include "text/unicode.h"
#include "text/utf8.h"

namespace mtlora {

namespace {

bool is_python_space(char32_t c) { return is_whitespace(c) || (c >= 0x1C && c <= 0x1F); }
bool is_java_space(char32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::vector<std::string> split(std::string_view text, bool (*is_space)(char32_t)) {
  std::string repaired;
  text = valid_utf8(text, repaired);
  std::vector<std::string> words;
  const char* word = text.data();
  const char* const end = text.data() + text.size();
  const char* position = word;
  while (position < end) {
    const char* const here = position;
    if (!is_space(next_code_point(position))) continue;
    if (here > word) words.emplace_back(word, here);
    word = position;
  }
  if (end > word) words.emplace_back(word, end);
  return words;
}

}  // namespace

std::vector<std::string> split_at_python_space(std::string_view text) { return split(text, is_python_space); }
std::vector<std::string> split_at_java_space(std::string_view text) { return split(text, is_java_space); }

std::string lower_case(std::string_view text) {
  std::string lowered;
  icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())))
      .toLower(icu::Locale::getRoot())
      .toUTF8String(lowered);
  return lowered;
}

}  // namespace mtlora
