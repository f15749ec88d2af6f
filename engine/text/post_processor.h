// Last stage of a tokenizer: the special tokens around one text or two, the token type ids, and offsets without the
// spaces that byte-level tokens begin with.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"
#include "text/tokenizer_file.h"

namespace mtlora {

// The tokens of one text.
struct TokenizedText {
  struct Spaces {
    uint32_t leading, trailing;  // characters of the token that are white space
  };
  std::vector<int32_t> ids;
  std::vector<Span> offsets;   // empty where not wanted
  std::vector<Spaces> spaces;  // the same
};

class PostProcessor {
 public:
  // From the part "post_processor" (TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, or a Sequence of
  // them of which one adds tokens); null adds nothing. Throws Error(BadInput).
  explicit PostProcessor(const FilePart& part);

  int64_t special_tokens(bool is_pair) const;  // how many are added
  // Takes white space off the offsets where the file says so. `text` is the text as it was given.
  void trim_offsets(std::string_view text, SpecialTokens special, TokenizedText& tokens) const;
  // Fills ids, type ids and, if wanted, offsets. Of `a` and of `b`, nullptr for a single text, the first tokens are
  // taken. Without special tokens the texts keep the order and the type ids that the template gives them.
  void process(const TokenizedText& a, size_t a_kept, const TokenizedText* b, size_t b_kept, bool with_offsets,
               SpecialTokens special, Encoding& encoding) const;

 private:
  struct Piece {
    enum Kind { SequenceA, SequenceB, Special } kind;
    int32_t type_id;
    std::vector<int32_t> ids;  // of special tokens
  };
  struct Trim {
    bool add_prefix_space;
    bool is_framed;  // after special tokens were added, if they are
  };
  void read(const FilePart& part);
  void read_template(const FilePart& part);
  void frame(int32_t cls, int32_t sep, bool is_roberta);

  std::vector<Piece> single_, pair_;  // each sequence once
  bool adds_tokens_ = false;          // by the file
  std::vector<Trim> trims_;
};

}  // namespace mtlora
