#include <algorithm>
#include <charconv>
#include <fstream>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "text/base64.h"
#include "text/byte_level.h"
#include "text/file_kinds.h"

namespace mtlora {
namespace {

using nlohmann::json;

struct RankedToken {
  std::string bytes;
  int32_t rank;
};

// "<base64> <rank>".
std::optional<RankedToken> parse_line(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == line.npos) return std::nullopt;
  RankedToken token{{}, -1};
  const std::string_view rank = line.substr(space + 1);
  const auto [end, error] = std::from_chars(rank.data(), rank.data() + rank.size(), token.rank);
  if (error != std::errc() || end != rank.data() + rank.size()) return std::nullopt;
  if (token.rank < 0 || token.rank > Vocabulary::max_id) return std::nullopt;
  std::optional<std::string> bytes = from_base64(line.substr(0, space));
  if (!bytes || bytes->empty()) return std::nullopt;
  token.bytes = std::move(*bytes);
  return token;
}

std::vector<RankedToken> read_tokens(const Path& path) {
  const std::string text = read_file(path);
  std::vector<RankedToken> tokens;
  const std::vector<std::string_view> lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    std::optional<RankedToken> token = parse_line(lines[i]);
    if (!token) {
      throw bad_input(path.string() + ": line " + std::to_string(i + 1) +
                          " should be a token in base64, a space and its rank, 0 to " +
                          std::to_string(Vocabulary::max_id) + ".",
                      "Fetch the model folder again.");
    }
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

std::string in_byte_alphabet(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += byte_level_character(static_cast<unsigned char>(byte));
  return text;
}

// The 256 special tokens of Llama 3, whose rank file does not hold them: ids from its size on.
std::vector<std::string> llama3_special_tokens() {
  std::vector<std::string> tokens = {"<|begin_of_text|>", "<|end_of_text|>"};
  int reserved = 0;
  const auto reserve = [&](int count) {
    for (int i = 0; i < count; ++i) tokens.push_back("<|reserved_special_token_" + std::to_string(reserved++) + "|>");
  };
  reserve(4);
  tokens.insert(tokens.end(), {"<|start_header_id|>", "<|end_header_id|>"});
  reserve(1);
  tokens.push_back("<|eot_id|>");
  reserve(256 - 10);
  return tokens;
}

}  // namespace

bool is_tiktoken(const Path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string start(1024, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(stream.gcount()));
  const std::vector<std::string_view> lines = lines_of(start);
  return !lines.empty() && parse_line(lines[0]).has_value();
}

TokenizerFile read_tiktoken(const Path& path, const TokenizerConfig& config) {
  TokenizerFile file{path, {}, {}};
  const std::vector<RankedToken> tokens = read_tokens(path);
  std::unordered_map<std::string_view, int32_t> ranks;
  for (const RankedToken& token : tokens) {
    ranks[token.bytes] = token.rank;
    file.vocabulary.add(in_byte_alphabet(token.bytes), token.rank);
  }
  // Every way to put a token together from two is a merge; of one token, in the order of their parts' ranks.
  struct Pair {
    int32_t rank, left, right;
    std::string_view first, second;
  };
  std::vector<Pair> pairs;
  for (const RankedToken& token : tokens) {
    const std::string_view bytes = token.bytes;
    for (size_t i = 1; i < bytes.size(); ++i) {
      const auto left = ranks.find(bytes.substr(0, i)), right = ranks.find(bytes.substr(i));
      if (left == ranks.end() || right == ranks.end()) continue;
      pairs.push_back({token.rank, left->second, right->second, bytes.substr(0, i), bytes.substr(i)});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tie(a.rank, a.left, a.right) < std::tie(b.rank, b.left, b.right);
  });
  json merges = json::array();
  for (const Pair& pair : pairs) {  // that alphabet has no space
    merges.push_back(in_byte_alphabet(pair.first) + " " + in_byte_alphabet(pair.second));
  }

  AddedTokenList added(file.vocabulary);
  added.add_all(config);
  if (config.added_tokens.empty()) {
    for (const std::string& content : llama3_special_tokens()) {
      SpecialToken token;
      token.content = content;
      added.add(token);
    }
  }
  // Llama 3's tokenizer.json begins each text with this token; rank files of other models don't have it.
  const std::string bos = config.bos_token ? config.bos_token->content : "<|begin_of_text|>";
  json post_processor = {
      {"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", false}, {"use_regex", true}};
  if (added.id_of(bos) >= 0 && config.add_bos_token.value_or(true)) {
    post_processor = {{"type", "Sequence"},
                      {"processors",
                       {post_processor, template_processing({{bos, 0}, {"$A", 0}},
                                                            {{bos, 0}, {"$A", 0}, {bos, 1}, {"$B", 1}}, added)}}};
  }
  file.parts = {
      {"added_tokens", added.json()},
      {"pre_tokenizer", byte_level_split(llama3_pattern, false)},
      {"post_processor", post_processor},
      {"decoder", {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}}},
      {"model", {{"type", "BPE"}, {"ignore_merges", true}, {"merges", std::move(merges)}}}};
  return file;
}

}  // namespace mtlora
