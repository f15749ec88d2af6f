#include "text/token_model.h"

#include <algorithm>
#include <limits>
#include <utility>

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

  void tokenize(std::string_view word, std::vector<int32_t>& ids) const override {
    if (is_too_long(word)) {
      ids.push_back(unk_id_);
    } else if (const int32_t id = vocabulary_.find(word); id >= 0) {
      ids.push_back(id);
    } else {
      tokenize_in_pieces(word, ids, [](int32_t piece, size_t) { return piece; });
    }
  }

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    const auto whole = static_cast<uint32_t>(word.size());
    if (is_too_long(word)) {
      tokens.push_back({unk_id_, 0, whole});
    } else {
      uint32_t end = 0;
      tokenize_in_pieces(word, tokens, [&](int32_t id, size_t length) {
        const uint32_t start = std::exchange(end, end + static_cast<uint32_t>(length));
        return length == 0 ? Token{id, 0, whole} : Token{id, start, end};
      });
    }
  }

 private:
  bool is_too_long(std::string_view word) const {
    if (word.size() <= max_input_chars_per_word_) return false;
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<size_t>(std::count_if(word.begin(), word.end(), begins)) > max_input_chars_per_word_;
  }

  // `token` makes an element of `tokens` from an id and the bytes that it stands for, 0 for the whole word.
  template <typename T, typename MakeToken>
  void tokenize_in_pieces(std::string_view word, std::vector<T>& tokens, MakeToken token) const {
    const size_t tokens_before = tokens.size();
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
        tokens.push_back(token(unk_id_, 0));
        return;
      }
      tokens.push_back(token(id, length));
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

// Each word is a token, or the unknown one.
class WordLevel : public TokenModel {
 public:
  WordLevel(const FilePart& part, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary), unk_token_(part.at("unk_token").as_string()), unk_id_(vocabulary.find(unk_token_)) {}

  void tokenize(std::string_view word, std::vector<int32_t>& ids) const override { ids.push_back(find(word)); }
  void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    tokens.push_back({find(word), 0, static_cast<uint32_t>(word.size())});
  }

 private:
  int32_t find(std::string_view word) const {
    const int32_t id = vocabulary_.find(word);
    if (id < 0 && unk_id_ < 0) throw unknown_word(word, unk_token_);
    return id < 0 ? unk_id_ : id;
  }

  const Vocabulary& vocabulary_;
  std::string unk_token_;
  int32_t unk_id_;
};

// Files of 2020 don't name the type; `tokenizers` then goes by the members.
std::string model_type(const FilePart& part) {
  if (part.has("type")) return part.type();
  if (part.has("merges")) return "BPE";
  if (part.has("continuing_subword_prefix") && part.has("max_input_chars_per_word")) return "WordPiece";
  return part.has("unk_id") ? "Unigram" : part.has("unk_token") ? "WordLevel" : part.type();
}

}  // namespace

Error unknown_word(std::string_view text, const std::string& unk_token) {
  return bad_input("The tokenizer has no token for \"" + std::string(text) + "\", and " +
                       (unk_token.empty() ? "no unknown token"
                                          : "its unknown token \"" + unk_token + "\" is not in its vocabulary") +
                       ".",
                   "Choose a model folder whose tokenizer has an unknown token.");
}

std::unique_ptr<const TokenModel> make_token_model(const FilePart& part, const Vocabulary& vocabulary) {
  const std::string type = model_type(part);
  if (type == "BPE") return make_bpe(part, vocabulary);
  if (type == "Unigram") return make_unigram(part, vocabulary);
  if (type == "WordPiece") return std::make_unique<WordPiece>(part, vocabulary);
  if (type == "WordLevel") return std::make_unique<WordLevel>(part, vocabulary);
  part.unsupported(type, "BPE, Unigram, WordPiece or WordLevel");
}

}  // namespace mtlora
