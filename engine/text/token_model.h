// Fourth stage of a tokenizer: a word to the ids of its tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/tokenizer_file.h"

namespace mtlora {

struct Token {
  int32_t id;
  uint32_t start, end;  // bytes of the word
};

// Immutable once made; several threads may share it.
class TokenModel {
 public:
  virtual ~TokenModel() = default;
  // Appends the ids of the word's tokens. The word is well-formed UTF-8 and not empty. Throws Error(BadInput) for a
  // character that the model does not know where its file has no unknown token to stand for it.
  virtual void tokenize(std::string_view word, std::vector<int32_t>& ids) const = 0;
  // The same tokens, with the bytes that each stands for as `tokenizers` counts them.
  virtual void tokenize(std::string_view word, std::vector<Token>& tokens) const = 0;
};

// From the part "model". `vocabulary` must outlive the result. Throws Error(BadInput).
std::unique_ptr<const TokenModel> make_token_model(const FilePart& part, const Vocabulary& vocabulary);

// For a text that has no token where no unknown token can stand for it ("": the file names none).
Error unknown_word(std::string_view text, const std::string& unk_token);

// The types, each in its file.
std::unique_ptr<const TokenModel> make_bpe(const FilePart& part, const Vocabulary& vocabulary);
std::unique_ptr<const TokenModel> make_unigram(const FilePart& part, const Vocabulary& vocabulary);

}  // namespace mtlora
