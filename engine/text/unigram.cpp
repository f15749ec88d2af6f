// Unigram language model (Kudo 2018, arXiv 1804.10959): the cut of a word whose tokens' scores have the highest sum.
#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <span>

#include "text/token_model.h"
#include "text/utf8.h"
#include "text/word_cache.h"

namespace mtlora {
namespace {

// Tokens by their bytes. A node's children stand side by side, their bytes in order.
class Trie {
 public:
  // Distinct tokens with their ids.
  explicit Trie(std::vector<std::pair<std::string_view, int32_t>> tokens) {
    std::sort(tokens.begin(), tokens.end());
    struct Range {
      size_t begin, end, depth;  // tokens that share their first `depth` bytes
    };
    std::vector<Range> ranges{{0, tokens.size(), 0}};  // of each node
    nodes_.push_back({0, 0, -1});
    bytes_.push_back(0);
    for (size_t node = 0; node < nodes_.size(); ++node) {  // level by level
      auto [at, end, depth] = ranges[node];
      if (at < end && tokens[at].first.size() == depth) nodes_[node].id = tokens[at++].second;
      nodes_[node].children = static_cast<uint32_t>(nodes_.size());
      while (at < end) {
        const char byte = tokens[at].first[depth];
        const size_t begin = at;
        while (at < end && tokens[at].first[depth] == byte) ++at;
        ranges.push_back({begin, at, depth + 1});
        bytes_.push_back(static_cast<uint8_t>(byte));
        nodes_.push_back({0, 0, -1});
        ++nodes_[node].count;
      }
    }
    for (uint32_t child = nodes_[0].children; child < nodes_[0].children + nodes_[0].count; ++child) {
      first_[bytes_[child]] = child;
    }
  }

  // Calls found(length, id) for each token that `text` begins with, the shortest first.
  template <typename Found>
  void prefixes(std::string_view text, Found found) const {
    uint32_t node = text.empty() ? 0 : first_[static_cast<unsigned char>(text[0])];
    for (size_t length = 1; node != 0; ++length) {
      if (nodes_[node].id >= 0) found(length, nodes_[node].id);
      node = length < text.size() ? child(nodes_[node], static_cast<uint8_t>(text[length])) : 0;
    }
  }

 private:
  struct Node {
    uint32_t children;  // index of the first
    uint32_t count;
    int32_t id;  // −1: no token ends here
  };
  uint32_t child(const Node& node, uint8_t byte) const {  // 0: none
    const uint8_t* const begin = bytes_.data() + node.children;
    const uint8_t* const end = begin + node.count;
    const uint8_t* const found = node.count < 16 ? std::find(begin, end, byte) : std::lower_bound(begin, end, byte);
    return found != end && *found == byte ? static_cast<uint32_t>(found - bytes_.data()) : 0;
  }

  std::vector<Node> nodes_;            // [0]: the root
  std::vector<uint8_t> bytes_;         // that leads to each node
  std::array<uint32_t, 256> first_{};  // the root's children
};

class Unigram : public TokenModel {
 public:
  Unigram(const FilePart& part, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary),
        byte_fallback_(part.at("byte_fallback").as_bool_or(false)),
        scores_(read_scores(part.at("vocab"))),
        trie_(read_tokens(part.at("vocab"), vocabulary)) {
    if (const FilePart unk_id = part.at("unk_id"); !unk_id.is_null()) {
      unk_id_ = unk_id.as_count(Vocabulary::max_id);
      if (static_cast<size_t>(unk_id_) >= scores_.size()) {
        unk_id.fail("should be below " + std::to_string(scores_.size()) + ", the number of tokens, found " +
                    std::to_string(unk_id_));
      }
    }
    // As in SentencePiece, an unknown character is 10 below the worst token.
    const double worst = std::accumulate(scores_.begin(), scores_.end(), std::numeric_limits<double>::infinity(),
                                         [](double a, double b) { return std::min(a, b); });
    unk_score_ = worst - 10;
    for (size_t byte = 0; byte < 256; ++byte) {
      constexpr char digits[] = "0123456789ABCDEF";
      const std::array<char, 6> text = {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
      ids_of_bytes_[byte] = byte_fallback_ ? vocabulary.find({text.data(), text.size()}) : -1;
    }
  }

  void tokenize(std::string_view word, std::vector<int32_t>& ids) const override {
    WordCache::Entry* const entry = cache_.entry(word);
    if (entry && entry->append(word, ids)) return;
    const size_t before = ids.size();
    best_cut(word, [&](int32_t id, size_t, size_t) { ids.push_back(id); });
    if (entry) entry->keep(word, std::span(ids).subspan(before));
  }

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    best_cut(word, [&](int32_t id, size_t start, size_t end) {
      tokens.push_back({id, static_cast<uint32_t>(start), static_cast<uint32_t>(end)});
    });
  }

