#include "text/tokenizer_config.h"

#include <charconv>
#include <cmath>
#include <filesystem>

#include "base/json.h"
#include "text/tokenizer_file.h"

namespace mtlora {
namespace {

using nlohmann::json;

// A file that may be missing: then an empty object.
struct OptionalFile {
  Path path;
  json value = json::object();

  OptionalFile(const Path& folder, const char* name) : path(folder / name) {
    if (std::filesystem::exists(path)) value = read_json(path);
    if (!value.is_object()) FilePart(path, "the file", value).at("");  // throws
  }
  FilePart at(const std::string& key) const { return FilePart(path, "", value).at(key); }
};

SpecialToken read_token(const FilePart& part, bool special) {
  SpecialToken token;
  token.special = special;
  if (!part.has("content")) {
    token.content = part.as_string();
    return token;
  }
  token.is_plain = false;
  token.content = part.at("content").as_string();
  token.single_word = part.at("single_word").as_bool_or(false);
  token.lstrip = part.at("lstrip").as_bool_or(false);
  token.rstrip = part.at("rstrip").as_bool_or(false);
  token.special = part.at("special").as_bool_or(special);
  token.normalized = part.at("normalized").as_bool_or(!token.special);
  return token;
}

void read_token(const FilePart& part, std::optional<SpecialToken>& token) {
  if (!part.is_null()) token = read_token(part, true);
}

void read_flag(const FilePart& part, std::optional<bool>& flag) {
  if (!part.is_null()) flag = part.as_bool();
}

// The named tokens of tokenizer_config.json or special_tokens_map.json.
void read_tokens(const OptionalFile& file, TokenizerConfig& config) {
  read_token(file.at("bos_token"), config.bos_token);
  read_token(file.at("eos_token"), config.eos_token);
  read_token(file.at("unk_token"), config.unk_token);
  read_token(file.at("sep_token"), config.sep_token);
  read_token(file.at("pad_token"), config.pad_token);
  read_token(file.at("cls_token"), config.cls_token);
  read_token(file.at("mask_token"), config.mask_token);
  if (const FilePart list = file.at("additional_special_tokens"); !list.is_null()) {
    config.additional_special_tokens.clear();
    for (const FilePart& item : list.items()) config.additional_special_tokens.push_back(read_token(item, true));
  }
}

void read_added_tokens(const OptionalFile& config_file, const OptionalFile& old_file, TokenizerConfig& config) {
  for (const auto& [content, id] : old_file.value.items()) {
    SpecialToken token;
    token.content = content;
    token.special = false;
    token.normalized = true;
    config.added_tokens[FilePart(old_file.path, "\"" + content + "\"", id).as_count(Vocabulary::max_id)] = token;
  }
  const FilePart decoder = config_file.at("added_tokens_decoder");
  if (decoder.is_null()) return;
  if (!config_file.value["added_tokens_decoder"].is_object()) decoder.at("");  // throws
  for (const auto& [key, value] : config_file.value["added_tokens_decoder"].items()) {
    int32_t id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    const FilePart part(config_file.path, "added_tokens_decoder[\"" + key + "\"]", value);
    if (error != std::errc() || end != key.data() + key.size() || id < 0 || id > Vocabulary::max_id) {
      part.fail("should be named by a token's id, 0 to " + std::to_string(Vocabulary::max_id));
    }
    config.added_tokens[id] = read_token(part, false);
  }
}

// What the classes of transformers (5.18) take where no file names a token; by class, else by the model's type.
struct DefaultTokens {
  const char *tokenizer_class, *model_type, *bos, *eos;
};
constexpr DefaultTokens default_tokens[] = {{"GPT2Tokenizer", "gpt2", "<|endoftext|>", "<|endoftext|>"},
                                            {"RobertaTokenizer", "roberta", "<s>", "</s>"},
                                            {"XLMRobertaTokenizer", "xlm-roberta", "<s>", "</s>"},
                                            {"Qwen2Tokenizer", "qwen2", nullptr, "<|endoftext|>"},
                                            {"Qwen2Tokenizer", "qwen3", nullptr, "<|endoftext|>"},
                                            {"LlamaTokenizer", nullptr, "<s>", "</s>"},
                                            {"GemmaTokenizer", "gemma", "<bos>", "<eos>"},
                                            {"GemmaTokenizer", "gemma2", "<bos>", "<eos>"}};

void add_default_tokens(TokenizerConfig& config) {
  const std::string& named = config.tokenizer_class;
  const auto add = [](std::optional<SpecialToken>& token, const char* content) {
    if (token || !content) return;
    token.emplace();
    token->content = content;
  };
  for (const DefaultTokens& tokens : default_tokens) {
    const bool is_model = named.empty() && tokens.model_type && config.model_type == tokens.model_type;
    if (named != tokens.tokenizer_class && !is_model) continue;
    add(config.bos_token, tokens.bos);
    add(config.eos_token, tokens.eos);
    return;
  }
}

std::string read_chat_template(const FilePart& part) {
  if (part.is_null()) return "";
  if (!part.is_list()) return part.as_string();
  std::string first;
  for (const FilePart& item : part.items()) {  // [{"name": "default", "template": "..."}, ...]
    if (item.at("name").as_string() == "default") return item.at("template").as_string();
    if (first.empty()) first = item.at("template").as_string();
  }
  return first;
}

}  // namespace

TokenizerConfig read_tokenizer_config(const Path& folder) {
  const OptionalFile file(folder, "tokenizer_config.json"), model(folder, "config.json");
  TokenizerConfig config;
  config.tokenizer_class = file.at("tokenizer_class").as_string_or("");
  if (config.tokenizer_class.empty()) config.tokenizer_class = model.at("tokenizer_class").as_string_or("");
  if (config.tokenizer_class.ends_with("Fast")) config.tokenizer_class.resize(config.tokenizer_class.size() - 4);
  config.model_type = model.at("model_type").as_string_or("");

  read_tokens(OptionalFile(folder, "special_tokens_map.json"), config);
  read_tokens(file, config);
  add_default_tokens(config);
  read_added_tokens(file, OptionalFile(folder, "added_tokens.json"), config);

  read_flag(file.at("add_bos_token"), config.add_bos_token);
  read_flag(file.at("add_eos_token"), config.add_eos_token);
  read_flag(file.at("add_prefix_space"), config.add_prefix_space);
  read_flag(file.at("legacy"), config.legacy);
  read_flag(file.at("do_lower_case"), config.do_lower_case);
  read_flag(file.at("strip_accents"), config.strip_accents);
  read_flag(file.at("tokenize_chinese_chars"), config.tokenize_chinese_chars);
  read_flag(file.at("split_by_punct"), config.split_by_punct);

  // Folders without a limit have transformers' "very large integer", about 1e30.
  if (const FilePart length = file.at("model_max_length"); !length.is_null()) {
    const double tokens = length.as_number();
    if (!(tokens >= 1)) length.fail("should be a number of tokens, at least 1, found " + length.shown());
    if (tokens < 1e9) config.model_max_length = std::llround(tokens);
  }

  const Path template_file = folder / "chat_template.jinja";  // it takes the place of the one in the configuration
  config.chat_template =
      std::filesystem::exists(template_file) ? read_file(template_file) : read_chat_template(file.at("chat_template"));
  return config;
}

}  // namespace mtlora
