// Scanners by hand for the expressions at which most byte-level tokenizers split; a test holds them against Oniguruma.
// Each of these expressions covers the whole text: a match begins where the last one ended.
#include <algorithm>
#include <array>

#include "text/pattern.h"
#include "text/unicode.h"

namespace mtlora {

const char* const gpt2_expression = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
const char* const llama3_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const char* const qwen2_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

namespace {

enum class Kind : uint8_t { Letter, Number, Space, LineEnd, Other, TextEnd };

Kind kind_of(char32_t c) {
  if (c == '\r' || c == '\n') return Kind::LineEnd;
  if (is_letter(c)) return Kind::Letter;
  if (is_number(c)) return Kind::Number;
  return is_whitespace(c) ? Kind::Space : Kind::Other;
}

// Of the basic plane.
const std::array<Kind, 0x10000>& kinds() {
  static const auto table = [] {
    std::array<Kind, 0x10000> result{};
    for (size_t c = 0; c < result.size(); ++c) result[c] = kind_of(static_cast<char32_t>(c));
    return result;
  }();
  return table;
}

// Reads on while characters are of a kind.
class Cursor {
 public:
  Cursor(std::string_view text, const std::array<Kind, 0x10000>& table)
      : begin_(text.data()), end_(begin_ + text.size()), at_(begin_), kinds_(table.data()) {}

  uint32_t position() const { return static_cast<uint32_t>(at_ - begin_); }
  bool at_end() const { return at_ == end_; }
  char byte() const { return *at_; }
  char byte(size_t ahead) const { return static_cast<size_t>(end_ - at_) > ahead ? at_[ahead] : '\0'; }
  void advance(size_t bytes) { at_ += bytes; }
  void seek(uint32_t position) { at_ = begin_ + position; }

  Kind kind() const {
    const char* next;
    return look(at_, next);
  }
  Kind take() {
    const char* next = at_;
    const Kind kind = look(at_, next);
    at_ = next;
    return kind;
  }
  // Kind of the character behind the one here.
  Kind next_kind() const {
    const char *next, *ignored;
    look(at_, next);
    return look(next, ignored);
  }
  void take_run(Kind kind, size_t limit = SIZE_MAX) {
    const char* next;
    for (; limit > 0 && look(at_, next) == kind; --limit) at_ = next;
  }

  // White space from here on: \s*[\r\n]+ where `line_ends` and there is one, else \s+(?!\S) or, if need be, \s+.
  void take_space(bool line_ends) {
    const char *next, *last = at_, *line_end = nullptr;
    size_t length = 0;  // characters
    for (Kind kind; (kind = look(at_, next)) == Kind::Space || kind == Kind::LineEnd; at_ = next, ++length) {
      last = at_;
      if (kind == Kind::LineEnd) line_end = next;
    }
    if (line_ends && line_end) {
      at_ = line_end;
    } else if (at_ != end_ && length > 1) {
      at_ = last;
    }
  }

 private:
  Kind look(const char* at, const char*& next) const {
    next = at;
    if (at == end_) return Kind::TextEnd;
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < 0x80) {
      ++next;
      return kinds_[byte];
    }
    const char32_t c = next_code_point(next);
    return c < 0x10000 ? kinds_[c] : kind_of(c);
  }

  const char *begin_, *end_, *at_;
  const Kind* kinds_;
};

// Length of 's, 't, 're, 've, 'm, 'll or 'd after the apostrophe here, or 0. Without case the long s (U+017F) is an s.
size_t contraction(const Cursor& cursor, bool fold_case) {
  const auto letter = [&](size_t ahead) {
    const char c = cursor.byte(ahead);
    return fold_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  switch (letter(1)) {
    case 's':
    case 't':
    case 'm':
    case 'd': return 2;
    case 'r':
    case 'v': return letter(2) == 'e' ? 3 : 0;
    case 'l': return letter(2) == 'l' ? 3 : 0;
    case '\xC5': return fold_case && cursor.byte(2) == '\xBF' ? 3 : 0;
    default: return 0;
  }
}

class Gpt2Scanner : public Pattern {
 public:
  void find(std::string_view text, std::vector<Span>& matches) const override {
    Cursor cursor(text, table_);
    while (!cursor.at_end()) {
      const uint32_t start = cursor.position();
      step(cursor);
      matches.push_back({start, cursor.position()});
    }
  }

 private:
  static void step(Cursor& cursor) {
    if (cursor.byte() == '\'') {
      if (const size_t length = contraction(cursor, false)) return cursor.advance(length);
    }
    Kind kind = cursor.kind();
    if (cursor.byte() == ' ') {
      kind = cursor.next_kind();
      const bool is_word = kind == Kind::Letter || kind == Kind::Number || kind == Kind::Other;
      if (!is_word) return cursor.take_space(false);
      cursor.advance(1);
    } else if (kind == Kind::Space || kind == Kind::LineEnd) {
      return cursor.take_space(false);
    }
    cursor.take_run(kind);
  }

  const std::array<Kind, 0x10000>& table_ = kinds();
};

class Llama3Scanner : public Pattern {
 public:
  explicit Llama3Scanner(size_t digits) : digits_(digits) {}

  void find(std::string_view text, std::vector<Span>& matches) const override {
    Cursor cursor(text, table_);
    while (!cursor.at_end()) {
      const uint32_t start = cursor.position();
      step(cursor);
      matches.push_back({start, cursor.position()});
    }
  }

 private:
  void step(Cursor& cursor) const {
    if (cursor.byte() == '\'') {
      if (const size_t length = contraction(cursor, true)) return cursor.advance(length);
    }
    const Kind kind = cursor.kind();
    if (kind == Kind::Letter) return cursor.take_run(kind);
    if (kind == Kind::Number) return cursor.take_run(kind, digits_);
    if (kind == Kind::LineEnd) return cursor.take_space(true);
    const Kind next = cursor.next_kind();
    if (next == Kind::Letter) {
      cursor.take();
      return cursor.take_run(next);
    }
    if (kind == Kind::Space) {
      if (cursor.byte() != ' ' || next != Kind::Other) return cursor.take_space(true);
      cursor.advance(1);
    }
    cursor.take_run(Kind::Other);
    cursor.take_run(Kind::LineEnd);
  }

  size_t digits_;  // of one match at most
  const std::array<Kind, 0x10000>& table_ = kinds();
};

}  // namespace

std::unique_ptr<const Pattern> make_scanner(std::string_view expression) {
  if (expression == gpt2_expression) return std::make_unique<Gpt2Scanner>();
  if (expression == llama3_expression) return std::make_unique<Llama3Scanner>(3);
  if (expression == qwen2_expression) return std::make_unique<Llama3Scanner>(1);
  return nullptr;
}

}  // namespace mtlora
