// tokenizer.json: text to token ids, equal to the `tokenizers` package.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace mtlora {

struct Encoding {
  std::vector<int32_t> input_ids;
  std::vector<int32_t> token_type_ids;  // as the template of the file says
  int64_t tokens_cut = 0;               // by truncation
};

// Immutable once loaded; `encode` may be called from several threads.
class Tokenizer {
 public:
  // `folder` holds tokenizer.json. Throws Error(File) or Error(BadInput) that names the file and the part at fault.
  static std::shared_ptr<const Tokenizer> load(const Path& folder);
  virtual ~Tokenizer() = default;

  // Special tokens are added. `pair` is nullptr for a single text. At most `max_length` tokens, special ones counted;
  // 0: no limit. Texts lose tokens at their end, the longer one first; where both must, each keeps half of the room and
  // an odd token goes to the longer one, on a tie to the second. Bytes that are not UTF-8 become U+FFFD. Throws
  // Error(BadInput) where `max_length` leaves no room for the special tokens.
  virtual Encoding encode(std::string_view text, const std::string_view* pair = nullptr,
                          int64_t max_length = 0) const = 0;

  virtual std::string token_text(int32_t id) const = 0;  // "##ing"; "" for an unknown id
  virtual int64_t vocabulary_size() const = 0;           // added tokens counted
};

}  // namespace mtlora
