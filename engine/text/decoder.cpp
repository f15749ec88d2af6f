#include "text/decoder.h"

#include <limits>
#include <numeric>

#include "text/aligned_text.h"
#include "text/byte_level.h"
#include "text/pattern.h"
#include "text/utf8.h"

namespace mtlora {
namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

using Tokens = std::vector<std::string>;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

std::string joined(const Tokens& tokens) { return std::accumulate(tokens.begin(), tokens.end(), std::string()); }

// A field of one character.
std::string read_character(const FilePart& part) {
  std::string text = part.as_string();
  const char* end = text.data();
  if (!text.empty()) next_code_point(end);
  if (text.empty() || end != text.data() + text.size()) part.fail("should be one character, found \"" + text + "\"");
  return text;
}

// All tokens are one text of bytes; what is not UTF-8 in it becomes U+FFFD. A token with a character that stands for no
// byte is taken as it is.
class ByteLevel : public Decoder {
 public:
  void decode(Tokens& tokens) const override {
    std::string bytes, of_token, storage;
    for (const std::string& token : tokens) {
      of_token.clear();
      const char* at = token.data();
      const char* const end = at + token.size();
      int byte = 0;
      while (at != end && (byte = byte_level_byte(next_code_point(at))) >= 0) {
        of_token.push_back(static_cast<char>(byte));
      }
      bytes += byte < 0 ? token : of_token;
    }
    tokens.assign(1, std::string(valid_utf8(bytes, storage)));
  }
};

// A token without the prefix of a continuation begins a word. cleanup: no space before punctuation and English endings.
class WordPiece : public Decoder {
 public:
  explicit WordPiece(const FilePart& part)
      : prefix_(part.at("prefix").as_string()), cleanup_(part.at("cleanup").as_bool()) {}

  void decode(Tokens& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) {
      std::string& token = tokens[i];
      if (i > 0) {
        if (token.starts_with(prefix_)) {
          token.erase(0, prefix_.size());
        } else {
          token.insert(0, " ");
        }
      }
      if (cleanup_) clean_up(token);
    }
  }

 private:
  static void clean_up(std::string& text) {
    constexpr std::pair<std::string_view, std::string_view> rules[] = {
        {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
        {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    for (const auto& [from, to] : rules) replace_all(text, from, to);
  }

  std::string prefix_;
  bool cleanup_;
};

class Metaspace : public Decoder {
 public:
  explicit Metaspace(const FilePart& part) : replacement_(read_character(part.at("replacement"))) {
    const FilePart scheme = part.at("prepend_scheme"), add_prefix_space = part.at("add_prefix_space");
    const std::string name = scheme.is_null() ? "always" : scheme.as_string();
    if (name != "always" && name != "never" && name != "first") {
      scheme.fail("should be always, never or first, found " + name);
    }
    if (!add_prefix_space.is_null() && !add_prefix_space.as_bool() && name != "never") {
      add_prefix_space.fail("does not go with a prepend_scheme of " + name);
    }
    prepends_ = name != "never";
  }

  void decode(Tokens& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) replace_all(tokens[i], replacement_, i == 0 && prepends_ ? "" : " ");
  }

 private:
  std::string replacement_;
  bool prepends_;
};

// The suffix ends a word.
class BpeDecoder : public Decoder {
 public:
  explicit BpeDecoder(const FilePart& part) : suffix_(part.at("suffix").as_string()) {}
  void decode(Tokens& tokens) const override {
    for (std::string& token : tokens) replace_all(token, suffix_, &token == &tokens.back() ? "" : " ");
  }

 private:
  std::string suffix_;
};

// <0x61> is a byte. Bytes in a row are characters together, or U+FFFD each where they are not UTF-8.
class ByteFallback : public Decoder {
 public:
  void decode(Tokens& tokens) const override {
    Tokens result;
    std::string bytes, storage;
    const auto flush = [&] {
      if (bytes.empty()) return;
      std::vector<Span> ill_formed;
      valid_utf8(bytes, storage, &ill_formed);
      if (ill_formed.empty()) {
        result.push_back(bytes);
      } else {
        result.insert(result.end(), bytes.size(), std::string(replacement_character));
      }
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const int byte = byte_of(token); byte >= 0) {
        bytes.push_back(static_cast<char>(byte));
      } else {
        flush();
        result.push_back(std::move(token));
      }
    }
    flush();
    tokens.swap(result);
  }

 private:
  static int byte_of(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
    const auto digit = [](char c) {
      return c >= '0' && c <= '9'   ? c - '0'
             : c >= 'a' && c <= 'f' ? c - 'a' + 10
             : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                    : -1;
    };
    const int high = token[3] == '+' ? 0 : digit(token[3]), low = digit(token[4]);  // Rust reads "+a" as a number too
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }
};

class Fuse : public Decoder {
 public:
  void decode(Tokens& tokens) const override { tokens.assign(1, joined(tokens)); }
};

// Takes up to `start` and `stop` times the character off the ends of each token.
class Strip : public Decoder {
 public:
  explicit Strip(const FilePart& part)
      : content_(read_character(part.at("content"))),
        start_(part.at("start").as_count(std::numeric_limits<int32_t>::max())),
        stop_(part.at("stop").as_count(std::numeric_limits<int32_t>::max())) {}

