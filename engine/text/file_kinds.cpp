#include "text/file_kinds.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "text/utf8.h"

namespace mtlora {

using nlohmann::json;

void AddedTokenList::add(const SpecialToken& token) {
  if (token.content.empty() || id_of(token.content) >= 0) return;
  const int32_t known = vocabulary_.find(token.content);
  tokens_[known >= 0 ? known : static_cast<int32_t>(next_++)] = token;
}

std::string AddedTokenList::add(const std::optional<SpecialToken>& named, SpecialToken otherwise) {
  if (named && !named->is_plain) {
    otherwise = *named;
  } else if (named) {
    otherwise.content = named->content;
  }
  otherwise.special = true;
  add(otherwise);
  return otherwise.content;
}

void AddedTokenList::add_all(const TokenizerConfig& config) {
  for (const auto& [id, token] : config.added_tokens) {
    const std::string& content = token.content;
    std::erase_if(tokens_, [&content](const auto& other) { return other.second.content == content; });
    tokens_[id] = token;
    next_ = std::max<int64_t>(next_, int64_t{id} + 1);
  }
  for (const SpecialToken& token : config.additional_special_tokens) add(token);
}

int32_t AddedTokenList::id_of(const std::string& content) const {
  for (const auto& [id, token] : tokens_) {
    if (token.content == content) return id;
  }
  return -1;
}

json AddedTokenList::json() const {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [id, token] : tokens_) {
    list.push_back({{"id", id},
                    {"content", token.content},
                    {"single_word", token.single_word},
                    {"lstrip", token.lstrip},
                    {"rstrip", token.rstrip},
                    {"normalized", token.normalized},
                    {"special", token.special}});
  }
  return list;
}

json template_processing(const Template& single, const Template& pair, const AddedTokenList& tokens) {
  json special_tokens = json::object();
  const auto pieces = [&](const Template& list) {
    json result = json::array();
    for (const auto& [name, type_id] : list) {
      const bool is_sequence = name == "$A" || name == "$B";
      result.push_back({{is_sequence ? "Sequence" : "SpecialToken",
                         {{"id", is_sequence ? name.substr(1) : name}, {"type_id", type_id}}}});
      if (!is_sequence) special_tokens[name] = {{"id", name}, {"ids", {tokens.id_of(name)}}, {"tokens", {name}}};
    }
    return result;
  };
  json single_pieces = pieces(single), pair_pieces = pieces(pair);
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single_pieces)},
          {"pair", std::move(pair_pieces)},
          {"special_tokens", std::move(special_tokens)}};
}

static json byte_level(bool add_prefix_space, bool trim_offsets, bool use_regex = true) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", trim_offsets},
          {"use_regex", use_regex}};
}

json byte_level_split(const char* pattern, bool add_prefix_space) {
  return {{"type", "Sequence"},
          {"pretokenizers",
           {{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}},
            byte_level(add_prefix_space, true, false)}}};
}

