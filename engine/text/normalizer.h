// First stage of a tokenizer: text made uniform before it is cut.
#pragma once

#include <memory>

#include "text/aligned_text.h"
#include "text/tokenizer_file.h"

namespace mtlora {

// Immutable once made; several threads may share it.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  // `text` is well-formed UTF-8. Throws Error(BadInput) where a regular expression takes too long.
  virtual void normalize(AlignedText& text) const = 0;
};

// From the part "normalizer"; nullptr where it is null. Throws Error(BadInput).
std::unique_ptr<const Normalizer> make_normalizer(const FilePart& part);

}  // namespace mtlora
