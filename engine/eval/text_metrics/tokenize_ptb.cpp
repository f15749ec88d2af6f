#include "eval/text_metrics/tokenize_ptb.h"

#include <algorithm>
#include <array>

#include "eval/text_metrics/ptb_rules.h"
#include "eval/text_metrics/words.h"
#include "text/utf8.h"

namespace mtlora {

namespace {

// What the scripts take out, less what no token in lower case is.
constexpr std::array<std::string_view, 13> kPunctuation = {"''", "'", "``", "`",  ".",   "?", "!",
                                                           ",",  ":", "-",  "--", "...", ";"};

struct Replacement {
  std::string_view from, to;
};
constexpr Replacement kEscapes[] = {{"(", "-LRB-"},    {")", "-RRB-"},    {" ", "\u00A0"},   {"\u00A2", "cents"},
                                    {"\u00A3", "#"},   {"\u0080", "$"},   {"\u00A4", "$"},   {"\u20A0", "$"},
                                    {"\u20AC", "$"},   {"\u00BC", "1/4"}, {"\u00BD", "1/2"}, {"\u00BE", "3/4"},
                                    {"\u2153", "1/3"}, {"\u2154", "2/3"}, {"&lt;", "<"},     {"&gt;", ">"}};
constexpr Replacement kSpace[] = {{" ", "\u00A0"}};
constexpr Replacement kBrackets[] = {{"[", "-LSB-"}, {"]", "-RSB-"}, {"{", "-LCB-"}, {"}", "-RCB-"}};
constexpr Replacement kQuotes[] = {{"&apos;", "'"},  {"\"", "''"},     {"&quot;", "''"}, {"\u0091", "`"},
                                   {"\u2018", "`"},  {"\u201B", "`"},  {"\u2039", "`"},  {"\u0092", "'"},
                                   {"\u2019", "'"},  {"\u203A", "'"},  {"\u0093", "``"}, {"\u201C", "``"},
                                   {"\u00AB", "``"}, {"\u0094", "''"}, {"\u201D", "''"}, {"\u00BB", "''"}};

template <size_t N>
std::string replaced(std::string_view text, const Replacement (&table)[N]) {
  std::string result;
  while (!text.empty()) {
    const auto* found = std::ranges::find_if(table, [&](const Replacement& one) { return text.starts_with(one.from); });
    const bool is_found = found != std::end(table);
    result += is_found ? found->to : text.substr(0, 1);
    text.remove_prefix(is_found ? found->from.size() : 1);
  }
  return result;
}

std::string without(std::string text, std::string_view what) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) text.erase(at, what.size());
  return text;
}

std::string in_form(std::string token, PtbForm form) {
  switch (form) {
    case PtbForm::Word: {
      std::string word = without(std::move(token), "\u00AD");
      return word.empty() ? "-" : word;
    }
    case PtbForm::Escaped:
      return token.size() == 1 ? replaced(replaced(token, kBrackets), kEscapes) : replaced(token, kEscapes);
    case PtbForm::Unbroken: return replaced(token, kSpace);
    case PtbForm::Ampersand: return without(std::move(token), "amp;");
    case PtbForm::Quote: return replaced(token, kQuotes);
    case PtbForm::Letter: return token.substr(0, token.size() - 1);
    default: return token;
  }
}

std::u32string as_lines(const std::vector<std::string>& texts) {
  std::u32string lines;
  for (const std::string& text : texts) {
    for (const char* at = text.data(); at < text.data() + text.size();) {
      const char32_t c = next_code_point(at);
      lines += c == U'\n' ? U' ' : c;
    }
    lines += U'\n';
  }
  if (!lines.empty()) lines.pop_back();
  return lines;
}

LongestMatch scanner() {
  std::vector<ScanRule> rules;
  for (const PtbRule& rule : ptb_rules()) rules.push_back(rule.scan);
  return {rules, ptb_names()};
}

// The tokens of each line, with a space between.
std::vector<std::string> token_lines(std::u32string_view lines) {
  static thread_local LongestMatch scan = scanner();
  std::vector<std::string> result(1);
  for (size_t at = 0; at < lines.size();) {
    const LongestMatch::Match match = scan.at(lines, at);
    if (match.length == 0) {
      ++at;
      continue;
    }
    const PtbRule& rule = ptb_rules()[match.rule];
    const size_t length = match.length - rule.given_back;
    if (rule.form == PtbForm::LineEnd) {
      result.emplace_back();
    } else if (rule.form != PtbForm::Nothing) {
      std::string token;
      for (size_t i = at; i < at + length; ++i) append_utf8(lines[i], token);
      if (!result.back().empty()) result.back() += ' ';
      result.back() += lower_case(in_form(std::move(token), rule.form));
    }
    at += length;
  }
  return result;
}

std::string without_punctuation(std::string_view line) {
  std::string result;
  for (const std::string_view token : split_at_blanks(without_trailing_space(line))) {
    if (std::ranges::find(kPunctuation, token) != kPunctuation.end()) continue;
    if (!result.empty()) result += ' ';
    result += token;
  }
  return result;
}

}  // namespace

std::vector<std::string> tokenize_ptb(const std::vector<std::string>& texts) {
  std::vector<std::string> lines = token_lines(as_lines(texts));
  for (std::string& line : lines) line = without_punctuation(line);
  lines.resize(texts.size());
  return lines;
}

ScoredTexts tokenize_ptb(const ScoredTexts& texts) {
  ScoredTexts result = texts;
  result.hypotheses = tokenize_ptb(texts.hypotheses);
  std::vector<std::string> all;
  for (const auto& references : texts.references) all.insert(all.end(), references.begin(), references.end());
  all = tokenize_ptb(all);
  size_t next = 0;
  for (auto& references : result.references) {
    for (std::string& reference : references) reference = std::move(all[next++]);
  }
  return result;
}

}  // namespace mtlora
