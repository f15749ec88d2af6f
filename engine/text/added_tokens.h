// Second stage of a tokenizer: tokens that are found in the text as they stand, whatever the model would make of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/normalizer.h"
#include "text/tokenizer_file.h"

namespace mtlora {

struct AddedToken {
  std::string content;
  int32_t id;
  bool single_word;     // not where a letter, digit or mark touches it
  bool lstrip, rstrip;  // takes the white space on that side with it
  bool normalized;      // found in normalised text, by its normalised form
};

// The part "added_tokens". Ids as `tokenizers` gives them: the model's where the vocabulary has the token, else the
// next free one; a file that says otherwise is warned of in the log. Throws Error(BadInput).
std::vector<AddedToken> read_added_tokens(const FilePart& part, const Vocabulary& vocabulary);

struct TextPiece {
  std::string_view text;
  int32_t id;  // of an added token, or −1: text for the next stage
};

// Finds added tokens: of those that match, the leftmost and there the longest, without overlap.
class AddedTokenSplitter {
 public:
  // Takes the tokens that are `normalized`, or those that are not. `normalizer` may be nullptr.
  AddedTokenSplitter(const std::vector<AddedToken>& tokens, bool normalized, const Normalizer* normalizer);
  // Appends the pieces of `text` in order.
  void split(std::string_view text, std::vector<TextPiece>& pieces) const;

 private:
  struct Pattern {
    std::string text;
    AddedToken token;
  };
  const Pattern* match(std::string_view text) const;  // the longest that `text` begins with, or nullptr

  std::vector<Pattern> patterns_;     // the longest first
  std::array<bool, 256> is_first_{};  // bytes that a pattern begins with
};

}  // namespace mtlora
