// Third stage of a tokenizer: normalised text cut into words.
#pragma once

#include <memory>

#include "text/aligned_text.h"
#include "text/tokenizer_file.h"

namespace mtlora {

// Immutable once made; several threads may share it.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  // Cuts the words that are not tokens yet, and may write them in another alphabet; none is empty afterwards. Throws
  // Error(BadInput) where a regular expression takes too long.
  virtual void split(PreTokenizedText& text) const = 0;
  // Whether it looks at where a word stands in the original text and can't tell unless the text is aligned; it always
  // can tell from a text that has not been `changed` before.
  virtual bool needs_alignment([[maybe_unused]] bool changed) const { return false; }
};

// From the part "pre_tokenizer"; nullptr where it is null. Throws Error(BadInput).
std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const FilePart& part);

}  // namespace mtlora
