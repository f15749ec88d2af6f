#include "text/pre_tokenizer.h"

#include <algorithm>
#include <array>

#include "text/byte_level.h"
#include "text/pattern.h"
#include "text/split_behavior.h"
#include "text/unicode.h"

namespace mtlora {
namespace {

// White space parts words and goes; a punctuation character is a word of its own.
class BertPreTokenizer : public PreTokenizer {
 public:
  BertPreTokenizer() {
    for (size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = kind(static_cast<char32_t>(c));
  }

  void split(PreTokenizedText& text) const override {
    text.split([this](std::string_view word, auto emit) {
      size_t begin = 0;  // of the part that is being read
      const char* const end = word.data() + word.size();
      for (const char* at = word.data(); at != end;) {
        const auto start = static_cast<size_t>(at - word.data());
        const auto byte = static_cast<unsigned char>(*at);
        const Kind here = byte < 0x80 ? (++at, ascii_[byte]) : kind(next_code_point(at));
        if (here == Kind::Letter) continue;
        const auto next = static_cast<size_t>(at - word.data());
        emit(begin, start);
        if (here == Kind::Punctuation) emit(start, next);
        begin = next;
      }
      emit(begin, word.size());
    });
  }

 private:
  enum class Kind : uint8_t { Letter, Space, Punctuation };

  static Kind kind(char32_t c) {
    if (is_whitespace(c)) return Kind::Space;
    return is_punctuation(c) ? Kind::Punctuation : Kind::Letter;
  }

  std::array<Kind, 128> ascii_;
};

// All that split at a pattern: Split, Punctuation, Digits, Whitespace, WhitespaceSplit.
class PatternSplit : public PreTokenizer {
 public:
  PatternSplit(std::unique_ptr<const Pattern> pattern, SplitBehavior behavior, bool invert = false)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

  void split(PreTokenizedText& text) const override {
    std::vector<Span>& matches = text.matches;
    text.split([&](std::string_view word, auto emit) {
      matches.clear();
      pattern_->find(word, matches);
      split_at(matches, static_cast<uint32_t>(word.size()), behavior_, invert_, emit);
    });
  }

 private:
  std::unique_ptr<const Pattern> pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

class ByteLevel : public PreTokenizer {
 public:
  explicit ByteLevel(const FilePart& part) : add_prefix_space_(part.at("add_prefix_space").as_bool()) {
    part.at("trim_offsets").as_bool();  // it matters to a post-processor only
    if (part.at("use_regex").is_null() || part.at("use_regex").as_bool()) {
      splitter_ = std::make_unique<PatternSplit>(make_scanner(gpt2_expression), SplitBehavior::Isolated);
    }
  }

  void split(PreTokenizedText& text) const override {
    using Word = PreTokenizedText::Word;
    if (add_prefix_space_) {
      text.rewrite([&](const Word& word, AlignedText& out) {
        if (text.text.view()[word.start] != ' ') out.add(" ", text.text, word.start);
        out.append(text.text, word.span());
      });
    }
    if (splitter_) splitter_->split(text);
    text.rewrite([&](const Word& word, AlignedText& out) {
      const std::string_view bytes = text.text.view();
      for (uint32_t i = word.start; i < word.end; ++i) {
        out.add(byte_level_character(static_cast<unsigned char>(bytes[i])), text.text, i);
      }
    });
  }

 private:
  bool add_prefix_space_;
  std::unique_ptr<const PreTokenizer> splitter_;
};

// Spaces become `replacement`, which begins a word.
class Metaspace : public PreTokenizer {
 public:
  explicit Metaspace(const FilePart& part)
      : replacement_(part.at("replacement").as_string()),
        split_(part.at("split").is_null() || part.at("split").as_bool()) {
    const char* end = replacement_.data();
    if (!replacement_.empty()) next_code_point(end);
    if (end == replacement_.data() || end != replacement_.data() + replacement_.size()) {
      part.at("replacement").fail("should be one character, found \"" + replacement_ + "\"");
    }
    const FilePart scheme = part.at("prepend_scheme");
    const std::string name = scheme.is_null() ? "always" : scheme.as_string();
    if (name != "always" && name != "never" && name != "first") {
      scheme.fail("should be always, never or first, found " + name);
    }
    // A file from before there were schemes has add_prefix_space alone.
    const FilePart add_prefix_space = part.at("add_prefix_space");
    const bool never = !add_prefix_space.is_null() && !add_prefix_space.as_bool();
    if (never && name != "never") add_prefix_space.fail("does not go with a prepend_scheme of " + name);
    scheme_ = name == "always" ? Scheme::Always : name == "first" ? Scheme::First : Scheme::Never;
  }

