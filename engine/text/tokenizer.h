// A model folder's tokenizer: text to token ids, equal to the `tokenizers` package.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "text/utf8.h"

namespace mtlora {

struct Encoding {
  std::vector<int32_t> input_ids;
  std::vector<int32_t> token_type_ids;  // as the template of the file says
  // Where wanted, for each token: the bytes of the text that it comes from (to_character_offsets makes characters of
  // them) and which text that is, 0 or 1; {0, 0} and −1 for a special token.
  std::vector<Span> offsets;
  std::vector<int8_t> sequence_ids;
  int64_t tokens_cut = 0;  // by truncation
};

enum class Offsets { No, Yes };

// None: for a text that holds them already, as a rendered chat does. What looks like one in the text is one either way.
enum class SpecialTokens { Add, None };

// Immutable once loaded; `encode` and `decode` may be called from several threads.
class Tokenizer {
 public:
  // `folder` holds tokenizer.json, or other files of a tokenizer (see file_kinds.h). Blocks. Throws Error(File) or
  // Error(BadInput) that names the file and the part at fault.
  static std::shared_ptr<const Tokenizer> load(const Path& folder);
  virtual ~Tokenizer() = default;

  // Special tokens are added unless told otherwise. `pair` is nullptr for a single text. At most `max_length` tokens,
  // special ones counted; 0: no limit. Texts lose tokens at their end, the longer one first; where both must, each
  // keeps half of the room and an odd token goes to the longer one, on a tie to the second. Bytes that are not UTF-8
  // become U+FFFD. Offsets cost time. Throws Error(BadInput) where `max_length` leaves no room for the special tokens,
  // for a text of more than 128 MiB, and where a regular expression of the file takes too long.
  virtual Encoding encode(std::string_view text, const std::string_view* pair = nullptr, int64_t max_length = 0,
                          Offsets offsets = Offsets::No, SpecialTokens special = SpecialTokens::Add) const = 0;

  // The text of the tokens; unknown ids count for nothing.
  virtual std::string decode(std::span<const int32_t> ids, bool skip_special_tokens) const = 0;

  virtual std::string token_text(int32_t id) const = 0;  // "##ing"; "" for an unknown id
  virtual int64_t vocabulary_size() const = 0;           // added tokens counted
};

}  // namespace mtlora
