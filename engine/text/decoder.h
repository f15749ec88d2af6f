// The way back: tokens to text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/tokenizer_file.h"

namespace mtlora {

// Immutable once made; several threads may share it.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Changes the tokens into the pieces of the text, which is all of them one after another. Throws Error(BadInput)
  // where a regular expression takes too long.
  virtual void decode(std::vector<std::string>& tokens) const = 0;
};

// From the part "decoder"; nullptr where it is null. Throws Error(BadInput).
std::unique_ptr<const Decoder> make_decoder(const FilePart& part);

}  // namespace mtlora
