#include "text/pattern.h"

#include <array>

#include "text/unicode.h"

namespace mtlora {
namespace {

class CharacterPattern : public Pattern {
 public:
  explicit CharacterPattern(bool (*property)(char32_t)) : property_(property) {
    for (size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = property(static_cast<char32_t>(c));
  }

  void find(std::string_view text, std::vector<Span>& matches) const override {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
      const auto start = static_cast<uint32_t>(at - text.data());
      const auto byte = static_cast<unsigned char>(*at);
      const bool found = byte < 0x80 ? (++at, ascii_[byte]) : property_(next_code_point(at));
      if (found) matches.push_back({start, static_cast<uint32_t>(at - text.data())});
    }
  }

 private:
  bool (*property_)(char32_t);
  std::array<bool, 128> ascii_;
};

class WordPattern : public Pattern {
 public:
  WordPattern() {
    for (size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = kind(static_cast<char32_t>(c));
  }

  void find(std::string_view text, std::vector<Span>& matches) const override {
    const char* at = text.data();
    const char* const end = at + text.size();
    Kind last = Kind::Space;
    while (at != end) {
      const auto start = static_cast<uint32_t>(at - text.data());
      const auto byte = static_cast<unsigned char>(*at);
      const Kind here = byte < 0x80 ? (++at, ascii_[byte]) : kind(next_code_point(at));
      if (here != Kind::Space) {
        if (here != last) matches.push_back({start, start});
        matches.back().end = static_cast<uint32_t>(at - text.data());
      }
      last = here;
    }
  }

 private:
  enum class Kind : uint8_t { Word, Space, Other };
  static Kind kind(char32_t c) {
    return is_whitespace(c) ? Kind::Space : is_word_character(c) ? Kind::Word : Kind::Other;
  }
  std::array<Kind, 128> ascii_;
};

class LiteralPattern : public Pattern {
 public:
  explicit LiteralPattern(std::string literal) : literal_(std::move(literal)) {}

  void find(std::string_view text, std::vector<Span>& matches) const override {
    for (size_t at = 0; (at = text.find(literal_, at)) != std::string_view::npos; at += literal_.size()) {
      matches.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(at + literal_.size())});
    }
  }

 private:
  std::string literal_;  // not empty
};

}  // namespace

std::unique_ptr<const Pattern> make_character_pattern(bool (*property)(char32_t)) {
  return std::make_unique<CharacterPattern>(property);
}

std::unique_ptr<const Pattern> make_word_pattern() { return std::make_unique<WordPattern>(); }

std::unique_ptr<const Pattern> make_pattern(const FilePart& part) {
  if (part.has("String")) {
    const std::string literal = part.at("String").as_string();
    if (!literal.empty()) return std::make_unique<LiteralPattern>(literal);
    return make_regex(literal, part.at("String"));  // it matches between all characters
  }
  const FilePart regex = part.at("Regex");
  const std::string expression = regex.as_string();
  if (auto scanner = make_scanner(expression)) return scanner;
  return make_regex(expression, regex);
}

}  // namespace mtlora
