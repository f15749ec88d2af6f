// First stage of a tokenizer: text made uniform before it is cut.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "text/tokenizer_file.h"

namespace mtlora {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  // Appends the normalised form of well-formed UTF-8 to `out`.
  virtual void normalize(std::string_view text, std::string& out) const = 0;
};

// From the part "normalizer"; nullptr where it is null. Throws Error(BadInput).
std::unique_ptr<const Normalizer> make_normalizer(const FilePart& part);

}  // namespace mtlora
