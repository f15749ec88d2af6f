// Third stage of a tokenizer: normalised text cut into words.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "text/tokenizer_file.h"

namespace mtlora {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  // Appends the words of `text`, as parts of it, to `words`; none is empty.
  virtual void split(std::string_view text, std::vector<std::string_view>& words) const = 0;
};

// From the part "pre_tokenizer"; nullptr where it is null. Throws Error(BadInput).
std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const FilePart& part);

}  // namespace mtlora
