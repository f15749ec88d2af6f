// A SentencePiece model as each family of transformers uses it.
#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "text/base64.h"
#include "text/file_kinds.h"
#include "text/sentencepiece.h"
#include "text/utf8.h"

namespace mtlora {
namespace {

using nlohmann::json;
using Piece = SentencePieceModel::Piece;

constexpr const char* metaspace = "\u2581";

SpecialToken token_of(const std::string& content, bool special = true, bool lstrip = false) {
  SpecialToken token;
  token.content = content;
  token.special = special;
  token.lstrip = lstrip;
  return token;
}

// A byte-pair encoding's merges, which the file does not hold: every way to put a piece together from two others, the
// pieces of the highest score first, those of one piece in the order of their parts' ids.
json merges_of(const std::vector<Piece>& pieces, const Vocabulary& vocabulary) {
  std::vector<size_t> order(pieces.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return pieces[a].score > pieces[b].score; });
  struct Pair {
    int32_t left, right;
    std::string_view first, second;
  };
  std::vector<Pair> pairs;
  json merges = json::array();
  for (const size_t i : order) {
    const std::string_view piece = pieces[i].piece;
    if (vocabulary.find(piece) != static_cast<int32_t>(i)) continue;  // an equal one follows
    pairs.clear();
    const char* at = piece.data();
    while (at != piece.data() + piece.size()) {
      next_code_point(at);
      const auto length = static_cast<size_t>(at - piece.data());
      if (length == piece.size()) break;
      const std::string_view first = piece.substr(0, length), second = piece.substr(length);
      const int32_t left = vocabulary.find(first);
      const int32_t right = left < 0 ? -1 : vocabulary.find(second);
      if (right >= 0) pairs.push_back({left, right, first, second});
    }
    std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
      return std::tie(a.left, a.right) < std::tie(b.left, b.right);
    });
    for (const Pair& pair : pairs) merges.push_back({std::string(pair.first), std::string(pair.second)});
  }
  return merges;
}