 private:
  static std::vector<double> read_scores(const FilePart& list) {
    std::vector<double> scores(list.size());
    for (size_t i = 0; i < scores.size(); ++i) scores[i] = list.scored_at(i).second;
    return scores;
  }

  static std::vector<std::pair<std::string_view, int32_t>> read_tokens(const FilePart& list,
                                                                       const Vocabulary& vocabulary) {
    std::vector<std::pair<std::string_view, int32_t>> tokens;
    tokens.reserve(list.size());
    for (size_t i = 0; i < list.size(); ++i) {
      const std::string_view token = list.scored_at(i).first;
      const auto id = static_cast<int32_t>(i);
      if (!token.empty() && vocabulary.find(token) == id) tokens.emplace_back(token, id);
    }
    return tokens;
  }

  // Viterbi: [end] holds the best cut of the first `end` bytes. Of equal sums the one found first stays.
  struct Node {
    double score = 0;
    uint32_t start = UINT32_MAX;  // of the last token; UINT32_MAX: no cut yet
    int32_t id = -1;
  };

  // Calls token(id, start, end) for each token in order.
  template <typename EmitToken>
  void best_cut(std::string_view word, EmitToken token) const {
    thread_local std::vector<Node> nodes;
    thread_local std::vector<uint32_t> ends;
    nodes.assign(word.size() + 1, Node{});
    const auto offer = [&](size_t start, size_t end, int32_t id, double score) {
      Node& node = nodes[end];
      if (node.start == UINT32_MAX || score > node.score) node = {score, static_cast<uint32_t>(start), id};
    };
    for (size_t start = 0; start < word.size();) {
      const double score = nodes[start].score;
      const char* next = word.data() + start;
      next_code_point(next);
      const size_t character = static_cast<size_t>(next - word.data()) - start;
      bool is_known = false;  // the character alone
      trie_.prefixes(word.substr(start), [&](size_t length, int32_t id) {
        offer(start, start + length, id, scores_[static_cast<size_t>(id)] + score);
        is_known |= length == character;
      });
      if (!is_known) {
        if (unk_id_ < 0) throw unknown_word(word.substr(start, character), "");
        offer(start, start + character, unk_id_, unk_score_ + score);
      }
      start += character;
    }

    ends.clear();
    for (size_t end = word.size(); end > 0; end = nodes[end].start) ends.push_back(static_cast<uint32_t>(end));
    size_t start = 0;
    for (size_t i = ends.size(); i-- > 0;) {
      const int32_t id = nodes[ends[i]].id;
      if (id != unk_id_) {
        token(id, start, ends[i]);
      } else {  // neighbouring unknown tokens are one
        while (i > 0 && nodes[ends[i - 1]].id == unk_id_) --i;
        emit_unknown(word, start, ends[i], token);
      }
      start = ends[i];
    }
  }

  template <typename EmitToken>
  void emit_unknown(std::string_view word, size_t start, size_t end, EmitToken token) const {
    const std::string_view text = word.substr(start, end - start);
    const int32_t id = vocabulary_.find(text);
    const auto has_token = [this](char byte) { return ids_of_bytes_[static_cast<unsigned char>(byte)] >= 0; };
    if (id < 0 && byte_fallback_ && std::all_of(text.begin(), text.end(), has_token)) {
      for (const char byte : text) token(ids_of_bytes_[static_cast<unsigned char>(byte)], start, end);
    } else {
      token(id < 0 ? unk_id_ : id, start, end);
    }
  }

  const Vocabulary& vocabulary_;
  bool byte_fallback_;
  int32_t unk_id_ = -1;
  std::vector<double> scores_;
  double unk_score_;
  Trie trie_;
  std::array<int32_t, 256> ids_of_bytes_{};
  WordCache cache_;
};

}  // namespace

std::unique_ptr<const TokenModel> make_unigram(const FilePart& part, const Vocabulary& vocabulary) {
  return std::make_unique<Unigram>(part, vocabulary);
}

}  // namespace mtlora