  bool needs_alignment(bool changed) const override { return changed && scheme_ == Scheme::First; }

  void split(PreTokenizedText& text) const override {
    text.rewrite([&](const PreTokenizedText::Word& word, AlignedText& out) {
      const std::string_view bytes = text.text.view();
      const bool begins_with_it = bytes[word.start] == ' ' || text.text.view(word.span()).starts_with(replacement_);
      const bool prepends =
          scheme_ == Scheme::Always || (scheme_ == Scheme::First && text.text.origin(word.span()).start == 0);
      if (prepends && !begins_with_it) out.add(replacement_, text.text, word.start);
      for (uint32_t at = word.start; at < word.end;) {
        const uint32_t space = static_cast<uint32_t>(std::min<size_t>(bytes.find(' ', at), word.end));
        out.append(text.text, {at, space});
        if (space < word.end) out.add(replacement_, text.text, space);
        at = space + 1;
      }
    });
    if (!split_) return;
    text.split([this](std::string_view word, auto emit) {
      size_t begin = 0;
      for (size_t at = 0; (at = word.find(replacement_, at)) != std::string_view::npos; at += replacement_.size()) {
        emit(begin, at);
        begin = at;
      }
      emit(begin, word.size());
    });
  }

 private:
  enum class Scheme { Always, Never, First };
  std::string replacement_;
  bool split_;
  Scheme scheme_;
};

std::unique_ptr<const PreTokenizer> make(const FilePart& part);

class Sequence : public PreTokenizer {
 public:
  explicit Sequence(const FilePart& part) {
    for (const FilePart& item : part.at("pretokenizers").items()) steps_.push_back(make(item));
  }
  void split(PreTokenizedText& text) const override {
    for (const auto& step : steps_) step->split(text);
  }
  bool needs_alignment(bool changed) const override {
    return std::any_of(steps_.begin(), steps_.end(),
                       [&](const auto& step) { return step->needs_alignment(changed || step != steps_.front()); });
  }

 private:
  std::vector<std::unique_ptr<const PreTokenizer>> steps_;
};

std::unique_ptr<const PreTokenizer> make(const FilePart& part) {
  using enum SplitBehavior;
  const std::string type = part.type();
  if (type == "Sequence") return std::make_unique<Sequence>(part);
  if (type == "BertPreTokenizer") return std::make_unique<BertPreTokenizer>();
  if (type == "ByteLevel") return std::make_unique<ByteLevel>(part);
  if (type == "Metaspace") return std::make_unique<Metaspace>(part);
  if (type == "Whitespace") return std::make_unique<PatternSplit>(make_word_pattern(), Removed, true);
  if (type == "WhitespaceSplit") {
    return std::make_unique<PatternSplit>(make_character_pattern(is_whitespace), Removed);
  }
  if (type == "Punctuation") {
    const FilePart behavior = part.at("behavior");
    return std::make_unique<PatternSplit>(make_character_pattern(is_punctuation),
                                          behavior.is_null() ? Isolated : read_split_behavior(behavior));
  }
  if (type == "Digits") {
    const bool individual = part.at("individual_digits").as_bool();
    return std::make_unique<PatternSplit>(make_character_pattern(is_numeric), individual ? Isolated : Contiguous);
  }
  if (type == "Split") {
    return std::make_unique<PatternSplit>(make_pattern(part.at("pattern")), read_split_behavior(part.at("behavior")),
                                          part.at("invert").as_bool());
  }
  part.unsupported(type,
                   "Sequence, BertPreTokenizer, ByteLevel, Metaspace, Whitespace, WhitespaceSplit, Punctuation, Digits "
                   "or Split");
}

}  // namespace

std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const FilePart& part) {
  return part.is_null() ? nullptr : make(part);
}

}  // namespace mtlora
