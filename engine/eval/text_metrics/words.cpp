#include "eval/text_metrics/words.h"

#include <unicode/ucasemap.h>

#include <memory>

#include "base/error.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace mtlora {

namespace {

std::string lower_case_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

constexpr bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::string lower_case(std::string_view text) {
  if (is_ascii(text)) return lower_case_ascii(text);
  UErrorCode status = U_ZERO_ERROR;
  // "": the root locale, whatever language the desktop speaks (Turkish has another lower case of I).
  const std::unique_ptr<UCaseMap, decltype(&ucasemap_close)> map(ucasemap_open("", 0, &status), ucasemap_close);
  std::string lower(text.size() + text.size() / 2 + 8, '\0');
  int32_t length = 0;
  for (int round = 0; round < 2; ++round) {  // again where the first buffer is too short
    if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR) break;
    status = U_ZERO_ERROR;
    length = ucasemap_utf8ToLower(map.get(), lower.data(), static_cast<int32_t>(lower.size()), text.data(),
                                  static_cast<int32_t>(text.size()), &status);
    if (U_SUCCESS(status)) break;
    lower.resize(static_cast<size_t>(length));
  }
  if (U_FAILURE(status)) {
    throw Error(ErrorCode::Internal, std::string("ICU can't put a text in lower case: ") + u_errorName(status));
  }
  lower.resize(static_cast<size_t>(length));
  return lower;
}

bool is_python_space(char32_t c) { return (c >= 0x1c && c <= 0x1f) || is_whitespace(c); }

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  const char* const end = text.data() + text.size();
  const char* begin = text.data();  // of the word
  for (const char* position = begin; position < end;) {
    const char* const at = position;
    if (!is_python_space(next_code_point(position))) continue;
    if (at > begin) words.emplace_back(begin, at);
    begin = position;
  }
  if (end > begin) words.emplace_back(begin, end);
  return words;
}

std::vector<std::string_view> split_words_ascii(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t begin = 0, at = 0; at <= text.size(); ++at) {
    if (at < text.size() && !is_ascii_space(text[at])) continue;
    if (at > begin) words.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  return words;
}

std::vector<std::string_view> split_at_blanks(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
    end = text.find(' ', begin);
    parts.push_back(text.substr(begin, end - begin));
  }
  return parts;
}

std::string_view without_trailing_space(std::string_view text) {
  while (!text.empty()) {
    const size_t length = last_character_length(text);
    const char* position = text.data() + text.size() - length;
    if (!is_python_space(next_code_point(position))) break;
    text.remove_suffix(length);
  }
  return text;
}

std::vector<uint32_t> Vocabulary::numbers_of(const std::vector<std::string_view>& words) {
  std::vector<uint32_t> numbers;
  numbers.reserve(words.size());
  for (const std::string_view word : words) {
    auto found = numbers_.find(word);
    if (found == numbers_.end()) found = numbers_.emplace(word, size()).first;
    numbers.push_back(found->second);
  }
  return numbers;
}

}  // namespace mtlora
