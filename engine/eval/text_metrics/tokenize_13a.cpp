#include "eval/text_metrics/tokenize_13a.h"

#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

// All steps work on bytes: what they look for is ASCII, and no byte of a longer UTF-8 sequence is.

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_point(char c) { return c == '.' || c == ','; }

// Blank, and ASCII's punctuation but for ' , - .
bool is_symbol(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') ||
         (c >= ':' && c <= '@') || c == '/';
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string result;
  size_t from = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, from)) {
    result += text.substr(from, at - from);
    result += with;
    from = at + what.size();
  }
  return result += text.substr(from);
}

std::string symbols_apart(std::string_view text) {
  std::string result;
  result.reserve(text.size() * 2);
  for (const char c : text) {
    if (is_symbol(c)) {
      result += {' ', c, ' '};
    } else {
      result += c;
    }
  }
  return result;
}

// Puts a blank between the two bytes of each pair, and where asked before or behind it. Pairs don't overlap: what is
// found from the left is passed over whole, so the second stop of ".." begins no pair.
template <class IsPair>
std::string pairs_apart(std::string_view text, const IsPair& is_pair, bool blank_before, bool blank_behind) {
  std::string result;
  result.reserve(text.size() * 2);
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !is_pair(text[i], text[i + 1])) {
      result += text[i];
      continue;
    }
    if (blank_before) result += ' ';
    result += {text[i], ' ', text[i + 1]};
    if (blank_behind) result += ' ';
    ++i;
  }
  return result;
}

}  // namespace

std::string tokenize_13a(std::string_view text) {
  std::string result(text);
  for (const auto& [what, with] : {std::pair<const char*, const char*>{"<skipped>", ""},
                                   {"-\n", ""},
                                   {"\n", " "},
                                   {"&quot;", "\""},
                                   {"&amp;", "&"},
                                   {"&lt;", "<"},
                                   {"&gt;", ">"}}) {
    if (result.find(what) != std::string::npos) result = replaced(result, what, with);
  }
  result = symbols_apart(' ' + result + ' ');
  result = pairs_apart(
      result, [](char a, char b) { return !is_digit(a) && is_point(b); }, false, true);
  result = pairs_apart(
      result, [](char a, char b) { return is_point(a) && !is_digit(b); }, true, false);
  return pairs_apart(
      result, [](char a, char b) { return is_digit(a) && b == '-'; }, false, true);
}

std::vector<std::string_view> words_13a_lower(std::string_view text, std::string& storage) {
  storage = lower_case(tokenize_13a(text));
  std::vector<std::string_view> words = split_words(storage);
  if (words.empty()) words.emplace_back();
  return words;
}

}  // namespace mtlora
