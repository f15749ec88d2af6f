// Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): a word's characters, then the merge of the lowest rank
// among all adjacent pairs, the leftmost of equals, again and again.
#include <algorithm>
#include <array>
#include <span>

#include "text/merge_table.h"
#include "text/token_model.h"
#include "text/utf8.h"
#include "text/word_cache.h"

namespace mtlora {
namespace {

struct Symbol {
  int32_t id;
  uint32_t length;  // bytes of the word
};

// Few symbols: looks at all pairs for each merge, O(n²) and no memory.
size_t merge_few(std::span<Symbol> symbols, const MergeTable& merges) {
  std::array<Merge, 64> pairs;  // [i]: of symbols i and i + 1
  size_t count = symbols.size();
  for (size_t i = 0; i + 1 < count; ++i) pairs[i] = merges.find(symbols[i].id, symbols[i + 1].id);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i) {
      if (pairs[i].rank < pairs[best].rank) best = i;
    }
    if (pairs[best].rank == Merge::none) break;
    symbols[best] = {pairs[best].id, symbols[best].length + symbols[best + 1].length};
    --count;
    for (size_t i = best + 1; i < count; ++i) {
      symbols[i] = symbols[i + 1];
      pairs[i - 1] = pairs[i];
    }
    if (best > 0) pairs[best - 1] = merges.find(symbols[best - 1].id, symbols[best].id);
    if (best + 1 < count) pairs[best] = merges.find(symbols[best].id, symbols[best + 1].id);
  }
  return count;
}

// Many symbols: a linked list and a heap of pairs, O(n log n).
size_t merge_many(std::span<Symbol> symbols, const MergeTable& merges) {
  struct Link {
    uint32_t previous, next;
  };
  struct Candidate {
    Merge merge;
    uint32_t position;  // of the left symbol
    int32_t left, right;
    bool operator<(const Candidate& other) const {  // the heap's top is its largest
      return merge.rank != other.merge.rank ? merge.rank > other.merge.rank : position > other.position;
    }
  };
  constexpr uint32_t none = UINT32_MAX;
  const auto count = static_cast<uint32_t>(symbols.size());
  std::vector<Link> links(count);
  std::vector<Candidate> heap;
  const auto candidate = [&](uint32_t left, uint32_t right) {
    const Merge merge = merges.find(symbols[left].id, symbols[right].id);
    if (merge.rank == Merge::none) return false;
    heap.push_back({merge, left, symbols[left].id, symbols[right].id});
    return true;
  };
  for (uint32_t i = 0; i < count; ++i) {
    links[i] = {i > 0 ? i - 1 : none, i + 1 < count ? i + 1 : none};
    if (i + 1 < count) candidate(i, i + 1);
  }
  std::make_heap(heap.begin(), heap.end());
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const Candidate best = heap.back();
    heap.pop_back();
    const uint32_t at = best.position, right = links[at].next;
    // One of the two has gone into another token since.
    if (symbols[at].id != best.left || right == none || symbols[right].id != best.right) continue;
    symbols[at] = {best.merge.id, symbols[at].length + symbols[right].length};
    symbols[right].id = -1;
    links[at].next = links[right].next;
    if (links[at].next != none) links[links[at].next].previous = at;
    if (links[at].previous != none && candidate(links[at].previous, at)) std::push_heap(heap.begin(), heap.end());
    if (links[at].next != none && candidate(at, links[at].next)) std::push_heap(heap.begin(), heap.end());
  }
  return static_cast<size_t>(std::remove_if(symbols.begin(), symbols.end(), [](Symbol s) { return s.id < 0; }) -
                             symbols.begin());
}

constexpr std::string_view metaspace = "\u2581";

class Bpe : public TokenModel {
 public:
  Bpe(const FilePart& part, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary),
        prefix_(part.at("continuing_subword_prefix").as_string_or("")),
        suffix_(part.at("end_of_word_suffix").as_string_or("")),
        unk_token_(part.at("unk_token").as_string_or("")),
        unk_id_(part.at("unk_token").is_null() ? -1 : vocabulary.find(unk_token_)),
        fuse_unk_(part.at("fuse_unk").as_bool_or(false)),
        byte_fallback_(part.at("byte_fallback").as_bool_or(false)),
        ignore_merges_(part.at("ignore_merges").as_bool_or(false)),
        has_unk_(!part.at("unk_token").is_null()),
        merges_(part.at("merges").size()) {
    const FilePart dropout = part.at("dropout");
    if (!dropout.is_null() && dropout.as_number() != 0) {
      dropout.fail("should be null or 0 (merges left out at random are not supported), found " + dropout.shown());
    }
    read_merges(part.at("merges"));
    for (char32_t c = 0; c < short_characters; ++c) {
      std::string text;
      if (c < 0xD800 || c > 0xDFFF) append_utf8(c, text);
      ids_of_characters_.push_back(vocabulary.find(text));
    }
    if (byte_fallback_) {
      for (size_t byte = 0; byte < 256; ++byte) {
        constexpr char digits[] = "0123456789ABCDEF";
        const std::array<char, 6> text = {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
        ids_of_bytes_[byte] = vocabulary.find({text.data(), text.size()});
      }
    }
  }

  void tokenize(std::string_view word, std::vector<int32_t>& ids) const override {
    if (ignore_merges_) {
      if (const int32_t id = vocabulary_.find(word); id >= 0) {
        ids.push_back(id);
        return;
      }
    }
    if (!words_begin_with_metaspace_) {
      tokenize_word(word, ids);
      return;
    }
    while (!word.empty()) {
      const size_t length = first_word(word);
      tokenize_word(word.substr(0, length), ids);
      word.remove_prefix(length);
    }
  }

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    if (ignore_merges_) {
      if (const int32_t id = vocabulary_.find(word); id >= 0) {
        tokens.push_back({id, 0, static_cast<uint32_t>(word.size())});
        return;
      }
    }
    uint32_t start = 0;
    for (const Symbol symbol : merge(word)) {
      tokens.push_back({symbol.id, start, start + symbol.length});
      start += symbol.length;
    }
  }

