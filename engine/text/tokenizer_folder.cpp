// Which files of a model folder hold its tokenizer.
#include <filesystem>

#include "base/error.h"
#include "text/file_kinds.h"

namespace mtlora {
namespace {

using enum TokenizerClass;

constexpr const char* no_tokenizer_hint =
    "Choose a model folder that holds tokenizer.json; save_pretrained of a fast tokenizer in transformers writes it.";

struct NamedClass {
  const char* name;
  TokenizerClass kind;
};
constexpr NamedClass tokenizer_classes[] = {
    {"BertTokenizer", Bert},           {"DistilBertTokenizer", Bert},      {"ElectraTokenizer", Bert},
    {"GPT2Tokenizer", Gpt2},           {"RobertaTokenizer", Roberta},      {"Qwen2Tokenizer", Qwen2},
    {"LlamaTokenizer", Llama},         {"Phi3Tokenizer", Llama},           {"GemmaTokenizer", Gemma},
    {"DebertaV2Tokenizer", DebertaV2}, {"XLMRobertaTokenizer", XlmRoberta}};
constexpr NamedClass model_types[] = {
    {"bert", Bert},    {"distilbert", Bert},      {"electra", Bert},          {"gpt2", Gpt2},     {"roberta", Roberta},
    {"qwen2", Qwen2},  {"qwen3", Qwen2},          {"llama", Llama},           {"mistral", Llama}, {"phi3", Llama},
    {"gemma2", Gemma}, {"deberta-v2", DebertaV2}, {"xlm-roberta", XlmRoberta}};

template <size_t N>
TokenizerClass find_class(const NamedClass (&classes)[N], const std::string& name) {
  for (const NamedClass& entry : classes) {
    if (entry.name == name) return entry.kind;
  }
  return Unknown;
}

// The class that tokenizer_config.json names, else that of the model; a class of unknown name (PreTrainedTokenizer)
// says nothing.
TokenizerClass class_of(const TokenizerConfig& config) {
  const TokenizerClass named = find_class(tokenizer_classes, config.tokenizer_class);
  return named != Unknown ? named : find_class(model_types, config.model_type);
}

[[noreturn]] void refuse_class(const Path& path, const TokenizerConfig& config) {
  const std::string name = !config.tokenizer_class.empty() ? config.tokenizer_class : "model type " + config.model_type;
  throw bad_input(path.string() + ": a tokenizer of " + name + " can't be read from this file.", no_tokenizer_hint);
}

bool has(const Path& folder, const char* name) {
  std::error_code ignored;
  return std::filesystem::exists(folder / name, ignored);
}

constexpr std::pair<const char*, const char*> byte_level_files[] = {{"vocab.json", "merges.txt"},
                                                                    {"encoder.json", "vocab.bpe"}};
// The names that the families give their file tell the family where nothing else does.
constexpr NamedClass sentencepiece_files[] = {
    {"tokenizer.model", Llama}, {"spm.model", DebertaV2}, {"sentencepiece.bpe.model", XlmRoberta}};

}  // namespace

std::vector<Path> tokenizer_files(const Path& folder) {
  if (has(folder, "tokenizer.json")) return {folder / "tokenizer.json"};
  std::vector<Path> files;
  for (const auto& [vocabulary, merges] : byte_level_files) {
    if (files.empty() && has(folder, vocabulary) && has(folder, merges)) files = {folder / vocabulary, folder / merges};
  }
  for (const NamedClass& model : sentencepiece_files) {
    if (files.empty() && has(folder, model.name)) files = {folder / model.name};
  }
  if (files.empty() && has(folder, "vocab.txt")) files = {folder / "vocab.txt"};
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}) {
    if (!files.empty() && has(folder, name)) files.push_back(folder / name);
  }
  return files;
}

TokenizerFile read_tokenizer(const Path& folder) {
  const std::vector<Path> files = tokenizer_files(folder);
  if (files.empty()) {
    throw file_error((folder / "tokenizer.json").string() +
                         ": this file is missing, and without it no text can be turned into tokens; nor is there "
                         "another that could take its place (vocab.txt, vocab.json with merges.txt, tokenizer.model, "
                         "spm.model or sentencepiece.bpe.model).",
                     no_tokenizer_hint);
  }
  const Path& path = files[0];
  const std::string name = path.filename().string();
  if (name == "tokenizer.json") return read_tokenizer_file(path);

  const TokenizerConfig config = read_tokenizer_config(folder);
  const TokenizerClass kind = class_of(config);
  if (name == "vocab.txt") {
    if (kind != Unknown && kind != Bert) refuse_class(path, config);
    return read_bert_vocabulary(path, config);
  }
  if (name == "vocab.json" || name == "encoder.json") {
    if (kind != Unknown && kind != Gpt2 && kind != Roberta && kind != Qwen2) refuse_class(path, config);
    return read_byte_level_bpe(path, files[1], kind, config);
  }
  if (is_tiktoken(path)) return read_tiktoken(path, config);
  if (kind == Bert || kind == Gpt2 || kind == Roberta || kind == Qwen2) refuse_class(path, config);
  if (kind == Unknown && !config.model_type.empty()) refuse_class(path, config);
  return read_sentencepiece_tokenizer(path, kind == Unknown ? find_class(sentencepiece_files, name) : kind, config);
}

}  // namespace mtlora
