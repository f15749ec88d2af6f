#include "eval/text_metrics/tokenize_nltk.h"

#include <unicode/regex.h>
#include <unicode/unistr.h>

#include <memory>
#include <vector>

#include "base/error.h"
#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

// In ICU's syntax, whose \w is that of Python's package `regex`; words and blanks as Python's own `re` knows them, with
// which NLTK looks for contractions.
#define WORD "[\\p{L}\\p{N}_]"
#define EDGE "(?:(?<=" WORD ")(?!" WORD ")|(?<!" WORD ")(?=" WORD "))"
#define BLANK "[\\s\\x0b\\x1c-\\x1f\\x85]"

struct Step {
  const char *found, *replaced_by;
};

// In this order. What is found is looked for from left to right, each time behind what was found before.
constexpr Step kQuotesThatOpen[] = {
    {"[«“‘„]|`+", " $0 "},
    {"^\"", "``"},
    {"``", " $0 "},
    {"([ (\\[{<])(?:\"|'{2})", "$1 `` "},
    {"(?<!\\w)'(?!(?i:re|ve|ll|m|t|s|d|n)(?!\\w))(?=\\w)", "$0 "},
};
constexpr Step kMarks[] = {
    {"([^.])\\.([\\])}>\"'»”’ ]*+)" BLANK "*\\z", "$1 . $2 "},
    {"([:,])(\\P{Nd})", " $1 $2"},
    {"[:,](?=\\n?\\z)", " $0 "},
    {"\\.{2,}", " $0 "},
    {"[;@#$%&\u2012-\u2015]", " $0 "},
    {"([^.])\\.([\\])}>\"']*)" BLANK "*\\z", "$1 .$2 "},
    {"[?!]", " $0 "},
    {"([^'])' ", "$1 ' "},
    {"[*()\\[\\]{}<>]", " $0 "},
    {"--", " $0 "},
};
constexpr Step kQuotesThatClose[] = {
    {"[»”’]", " $0 "},
    {"''|\"", " '' "},
    {BLANK "+", " "},
    {"([^' ])('[sSmMdD]?) ", "$1 $2 "},
    {"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "$1 $2 "},
};
constexpr Step kContractions[] = {
    {"(?i)" EDGE "(can)(not)" EDGE, " $1 $2 "},        {"(?i)" EDGE "(d)('ye)" EDGE, " $1 $2 "},
    {"(?i)" EDGE "(gim|lem)(me)" EDGE, " $1 $2 "},     {"(?i)" EDGE "(gon)(na)" EDGE, " $1 $2 "},
    {"(?i)" EDGE "(got)(ta)" EDGE, " $1 $2 "},         {"(?i)" EDGE "(more)('n)" EDGE, " $1 $2 "},
    {"(?i)" EDGE "(wan)(na)(?=" BLANK ")", " $1 $2 "}, {"(?i) ('t)(is|was)" EDGE, " $1 $2 "},
};

#undef WORD
#undef EDGE
#undef BLANK

class Steps {
 public:
  template <size_t N>
  explicit Steps(const Step (&steps)[N]) {
    for (const Step& step : steps) {
      UErrorCode status = U_ZERO_ERROR;
      UParseError where;
      patterns_.emplace_back(icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(step.found), where, status));
      check(status);
      replacements_.push_back(icu::UnicodeString::fromUTF8(step.replaced_by));
    }
  }

  void apply(icu::UnicodeString& text) const {
    for (size_t i = 0; i < patterns_.size(); ++i) {
      UErrorCode status = U_ZERO_ERROR;
      const std::unique_ptr<icu::RegexMatcher> matcher(patterns_[i]->matcher(text, status));
      check(status);
      icu::UnicodeString replaced = matcher->replaceAll(replacements_[i], status);
      check(status);
      text = std::move(replaced);
    }
  }

 private:
  static void check(UErrorCode status) {
    if (U_FAILURE(status)) {
      throw Error(ErrorCode::Internal, std::string("ICU can't split a text into words: ") + u_errorName(status));
    }
  }
  std::vector<std::unique_ptr<icu::RegexPattern>> patterns_;
  std::vector<icu::UnicodeString> replacements_;
};

}  // namespace

std::string tokenize_nltk(std::string_view text) {
  static const Steps open(kQuotesThatOpen), marks(kMarks), close(kQuotesThatClose), contractions(kContractions);
  icu::UnicodeString wide =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  open.apply(wide);
  marks.apply(wide);
  wide = icu::UnicodeString(u' ') + wide + u' ';
  close.apply(wide);
  contractions.apply(wide);
  std::string split, result;
  wide.toUTF8String(split);
  for (const std::string_view word : split_words(split)) {
    if (!result.empty()) result += ' ';
    result += word;
  }
  return result;
}

ScoredTexts tokenize_nltk(const ScoredTexts& texts) {
  ScoredTexts result = texts;
  for (std::string& text : result.hypotheses) text = tokenize_nltk(text);
  for (auto& references : result.references) {
    for (std::string& text : references) text = tokenize_nltk(text);
  }
  return result;
}

}  // namespace mtlora