 private:
  static constexpr char32_t short_characters = 0x3100;  // with ids in a table

  void read_merges(const FilePart& list) {
    bool metaspace_only_begins = suffix_.empty() && prefix_.empty() && vocabulary_.find(metaspace) >= 0;
    std::string text;
    uint32_t rank = 0;
    for (size_t i = 0; i < list.size(); ++i) {
      if (list.text_at(i).starts_with("#version")) continue;  // the first line of a merges.txt
      const auto [left, right] = list.pair_at(i);
      const int32_t left_id = vocabulary_.find(left), right_id = vocabulary_.find(right);
      if (left_id < 0 || right_id < 0) {
        list.item(i).fail("names \"" + std::string(left_id < 0 ? left : right) + "\", which is not in model.vocab");
      }
      if (right.size() < prefix_.size()) {
        list.item(i).fail("should have a second token that begins with \"" + prefix_ + "\"");
      }
      text.assign(left).append(right.substr(prefix_.size()));
      const int32_t id = vocabulary_.find(text);
      if (id < 0) list.item(i).fail("makes \"" + text + "\", which is not in model.vocab");
      merges_.add(left_id, right_id, {rank++, id});
      if (right.starts_with(metaspace) && !left.ends_with(metaspace)) metaspace_only_begins = false;
    }
    words_begin_with_metaspace_ = metaspace_only_begins && !ignore_merges_;
  }

  // Where no merge joins a metaspace to another character before it, nothing before a word's metaspace has to do with
  // what is behind, and a sentence is tokenized word by word.
  static size_t first_word(std::string_view text) {
    const char first = metaspace[0];
    for (size_t at = 1; (at = text.find(first, at)) != text.npos; ++at) {
      if (text.substr(at).starts_with(metaspace) && !text.substr(0, at).ends_with(metaspace)) return at;
    }
    return text.size();
  }

  void tokenize_word(std::string_view word, std::vector<int32_t>& ids) const {
    WordCache::Entry* const entry = cache_.entry(word);
    if (entry && entry->append(word, ids)) return;
    const size_t before = ids.size();
    for (const Symbol symbol : merge(word)) ids.push_back(symbol.id);
    if (entry) entry->keep(word, std::span(ids).subspan(before));
  }

  // In the thread's own memory, until its next call.
  std::span<const Symbol> merge(std::string_view word) const {
    thread_local std::vector<Symbol> symbols;
    symbols.clear();
    split(word, symbols);
    const bool few = symbols.size() <= 64;
    return std::span(symbols).first(few ? merge_few(symbols, merges_) : merge_many(symbols, merges_));
  }

  // A word's characters as tokens. One that has none is its bytes' tokens, else the unknown token, else nothing. As in
  // `tokenizers`, an unknown character waits for the next known one, while bytes overtake it.
  void split(std::string_view word, std::vector<Symbol>& symbols) const {
    uint32_t unknown = 0;  // bytes waiting
    const auto flush = [&] {
      if (unknown > 0) symbols.push_back({unk_id_, unknown});
      unknown = 0;
    };
    std::string affixed;
    const char* at = word.data();
    const char* const end = at + word.size();
    while (at != end) {
      const char* const start = at;
      const char32_t c = next_code_point(at);
      std::string_view text(start, static_cast<size_t>(at - start));
      const auto length = static_cast<uint32_t>(text.size());
      int32_t id;
      if ((prefix_.empty() || start == word.data()) && (suffix_.empty() || at != end)) {
        id = c < short_characters ? ids_of_characters_[c] : vocabulary_.find(text);
      } else {
        affixed.clear();
        if (start != word.data()) affixed += prefix_;
        affixed += text;
        if (at == end) affixed += suffix_;
        text = affixed;
        id = vocabulary_.find(text);
      }
      if (id >= 0) {
        flush();
        symbols.push_back({id, length});
      } else if (byte_fallback_ && has_bytes(text)) {
        for (const char byte : text) symbols.push_back({id_of_byte(byte), 1});
      } else if (has_unk_) {
        if (unk_id_ < 0) throw unknown_word(text, unk_token_);
        if (!fuse_unk_) flush();
        unknown += length;
      }
    }
    flush();
  }

  int32_t id_of_byte(char byte) const { return ids_of_bytes_[static_cast<unsigned char>(byte)]; }
  bool has_bytes(std::string_view text) const {
    return std::all_of(text.begin(), text.end(), [this](char byte) { return id_of_byte(byte) >= 0; });
  }

  const Vocabulary& vocabulary_;
  std::string prefix_, suffix_;  // of every character's token but a word's first, and of its last
  std::string unk_token_;
  int32_t unk_id_;
  bool fuse_unk_, byte_fallback_, ignore_merges_, has_unk_;
  MergeTable merges_;
  std::vector<int32_t> ids_of_characters_;
  std::array<int32_t, 256> ids_of_bytes_{};
  bool words_begin_with_metaspace_ = false;
  WordCache cache_;
};

}  // namespace

std::unique_ptr<const TokenModel> make_bpe(const FilePart& part, const Vocabulary& vocabulary) {
  return std::make_unique<Bpe>(part, vocabulary);
}

}  // namespace mtlora
