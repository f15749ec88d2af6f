// A SentencePiece model file: a protocol-buffers message, read by hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/files.h"

namespace mtlora {

// Names and numbers are those of sentencepiece_model.proto.
struct SentencePieceModel {
  enum Type { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };
  enum ModelType { Unigram = 1, Bpe = 2, Word = 3, Char = 4 };
  struct Piece {
    std::string piece;  // well-formed UTF-8
    float score = 0;
    int32_t type = Normal;
  };

  std::vector<Piece> pieces;  // a piece's id is its place
  int32_t model_type = Unigram;
  bool byte_fallback = false;
  int32_t unk_id = 0, bos_id = 1, eos_id = 2, pad_id = -1;  // −1: none
  std::string unk_piece = "<unk>", bos_piece = "<s>", eos_piece = "</s>", pad_piece = "<pad>";
  std::string precompiled_charsmap;  // bytes of the normalizer, or ""
  bool add_dummy_prefix = true, remove_extra_whitespaces = true, escape_whitespaces = true;
  bool treat_whitespace_as_suffix = false;
};

// Blocks. Throws Error(File), and Error(BadInput) that names the field and the byte at fault.
SentencePieceModel read_sentencepiece(const Path& path);

}  // namespace mtlora
