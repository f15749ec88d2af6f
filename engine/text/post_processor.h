// Last stage of a tokenizer: the special tokens around one text or two, and the token type ids.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "text/tokenizer.h"
#include "text/tokenizer_file.h"

namespace mtlora {

class PostProcessor {
 public:
  // From the part "post_processor" (TemplateProcessing or BertProcessing); null adds nothing. Throws Error(BadInput).
  explicit PostProcessor(const FilePart& part);

  int64_t special_tokens(bool is_pair) const;  // how many are added
  // Fills ids and type ids. `b` counts only where `is_pair`.
  void process(std::span<const int32_t> a, std::span<const int32_t> b, bool is_pair, Encoding& encoding) const;

 private:
  struct Piece {
    enum Kind { SequenceA, SequenceB, Special } kind;
    int32_t type_id;
    std::vector<int32_t> ids;  // of special tokens
  };
  static std::vector<Piece> read_template(const FilePart& pieces, const FilePart& special_tokens);

  std::vector<Piece> single_, pair_;  // each sequence once
};

}  // namespace mtlora
