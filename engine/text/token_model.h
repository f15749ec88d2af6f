// Fourth stage of a tokenizer: a word to the ids of its tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "text/tokenizer_file.h"

namespace mtlora {

struct Token {
  int32_t id;
  uint32_t start, end;  // bytes of the word
};

class TokenModel {
 public:
  virtual ~TokenModel() = default;
  // Appends the ids of the word's tokens.
  virtual void tokenize(std::string_view word, std::vector<int32_t>& ids) const = 0;
  // The same tokens, with the bytes that each stands for.
  virtual void tokenize(std::string_view word, std::vector<Token>& tokens) const = 0;
};

// From the part "model". `vocabulary` must outlive the result. Throws Error(BadInput).
std::unique_ptr<const TokenModel> make_token_model(const FilePart& part, const Vocabulary& vocabulary);

}  // namespace mtlora
