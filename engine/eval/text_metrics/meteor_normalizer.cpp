#include "eval/text_metrics/meteor_normalizer.h"

#include <algorithm>

#include "eval/text_metrics/words.h"
#include "text/utf8.h"

namespace mtlora {

namespace {

using Line = std::u32string;
using Class = bool (*)(char32_t);

// Stands for a dot of an ellipsis until the full stops are done; no character of Unicode.
constexpr char32_t kEllipsisDot = 0xFDD0;

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool no_digit(char32_t c) { return !is_digit(c); }
bool is_lower(char32_t c) { return c >= 'a' && c <= 'z'; }

// METEOR's letters: Latin of Western and Central Europe, Cyrillic, phonetic extensions.
bool is_letter(char32_t c) {
  static constexpr char32_t ranges[][2] = {{'A', 'Z'},       {'a', 'z'},      {0xC0, 0xD6},   {0xD8, 0xF6},
                                           {0xF8, 0x17E},    {0x400, 0x4FF},  {0x500, 0x527}, {0xA640, 0xA66E},
                                           {0xA67E, 0xA697}, {0x1D00, 0x1D7F}};
  return std::ranges::any_of(ranges, [c](const auto& range) { return c >= range[0] && c <= range[1]; });
}
bool no_letter(char32_t c) { return !is_letter(c); }
bool no_letter_or_digit(char32_t c) { return !is_letter(c) && !is_digit(c); }
bool is_letter_or_digit(char32_t c) { return is_letter(c) || is_digit(c); }
bool is_letter_digit_or_dot(char32_t c) { return is_letter_or_digit(c) || c == '.'; }
bool is_s(char32_t c) { return c == 's'; }

bool is_separator(char32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool stays_attached(char32_t c) {
  return is_letter_or_digit(c) || is_separator(c) || c == '\v' || c == '.' || c == '\'' || c == '`' || c == ',' ||
         c == '-' || c == 0x2018 || c == 0x2019;
}

// Replaces `middle` by `with` where it stands between characters of two classes; a character is part of one such
// place only, from the left, so that in a-b-c the second dash stays.
void replace_between(Line& line, Class before, char32_t middle, Class after, std::u32string_view with) {
  Line result;
  for (size_t i = 0; i < line.size();) {
    if (i + 2 < line.size() && line[i + 1] == middle && before(line[i]) && after(line[i + 2])) {
      result += line[i];
      result += with;
      result += line[i + 2];
      i += 3;
    } else {
      result += line[i++];
    }
  }
  line = std::move(result);
}

// Replaces characters alone; a run of two or more dots becomes a word of its own.
Line split_marks(std::u32string_view text) {
  Line line = U" ";
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    const size_t dots = std::min(text.find_first_not_of(U'.', i), text.size()) - i;
    if (dots > 1) {
      line += U' ' + Line(dots, kEllipsisDot) + U' ';
      i += dots - 1;
    } else if (stays_attached(c)) {
      line += c;
    } else {
      line += {U' ', c, U' '};
    }
  }
  return line += U' ';
}

void unify_quotes_and_dashes(Line& line) {
  for (char32_t& c : line) {
    if (c == '`' || c == 0x2018 || c == 0x2019) c = '\'';
    if (c == 0x2013) c = '-';
  }
  Line result;
  for (size_t i = 0; i < line.size(); ++i) {
    const bool twice = i + 1 < line.size() && line[i] == line[i + 1];
    if (line[i] == 0x201C || line[i] == 0x201D || (line[i] == '\'' && twice)) {
      result += U" \" ";
    } else {
      result += line[i];
    }
    if (twice && (line[i] == '\'' || line[i] == '-')) ++i;
  }
  line = std::move(result);
}

std::vector<Line> split_line(const Line& line) {
  std::vector<Line> words;
  for (size_t i = 0; i < line.size();) {
    const auto end = std::find_if(line.begin() + static_cast<std::ptrdiff_t>(i), line.end(), is_separator);
    const auto length = static_cast<size_t>(end - line.begin()) - i;
    if (length) words.push_back(line.substr(i, length));
    i += length + 1;
  }
  return words;
}

// The spaces that METEOR knows beside those of ASCII.
bool is_wide_space(char32_t c) {
  return (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xA0;
}

Line decoded(std::string_view text) {
  Line line;
  for (const char* position = text.data(); position < text.data() + text.size();) line += next_code_point(position);
  return line;
}

}  // namespace

MeteorNormalizer::MeteorNormalizer(const Path& prefixes) {
  const std::string file = read_file(prefixes);
  std::string repaired;
  const Line text = decoded(valid_utf8(file, repaired));
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(U'\n', start), text.size());
    const std::vector<Line> words = split_line(text.substr(start, end - start));
    start = end + 1;
    if (words.empty() || words[0].front() == '#') continue;
    const bool numeric = words.size() > 1 && words[1] == U"#NUMERIC_ONLY#";
    prefixes_[words[0]] = numeric ? Prefix::BeforeNumber : Prefix::BeforeAnything;
  }
}

// A full stop at the end of a word becomes a word, unless the word is an abbreviation or the next word starts small.
std::u32string MeteorNormalizer::split_off_full_stops(const Line& line) const {
  const std::vector<Line> words = split_line(line);
  Line result;
  for (size_t i = 0; i < words.size(); ++i) {
    const Line& word = words[i];
    result += U' ';
    if (word.size() < 2 || word.back() != '.') {
      result += word;
      continue;
    }
    const Line start = word.substr(0, word.size() - 1);
    const char32_t next = i + 1 < words.size() ? words[i + 1].front() : U'\0';
    const auto prefix = prefixes_.find(start);
    if (start.find(U'.') != Line::npos && std::ranges::any_of(start, is_letter)) {
      std::ranges::copy_if(word, std::back_inserter(result), [](char32_t c) { return c != '.'; });  // U.S. is US
    } else if (is_lower(next) ||
               (prefix != prefixes_.end() && (prefix->second == Prefix::BeforeAnything || is_digit(next)))) {
      result += word;
    } else {
      result += start + U" .";
    }
  }
  return result;
}

std::vector<std::string> MeteorNormalizer::words(std::string_view text) const {
  Line line = split_marks(decoded(text));
  replace_between(line, no_digit, ',', no_digit, U" , ");
  replace_between(line, is_digit, ',', no_digit, U" , ");
  replace_between(line, no_digit, ',', is_digit, U" , ");
  unify_quotes_and_dashes(line);
  replace_between(line, is_letter_digit_or_dot, '-', is_letter_or_digit, U" ");
  replace_between(line, no_letter, '\'', no_letter, U" ' ");
  replace_between(line, no_letter_or_digit, '\'', is_letter, U" ' ");
  replace_between(line, is_letter, '\'', no_letter, U" ' ");
  replace_between(line, is_letter, '\'', is_letter, U" '");
  replace_between(line, is_digit, '\'', is_s, U" '");
  std::string normalized;
  for (const char32_t c : split_off_full_stops(line)) {
    append_utf8(c == kEllipsisDot ? U'.' : is_wide_space(c) ? U' ' : c, normalized);
  }
  normalized = lower_case(normalized);
  std::vector<std::string> words;
  for (size_t start = 0; start < normalized.size();) {
    const size_t end = std::min(normalized.find_first_of(" \t\n\r\f", start), normalized.size());
    if (end > start) words.push_back(normalized.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

}  // namespace mtlora