std::string read_text_file(const Path& path) {
  std::string text = read_file(path), repaired;
  const std::string_view valid = valid_utf8(text, repaired);
  if (valid.data() != text.data()) {
    const auto at = std::mismatch(text.begin(), text.end(), valid.begin(), valid.end()).first - text.begin();
    throw bad_input(path.string() + ": should be UTF-8 text, but is not at byte " + std::to_string(at) + ".",
                    "Fetch the model folder again.");
  }
  return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

namespace {

SpecialToken plain(const char* content, bool lstrip = false) {
  SpecialToken token;
  token.content = content;
  token.lstrip = lstrip;
  return token;
}

void check_vocabulary(const TokenizerFile& file, size_t count) {
  if (count > size_t{Vocabulary::max_id}) {
    throw bad_input(file.path.string() + ": should hold at most " + std::to_string(Vocabulary::max_id) +
                        " tokens, found " + std::to_string(count) + ".",
                    "Is this the vocabulary of a language model?");
  }
}

// A byte-level BPE without a class that is named tells what it is by where its special tokens are.
TokenizerClass told_by_vocabulary(const TokenizerFile& file) {
  const Vocabulary& vocabulary = file.vocabulary;
  if (vocabulary.find("<s>") == 0 && vocabulary.find("<pad>") == 1 && vocabulary.find("</s>") == 2) {
    return TokenizerClass::Roberta;
  }
  if (vocabulary.find("<|endoftext|>") >= 0) return TokenizerClass::Gpt2;
  throw bad_input(file.path.string() +
                      ": this vocabulary may be one of several kinds of tokenizer, and no file beside it says which.",
                  "Fetch the model's tokenizer_config.json or config.json into the same folder.");
}

}  // namespace

TokenizerFile read_bert_vocabulary(const Path& path, const TokenizerConfig& config) {
  TokenizerFile file{path, {}, {}};
  const std::string text = read_text_file(path);
  const std::vector<std::string_view> lines = lines_of(text);
  check_vocabulary(file, lines.size());
  for (size_t i = 0; i < lines.size(); ++i) file.vocabulary.add(lines[i], static_cast<int32_t>(i));

  AddedTokenList tokens(file.vocabulary);
  const std::string unk = tokens.add(config.unk_token, plain("[UNK]"));
  const std::string sep = tokens.add(config.sep_token, plain("[SEP]"));
  tokens.add(config.pad_token, plain("[PAD]"));
  const std::string cls = tokens.add(config.cls_token, plain("[CLS]"));
  tokens.add(config.mask_token, plain("[MASK]"));
  tokens.add_all(config);
  if (file.vocabulary.find(unk) < 0) {
    throw bad_input(path.string() + ": should have a line for the unknown token " + unk + ", and has none.",
                    "Is this the vocabulary of a BERT model?");
  }

  const json strip_accents = config.strip_accents ? json(*config.strip_accents) : json();
  file.parts = {{"added_tokens", tokens.json()},
                {"normalizer",
                 {{"type", "BertNormalizer"},
                  {"clean_text", true},
                  {"handle_chinese_chars", config.tokenize_chinese_chars.value_or(true)},
                  {"strip_accents", strip_accents},
                  {"lowercase", config.do_lower_case.value_or(true)}}},
                {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                {"post_processor", template_processing({{cls, 0}, {"$A", 0}, {sep, 0}},
                                                       {{cls, 0}, {"$A", 0}, {sep, 0}, {"$B", 1}, {sep, 1}}, tokens)},
                {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
                {"model",
                 {{"type", "WordPiece"},
                  {"unk_token", unk},
                  {"continuing_subword_prefix", "##"},
                  {"max_input_chars_per_word", 100}}}};
  return file;
}

TokenizerFile read_byte_level_bpe(const Path& path, const Path& merges_path, TokenizerClass kind,
                                  const TokenizerConfig& config) {
  TokenizerFile file{path, {}, {}};
  const json vocabulary = read_json(path);
  if (!vocabulary.is_object()) FilePart(path, "the file", vocabulary).at("");  // throws
  check_vocabulary(file, vocabulary.size());
  for (const auto& [token, id] : vocabulary.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > uint64_t{Vocabulary::max_id}) {
      FilePart(path, json_text(token), id).as_count(Vocabulary::max_id);  // throws
    }
    file.vocabulary.add(token, id.get<int32_t>());
  }
  if (kind == TokenizerClass::Unknown) kind = told_by_vocabulary(file);

  json merges = json::array();
  const std::string text = read_text_file(merges_path);
  const std::vector<std::string_view> lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty() || (i == 0 && lines[i].starts_with("#version"))) continue;
    if (std::count(lines[i].begin(), lines[i].end(), ' ') != 1) {
      throw bad_input(merges_path.string() + ": line " + std::to_string(i + 1) +
                          " should be two tokens with a space between, found \"" + std::string(lines[i].substr(0, 40)) +
                          "\".",
                      "Fetch the model folder again.");
    }
    merges.push_back(std::string(lines[i]));
  }

  const bool add_prefix_space = config.add_prefix_space.value_or(false);
  AddedTokenList tokens(file.vocabulary);
  json normalizer, pre_tokenizer = byte_level(add_prefix_space, true), post_processor = byte_level(true, false);
  if (kind == TokenizerClass::Roberta) {
    tokens.add(config.bos_token, plain("<s>"));
    tokens.add(config.eos_token, plain("</s>"));
    tokens.add(config.unk_token, plain("<unk>"));
    const std::string sep = tokens.add(config.sep_token, plain("</s>"));
    tokens.add(config.pad_token, plain("<pad>"));
    const std::string cls = tokens.add(config.cls_token, plain("<s>"));
    tokens.add(config.mask_token, plain("<mask>", true));
    tokens.add_all(config);
    post_processor = {{"type", "RobertaProcessing"},
                      {"sep", {sep, tokens.id_of(sep)}},
                      {"cls", {cls, tokens.id_of(cls)}},
                      {"trim_offsets", true},
                      {"add_prefix_space", add_prefix_space}};
  } else {
    const std::string bos = tokens.add(config.bos_token, plain("<|endoftext|>"));
    tokens.add(config.eos_token, plain("<|endoftext|>"));
    tokens.add(config.unk_token, plain("<|endoftext|>"));
    if (config.pad_token) tokens.add(*config.pad_token);
    tokens.add_all(config);
    if (kind == TokenizerClass::Gpt2 && config.add_bos_token.value_or(false)) {
      post_processor = template_processing({{bos, 0}, {"$A", 0}}, {{bos, 0}, {"$A", 0}, {"$B", 1}}, tokens);
    }
    if (kind == TokenizerClass::Qwen2) {
      normalizer = {{"type", "NFC"}};
      pre_tokenizer = byte_level_split(qwen2_pattern, add_prefix_space);
    }
  }
  file.parts = {{"added_tokens", tokens.json()},     {"normalizer", normalizer},
                {"pre_tokenizer", pre_tokenizer},    {"post_processor", post_processor},
                {"decoder", byte_level(true, true)}, {"model", {{"type", "BPE"}, {"merges", std::move(merges)}}}};
  return file;
}

}  // namespace mtlora
