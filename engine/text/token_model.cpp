#include "text/token_model.h"

#include <algorithm>
#include <limits>

namespace mtlora {
namespace {

// The longest token that begins the word, then the longest that goes on, and so on; where none does, the whole word is
// the unknown token. (Wu et al. 2016, arXiv 1609.08144, section 4.1; greedy as in BERT.)
class WordPiece : public TokenModel {
 public:
  WordPiece(const FilePart& part, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary),
        prefix_(part.at("continuing_subword_prefix").as_string()),
        prefix_hash_(Vocabulary::extend_hash(Vocabulary::empty_hash, prefix_)),
        max_input_chars_per_word_(
            static_cast<size_t>(part.at("max_input_chars_per_word").as_count(std::numeric_limits<int32_t>::max()))) {
    const FilePart unk_token = part.at("unk_token");
    unk_id_ = vocabulary.find(unk_token.as_string());
    if (unk_id_ < 0) unk_token.fail("\"" + unk_token.as_string() + "\" is not in model.vocab");
  }

  void tokenize(std::string_view word, std::vector<int32_t>& ids) const override { tokenize_to(word, ids); }
  void tokenize(std::string_view word, std::vector<Token>& tokens) const override { tokenize_to(word, tokens); }

 private:
  static void add(int32_t id, size_t, size_t, std::vector<int32_t>& ids) { ids.push_back(id); }
  static void add(int32_t id, size_t start, size_t end, std::vector<Token>& tokens) {
    tokens.push_back({id, static_cast<uint32_t>(start), static_cast<uint32_t>(end)});
  }

  template <typename Tokens>
  void tokenize_to(std::string_view word, Tokens& tokens) const {
    if (is_too_long(word)) {
      add(unk_id_, 0, word.size(), tokens);
    } else if (const int32_t id = vocabulary_.find(word); id >= 0) {
      add(id, 0, word.size(), tokens);
    } else {
      tokenize_in_pieces(word, tokens);
    }
  }

  bool is_too_long(std::string_view word) const {
    if (word.size() <= max_input_chars_per_word_) return false;
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<size_t>(std::count_if(word.begin(), word.end(), begins)) > max_input_chars_per_word_;
  }

  template <typename Tokens>
  void tokenize_in_pieces(const std::string_view whole, Tokens& tokens) const {
    const size_t tokens_before = tokens.size();
    std::string_view word = whole;
    std::vector<uint64_t> hashes(std::min(word.size(), vocabulary_.longest()));  // [i]: of the first i + 1 bytes
    std::string_view prefix;
    uint64_t hash = Vocabulary::empty_hash;
    while (!word.empty()) {
      size_t length = 0;
      for (; length < std::min(word.size(), hashes.size()); ++length) {
        hashes[length] = hash = Vocabulary::extend_hash(hash, word[length]);
      }
      int32_t id = -1;
      while (length > 0 && (id = vocabulary_.find(hashes[length - 1], prefix, word.substr(0, length))) < 0) --length;
      if (id < 0) {
        tokens.resize(tokens_before);
        add(unk_id_, 0, whole.size(), tokens);
        return;
      }
      const size_t start = whole.size() - word.size();
      add(id, start, start + length, tokens);
      word.remove_prefix(length);
      prefix = prefix_;
      hash = prefix_hash_;
    }
  }

  const Vocabulary& vocabulary_;
  std::string prefix_;  // of every token but a word's first
  uint64_t prefix_hash_;
  size_t max_input_chars_per_word_;  // longer words are unknown
  int32_t unk_id_;
};

// Files of 2020 don't name the type; `tokenizers` then goes by the members.
std::string model_type(const FilePart& part) {
  const bool is_old_word_piece = part.has("continuing_subword_prefix") && part.has("max_input_chars_per_word");
  return !part.has("type") && is_old_word_piece ? "WordPiece" : part.type();
}

}  // namespace

std::unique_ptr<const TokenModel> make_token_model(const FilePart& part, const Vocabulary& vocabulary) {
  const std::string type = model_type(part);
  if (type != "WordPiece") part.unsupported(type, "WordPiece");
  return std::make_unique<WordPiece>(part, vocabulary);
}

}  // namespace mtlora
