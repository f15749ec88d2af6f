// Text on its way through the stages of a tokenizer, with the bytes of the original that each of its bytes comes from
// where these are wanted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/utf8.h"

namespace mtlora {

// Bytes of a text on its way: with origins it takes nine times as much memory, and positions have 32 bits.
constexpr size_t max_text = size_t{1} << 27;

// Throws Error(BadInput) for more than max_text bytes: a replacement can make much of little.
void check_text_size(size_t bytes);

// One character of a new text. change > 0: it is new, and has the origin of the character before it; 0: it replaces the
// next character of the old text; −n: it does so, and the n characters behind that one go. (The form in which
// `tokenizers` states every change, on which its offsets depend.)
struct Change {
  char32_t c;
  int32_t change;
};

class AlignedText {
 public:
  AlignedText() = default;
  // `start`: where the text stands in the original.
  void assign(std::string_view text, bool aligned, uint32_t start = 0);
  // The given text, with U+FFFD for bytes that are not UTF-8; its origins count the bytes as given.
  void assign_repaired(std::string_view text, bool aligned);
  // A part of another text.
  void assign(const AlignedText& other, Span part);
  void append(const AlignedText& other) { append(other, {0, static_cast<uint32_t>(other.size())}); }
  void append(const AlignedText& other, Span part);
  void swap(AlignedText& other) noexcept;

  std::string_view view() const { return bytes_; }
  std::string_view view(Span part) const { return std::string_view(bytes_).substr(part.start, part.end - part.start); }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  bool aligned() const { return aligned_; }
  // Bytes of the original that a part comes from; the part itself where the text is not aligned.
  Span origin(Span part) const;

  // Appends `bytes`, all of the origin of the byte `at` of `from`.
  void add(std::string_view bytes, const AlignedText& from, size_t at) {
    bytes_ += bytes;
    if (aligned_) origins_.insert(origins_.end(), bytes.size(), from.origins_[at]);
  }

  // The functions below change the whole text.

  // `removed` characters at the start go first.
  void transform(std::span<const Change> changes, size_t removed = 0);
  // Each part is replaced by `content`, which has the origin of the byte before the part's end. In order, apart.
  void replace(std::span<const Span> parts, std::string_view content);
  void prepend(std::string_view content);  // of the origin of the first character; nothing for an empty text
  void keep(Span part);                    // the rest goes

  // `write(c, out)` appends what stands for the character: itself, another, several or none. All have its origin.
  template <typename Write>
  void replace_each(Write write) {
    std::string out;
    std::vector<Span> origins;
    out.reserve(bytes_.size());
    const char* at = bytes_.data();
    const char* const end = at + bytes_.size();
    while (at != end) {
      const auto start = static_cast<size_t>(at - bytes_.data());
      write(next_code_point(at), out);
      if (aligned_) origins.resize(out.size(), origins_[start]);
    }
    check_text_size(out.size());
    bytes_.swap(out);
    origins_.swap(origins);
  }

  // The bytes of a text that is ASCII, to be mapped in place: map(byte) is the new byte, or a negative number where it
  // goes.
  template <typename Map>
  void map_ascii(Map map) {
    size_t to = 0;
    for (size_t i = 0; i < bytes_.size(); ++i) {
      const int mapped = map(static_cast<unsigned char>(bytes_[i]));
      if (mapped < 0) continue;
      bytes_[to] = static_cast<char>(mapped);
      if (aligned_) origins_[to] = origins_[i];
      ++to;
    }
    bytes_.resize(to);
    if (aligned_) origins_.resize(to);
  }

 private:
  std::string bytes_;
  std::vector<Span> origins_;  // of each byte; empty where not aligned
  bool aligned_ = false;
  uint32_t start_ = 0;  // of the text in the original
};

// A text cut into words, some of which are added tokens already.
struct PreTokenizedText {
  struct Word {
    uint32_t start, end;  // bytes of `text`
    int32_t token;        // −1: not one yet
    Span span() const { return {start, end}; }
  };
  AlignedText text;
  std::vector<Word> words;

  // Cuts each word that is no token: `cut(word, emit)` calls emit(start, end) for its parts, positions in the word;
  // empty ones are dropped.
  template <typename Cut>
  void split(Cut cut) {
    spare_words.clear();
    for (const Word& word : words) {
      if (word.token >= 0) {
        spare_words.push_back(word);
        continue;
      }
      cut(text.view(word.span()), [&](size_t start, size_t end) {
        if (start < end) {
          spare_words.push_back(
              {word.start + static_cast<uint32_t>(start), word.start + static_cast<uint32_t>(end), -1});
        }
      });
    }
    words.swap(spare_words);
  }

  // Writes the text anew: `write(word, out)` appends what stands for a word that is no token.
  template <typename Write>
  void rewrite(Write write) {
    spare_text.assign(std::string_view(), text.aligned());
    for (Word& word : words) {
      const auto start = static_cast<uint32_t>(spare_text.size());
      if (word.token >= 0) {
        spare_text.append(text, word.span());
      } else {
        write(word, spare_text);
      }
      word.start = start;
      word.end = static_cast<uint32_t>(spare_text.size());
      check_text_size(spare_text.size());
    }
    text.swap(spare_text);
  }

  // Kept only for their memory.
  AlignedText spare_text;
  std::vector<Word> spare_words;
  std::vector<Span> matches;
};

}  // namespace mtlora
