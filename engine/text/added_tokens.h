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
  bool single_word;         // not where a letter, digit or mark touches it
  bool lstrip, rstrip;      // takes the white space on that side with it
  bool normalized;          // found in normalised text, by its normalised form
  bool special;             // can be left out when decoding
  std::string normal_form;  // of a `normalized` token, else its content
};

// The part "added_tokens". Ids as `tokenizers` gives them: the model's where the vocabulary has the token, else the
// next free one; a file that says otherwise is warned of in the log. `normalizer` may be nullptr. Throws
// Error(BadInput).
std::vector<AddedToken> read_added_tokens(const FilePart& part, const Vocabulary& vocabulary,
                                          const Normalizer* normalizer);

// Finds added tokens: of those that match, the leftmost and there the longest, without overlap.
class AddedTokenSplitter {
 public:
  // Takes the tokens that are `normalized`, or those that are not.
  AddedTokenSplitter(const std::vector<AddedToken>& tokens, bool normalized);

  bool empty() const { return tokens_.empty(); }
  // Cuts the words that are not tokens yet at the tokens in them.
  void split(PreTokenizedText& text) const;

 private:
  // A trie over bytes.
  struct Node {
    int32_t token = -1;  // index of the token that ends here
    std::vector<std::pair<char, uint32_t>> children;
  };
  struct Match {
    size_t length = 0;  // 0: none
    int32_t token = -1;
  };
  void add(std::string_view content, int32_t token);
  Match match(std::string_view text) const;  // the longest that `text` begins with
  void split(const PreTokenizedText::Word& word, std::string_view text,
             std::vector<PreTokenizedText::Word>& words) const;

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::array<bool, 256> is_first_{};  // bytes that a token begins with
};

}  // namespace mtlora