  void decode(Tokens& tokens) const override {
    for (std::string& token : tokens) {
      std::string_view rest = token;
      for (int32_t i = 0; i < start_ && rest.starts_with(content_); ++i) rest.remove_prefix(content_.size());
      for (int32_t i = 0; i < stop_ && rest.ends_with(content_); ++i) rest.remove_suffix(content_.size());
      token = std::string(rest);
    }
  }

 private:
  std::string content_;
  int32_t start_, stop_;
};

class Replace : public Decoder {
 public:
  explicit Replace(const FilePart& part)
      : pattern_(make_pattern(part.at("pattern"))), content_(part.at("content").as_string()) {}

  void decode(Tokens& tokens) const override {
    std::vector<Span> matches;
    std::string result;
    for (std::string& token : tokens) {
      if (token.empty()) continue;
      matches.clear();
      pattern_->find(token, matches);
      check_text_size(token.size() + matches.size() * content_.size());
      result.clear();
      size_t done = 0;
      for (const Span& match : matches) {
        result.append(token, done, match.start - done).append(content_);
        done = match.end;
      }
      result.append(token, done);
      token.swap(result);
    }
  }

 private:
  std::unique_ptr<const Pattern> pattern_;
  std::string content_;
};

std::unique_ptr<const Decoder> make(const FilePart& part);

class Sequence : public Decoder {
 public:
  explicit Sequence(const FilePart& part) {
    for (const FilePart& item : part.at("decoders").items()) steps_.push_back(make(item));
  }
  void decode(Tokens& tokens) const override {
    for (const auto& step : steps_) step->decode(tokens);
  }

 private:
  std::vector<std::unique_ptr<const Decoder>> steps_;
};

std::unique_ptr<const Decoder> make(const FilePart& part) {
  const std::string type = part.type();
  if (type == "Sequence") return std::make_unique<Sequence>(part);
  if (type == "ByteLevel") return std::make_unique<ByteLevel>();
  if (type == "WordPiece") return std::make_unique<WordPiece>(part);
  if (type == "Metaspace") return std::make_unique<Metaspace>(part);
  if (type == "BPEDecoder") return std::make_unique<BpeDecoder>(part);
  if (type == "ByteFallback") return std::make_unique<ByteFallback>();
  if (type == "Fuse") return std::make_unique<Fuse>();
  if (type == "Strip") return std::make_unique<Strip>(part);
  if (type == "Replace") return std::make_unique<Replace>(part);
  part.unsupported(type, "Sequence, ByteLevel, WordPiece, Metaspace, BPEDecoder, ByteFallback, Fuse, Strip or Replace");
}

}  // namespace

std::unique_ptr<const Decoder> make_decoder(const FilePart& part) { return part.is_null() ? nullptr : make(part); }

}  // namespace mtlora
