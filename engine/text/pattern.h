// What a text is split at or what is replaced in it: a literal, a regular expression, characters with a property.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer_file.h"
#include "text/utf8.h"

namespace mtlora {

// Immutable once made; several threads may share it.
class Pattern {
 public:
  virtual ~Pattern() = default;
  // Appends all matches in order, without overlap, leftmost first. Throws Error(BadInput) where a regular expression
  // takes too long.
  virtual void find(std::string_view text, std::vector<Span>& matches) const = 0;
};

// Each character that has the property is a match.
std::unique_ptr<const Pattern> make_character_pattern(bool (*property)(char32_t));

// \w+|[^\w\s]+
std::unique_ptr<const Pattern> make_word_pattern();

// {"String": a literal} or {"Regex": an expression of Oniguruma}. Throws Error(BadInput).
std::unique_ptr<const Pattern> make_pattern(const FilePart& part);

// Oniguruma alone; `make_pattern` prefers a hand-made scanner where there is one. Throws Error(BadInput), naming
// `part`.
std::unique_ptr<const Pattern> make_regex(const std::string& expression, const FilePart& part);

// A scanner that finds what the expression would find, or nullptr where none has been made.
std::unique_ptr<const Pattern> make_scanner(std::string_view expression);

// The expressions that have one.
extern const char* const gpt2_expression;
extern const char* const llama3_expression;
extern const char* const qwen2_expression;

}  // namespace mtlora
