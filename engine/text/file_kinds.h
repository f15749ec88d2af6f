// Tokenizers that are kept in other files than tokenizer.json, brought into its form, so that there is one pipeline.
// What is built equals what the converters of transformers 5.18 (convert_slow_tokenizer.py) and the published
// tokenizer.json files of the same models hold.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/tokenizer_config.h"
#include "text/tokenizer_file.h"

namespace mtlora {

// The classes of transformers whose files are understood; others with the same files are brought to one of them.
enum class TokenizerClass { Unknown, Bert, Gpt2, Roberta, Qwen2, Llama, Gemma, DebertaV2, XlmRoberta };

// Each reads `path` (and `merges`). Blocks. Throws Error(File), and Error(BadInput) that names file and line or part.

// vocab.txt: a token a line.
TokenizerFile read_bert_vocabulary(const Path& path, const TokenizerConfig& config);
// vocab.json and merges.txt: Gpt2, Roberta or Qwen2. Unknown: told by the vocabulary, if it can be.
TokenizerFile read_byte_level_bpe(const Path& path, const Path& merges, TokenizerClass kind,
                                  const TokenizerConfig& config);
// A SentencePiece model: Llama, Gemma, DebertaV2 or XlmRoberta.
TokenizerFile read_sentencepiece_tokenizer(const Path& path, TokenizerClass kind, const TokenizerConfig& config);
// A tiktoken rank file, as Llama 3 has it: "<base64 of a token's bytes> <rank>" a line.
TokenizerFile read_tiktoken(const Path& path, const TokenizerConfig& config);
bool is_tiktoken(const Path& path);  // by its first line

// The list "added_tokens" as it grows: ids are the vocabulary's, or the next free ones.
class AddedTokenList {
 public:
  explicit AddedTokenList(const Vocabulary& vocabulary) : vocabulary_(vocabulary), next_(vocabulary.size()) {}

  // Adds the token where it is not there yet.
  void add(const SpecialToken& token);
  // The same for one that the configuration may name: `named` (where that is a name alone, with the flags of
  // `otherwise`), or `otherwise`. Returns the token's text.
  std::string add(const std::optional<SpecialToken>& named, SpecialToken otherwise);
  void add_all(const TokenizerConfig& config);  // its other tokens; they win over those above

  int32_t id_of(const std::string& content) const;  // of an added token, else −1
  nlohmann::json json() const;

 private:
  const Vocabulary& vocabulary_;
  std::map<int32_t, SpecialToken> tokens_;  // by id
  int64_t next_;
};

// The post-processor TemplateProcessing. A piece is a special token, "$A" or "$B", with its token type id.
using Template = std::vector<std::pair<std::string, int>>;
nlohmann::json template_processing(const Template& single, const Template& pair, const AddedTokenList& tokens);

// The pre-tokenizer ByteLevel behind a Split by a regular expression.
nlohmann::json byte_level_split(const char* pattern, bool add_prefix_space);
inline constexpr const char* qwen2_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
inline constexpr const char* llama3_pattern =  // digits by threes
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// Text that a vocabulary file holds. Throws Error(BadInput) where it is not UTF-8.
std::string read_text_file(const Path& path);
// Its lines without their ends (\n or \r\n); what follows the last end is a line unless it is empty.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace mtlora
