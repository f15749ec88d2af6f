// The table that SentencePiece normalises text with, a "precompiled_charsmap".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/aligned_text.h"
#include "text/tokenizer_file.h"

namespace mtlora {

// A double-array trie of darts-clone from character sequences to places in a string of replacements, each ended by NUL.
// (SentencePiece, normalizer.cc: its size in bytes as 32 bits, the trie as 32-bit units, the replacements; little
// endian.)
class Charsmap {
 public:
  explicit Charsmap(const FilePart& part);  // of its base64 text; throws Error(BadInput)

  // Grapheme clusters of fewer than 6 bytes are looked up whole, others character by character, as `tokenizers` does.
  void normalize(AlignedText& text) const;

 private:
  // The replacement of the shortest beginning of `text` that the table has.
  std::optional<std::string_view> find(std::string_view text) const;

  std::vector<uint32_t> trie_;
  std::string replacements_;
  std::array<int, 128> ascii_;  // the character that stands for it; −1: where that is not one of ASCII
};

}  // namespace mtlora
