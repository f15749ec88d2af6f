// METEOR's own tokens of an English text (its option -norm).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/files.h"

namespace mtlora {

// Splits a text as METEOR 1.5 does: Moses' tokenizer, with quotes and dashes of one form, dashes between words and dots
// within abbreviations taken out, and contractions split before the apostrophe; then lower case.
class MeteorNormalizer {
 public:
  // `prefixes`: the list of abbreviations behind which a full stop ends no sentence, in Moses' format: one a line, with
  // #NUMERIC_ONLY# behind it where a number must follow. Throws Error(File).
  explicit MeteorNormalizer(const Path& prefixes);

  // Of a well-formed text.
  std::vector<std::string> words(std::string_view text) const;

 private:
  std::u32string split_off_full_stops(const std::u32string& line) const;

  enum class Prefix { BeforeAnything, BeforeNumber };
  std::unordered_map<std::u32string, Prefix> prefixes_;
};

}  // namespace mtlora