json replace(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

json metaspace_part(const std::string& prepend_scheme, bool split) {
  return {{"type", "Metaspace"}, {"replacement", metaspace}, {"prepend_scheme", prepend_scheme}, {"split", split}};
}

json sequence(const char* members, json list) { return {{"type", "Sequence"}, {members, std::move(list)}}; }

class Builder {
 public:
  Builder(const Path& path, TokenizerClass kind, const TokenizerConfig& config)
      : model_(read_sentencepiece(path)), kind_(kind), config_(config), file_{path, json::object(), {}} {}

  TokenizerFile build() {
    set_pieces();
    AddedTokenList tokens(file_.vocabulary);
    for (size_t i = 0; i < model_.pieces.size(); ++i) {
      const Piece& piece = model_.pieces[i];
      const bool is_turn = kind_ == TokenizerClass::Gemma && piece.piece.ends_with("_of_turn>");
      if (piece.type == SentencePieceModel::Control) tokens.add(token_of(piece.piece));
      if (piece.type == SentencePieceModel::UserDefined) tokens.add(token_of(piece.piece, is_turn));
    }
    switch (kind_) {
      case TokenizerClass::DebertaV2: set_deberta(tokens); break;
      case TokenizerClass::XlmRoberta: set_xlm_roberta(tokens); break;
      case TokenizerClass::Gemma: set_gemma(tokens); break;
      default: set_llama(tokens);
    }
    file_.parts["added_tokens"] = tokens.json();
    return std::move(file_);
  }

 private:
  // The pieces with the ids that the family gives them.
  void set_pieces() {
    std::vector<Piece>& pieces = model_.pieces;
    if (kind_ == TokenizerClass::XlmRoberta) {  // fairseq's order; SentencePiece has <unk>, <s>, </s>
      if (pieces.size() < 3) refuse("should have at least 3 pieces", std::to_string(pieces.size()));
      pieces.erase(pieces.begin(), pieces.begin() + 3);
      pieces.insert(pieces.begin(), {{"<s>", 0, SentencePieceModel::Control},
                                     {"<pad>", 0, SentencePieceModel::Control},
                                     {"</s>", 0, SentencePieceModel::Control},
                                     {"<unk>", 0, SentencePieceModel::Unknown}});
      pieces.push_back({"<mask>", 0, SentencePieceModel::Normal});
    }
    if (kind_ == TokenizerClass::Gemma) {  // early ones lack the tab, whose byte stands for it
      const auto named = [&](const char* text) {
        return std::find_if(pieces.begin(), pieces.end(), [&](const Piece& piece) { return piece.piece == text; });
      };
      const auto byte = named("<0x09>");
      if (named("\t") == pieces.end() && byte != pieces.end()) *byte = {"\t", 0, SentencePieceModel::Normal};
    }
    for (size_t i = 0; i < pieces.size(); ++i) file_.vocabulary.add(pieces[i].piece, static_cast<int32_t>(i));
  }

  json unigram(int32_t unk_id, bool byte_fallback) const {
    if (model_.model_type != SentencePieceModel::Unigram) refuse("should be a unigram model", "BPE");
    json vocabulary = json::array();
    for (const Piece& piece : model_.pieces) vocabulary.push_back({piece.piece, static_cast<double>(piece.score)});
    return {
        {"type", "Unigram"}, {"unk_id", unk_id}, {"byte_fallback", byte_fallback}, {"vocab", std::move(vocabulary)}};
  }

  json model(int32_t unk_id) const {
    if (model_.model_type == SentencePieceModel::Unigram) return unigram(unk_id, true);
    return {{"type", "BPE"},
            {"unk_token", model_.unk_piece},
            {"fuse_unk", true},
            {"byte_fallback", true},
            {"merges", merges_of(model_.pieces, file_.vocabulary)}};
  }

  void set_llama(AddedTokenList& tokens) {
    tokens.add(token_of(model_.unk_piece));
    json& parts = file_.parts;
    parts["model"] = model(0);
    const bool prefix = config_.add_prefix_space.value_or(true);
    if (config_.legacy.value_or(true)) {
      json list = json::array();
      if (prefix) list.push_back({{"type", "Prepend"}, {"prepend", metaspace}});
      list.push_back(replace(" ", metaspace));
      parts["normalizer"] = sequence("normalizers", list);
    } else {
      parts["pre_tokenizer"] = metaspace_part(prefix ? "first" : "never", false);
    }
    set_bos_and_eos(tokens, "<s>", "</s>");
    json decoders = {replace(metaspace, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
    if (prefix) decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    parts["decoder"] = sequence("decoders", decoders);
  }

  void set_gemma(AddedTokenList& tokens) {
    tokens.add(config_.pad_token, token_of("<pad>"));
    tokens.add(config_.unk_token, token_of("<unk>"));
    json& parts = file_.parts;
    parts["model"] = model(3);
    parts["normalizer"] = replace(" ", metaspace);
    parts["pre_tokenizer"] = {
        {"type", "Split"}, {"pattern", {{"String", " "}}}, {"behavior", "MergedWithPrevious"}, {"invert", false}};
    set_bos_and_eos(tokens, "<bos>", "<eos>");
    parts["decoder"] = sequence("decoders", {replace(metaspace, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}});
  }

  void set_bos_and_eos(AddedTokenList& tokens, const char* default_bos, const char* default_eos) {
    const std::string bos = tokens.add(config_.bos_token, token_of(default_bos));
    const std::string eos = tokens.add(config_.eos_token, token_of(default_eos));
    if (config_.pad_token) tokens.add(*config_.pad_token);
    tokens.add_all(config_);
    Template single, pair;
    for (int i = 0; i < 2; ++i) {
      if (config_.add_bos_token.value_or(true)) pair.emplace_back(bos, i);
      pair.emplace_back(i == 0 ? "$A" : "$B", i);
      if (config_.add_eos_token.value_or(false)) pair.emplace_back(eos, i);
      if (i == 0) single = pair;
    }
    file_.parts["post_processor"] = template_processing(single, pair, tokens);
  }

  void set_deberta(AddedTokenList& tokens) {
    tokens.add(config_.unk_token, token_of("[UNK]"));
    const std::string sep = tokens.add(config_.sep_token, token_of("[SEP]"));
    tokens.add(config_.pad_token, token_of("[PAD]"));
    const std::string cls = tokens.add(config_.cls_token, token_of("[CLS]"));
    tokens.add(config_.mask_token, token_of("[MASK]"));
    tokens.add_all(config_);
    json& parts = file_.parts;
    parts["model"] = unigram(model_.unk_id, false);
    json normalizers = json::array();
    if (config_.do_lower_case.value_or(false)) normalizers.push_back({{"type", "Lowercase"}});
    normalizers.push_back({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}});
    if (!model_.precompiled_charsmap.empty()) normalizers.push_back(precompiled());
    normalizers.push_back({{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}});
    parts["normalizer"] = sequence("normalizers", normalizers);
    json pre_tokenizers = json::array();
    if (config_.split_by_punct.value_or(false)) {
      pre_tokenizers.push_back({{"type", "Punctuation"}, {"behavior", "Isolated"}});
    }
    pre_tokenizers.push_back(metaspace_part("always", true));
    parts["pre_tokenizer"] = sequence("pretokenizers", pre_tokenizers);
    parts["post_processor"] = template_processing({{cls, 0}, {"$A", 0}, {sep, 0}},
                                                  {{cls, 0}, {"$A", 0}, {sep, 0}, {"$B", 1}, {sep, 1}}, tokens);
    parts["decoder"] = metaspace_part("always", true);
  }

  void set_xlm_roberta(AddedTokenList& tokens) {
    const std::string bos = tokens.add(config_.bos_token, token_of("<s>"));
    const std::string eos = tokens.add(config_.eos_token, token_of("</s>"));
    tokens.add(config_.unk_token, token_of("<unk>"));
    tokens.add(config_.pad_token, token_of("<pad>"));
    tokens.add(config_.mask_token, token_of("<mask>", true, true));
    tokens.add_all(config_);
    json& parts = file_.parts;
    parts["model"] = unigram(3, false);
    if (!model_.precompiled_charsmap.empty()) parts["normalizer"] = precompiled();
    parts["pre_tokenizer"] =
        sequence("pretokenizers",
                 json::array({{{"type", "WhitespaceSplit"}},
                              metaspace_part(config_.add_prefix_space.value_or(true) ? "always" : "never", true)}));
    parts["post_processor"] = template_processing(
        {{bos, 0}, {"$A", 0}, {eos, 0}}, {{bos, 0}, {"$A", 0}, {eos, 0}, {eos, 0}, {"$B", 0}, {eos, 0}}, tokens);
    parts["decoder"] = metaspace_part("always", true);
  }

  json precompiled() const {
    return {{"type", "Precompiled"}, {"precompiled_charsmap", to_base64(model_.precompiled_charsmap)}};
  }

  [[noreturn]] void refuse(const std::string& expected, const std::string& found) const {
    throw bad_input(file_.path.string() + ": " + expected + " for this family, found " + found + ".",
                    "Choose a folder whose tokenizer is of the same model, or that has a tokenizer.json.");
  }

  SentencePieceModel model_;
  TokenizerClass kind_;
  const TokenizerConfig& config_;
  TokenizerFile file_;
};

}  // namespace

TokenizerFile read_sentencepiece_tokenizer(const Path& path, TokenizerClass kind, const TokenizerConfig& config) {
  return Builder(path, kind, config).build();
}

}  // namespace mtlora
