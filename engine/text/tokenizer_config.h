// What a model folder says of its tokenizer beside the tokenizer's own file: tokenizer_config.json, with the files that
// older folders have for parts of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace mtlora {

// A token that is found in the text as it stands. The names are those of tokenizer.json's "added_tokens".
struct SpecialToken {
  std::string content;
  bool single_word = false, lstrip = false, rstrip = false, normalized = false, special = true;
  bool is_plain = true;  // the file names the content alone
};

struct TokenizerConfig {
  std::string tokenizer_class;  // without "Fast"; "" where no file names it
  std::string model_type;       // of config.json; ""
  std::optional<SpecialToken> bos_token, eos_token, unk_token, sep_token, pad_token, cls_token, mask_token;
  std::vector<SpecialToken> additional_special_tokens;
  std::map<int32_t, SpecialToken> added_tokens;  // by id: added_tokens_decoder, or added_tokens.json
  std::optional<bool> add_bos_token, add_eos_token, add_prefix_space, legacy;
  std::optional<bool> do_lower_case, strip_accents, tokenize_chinese_chars, split_by_punct;
  int64_t model_max_length = 0;  // tokens; 0: no limit is named
  std::string chat_template;     // Jinja; the one named "default" where there are several; "" for none
};

// Reads tokenizer_config.json, special_tokens_map.json, added_tokens.json, chat_template.jinja and the model_type of
// config.json, as far as they are there; bos and eos that none names are those of the tokenizer's class. Blocks. Throws
// Error(File) and Error(BadInput).
TokenizerConfig read_tokenizer_config(const Path& folder);

}  // namespace mtlora
