#include "text/normalizer.h"

#include <algorithm>
#include <array>

#include "text/byte_level.h"
#include "text/charsmap.h"
#include "text/normal_form.h"
#include "text/pattern.h"
#include "text/unicode.h"

namespace mtlora {
namespace {

void to_lower_case(AlignedText& text) {
  if (is_ascii(text.view())) {
    text.map_ascii([](unsigned char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
    return;
  }
  std::u32string lower;
  text.replace_each([&](char32_t c, std::string& out) {
    if (c < 0x80) {
      out.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
      return;
    }
    lower.clear();
    append_lower_case(c, lower);
    for (const char32_t part : lower) append_utf8(part, out);
  });
}

// clean_text: control characters and U+FFFD go, white space becomes " ". handle_chinese_chars: spaces around
// ideographs. strip_accents: canonical decomposition, less the nonspacing marks. lowercase: per code point.
class BertNormalizer : public Normalizer {
 public:
  explicit BertNormalizer(const FilePart& part)
      : clean_text_(part.at("clean_text").as_bool()),
        handle_chinese_chars_(part.at("handle_chinese_chars").as_bool()),
        lowercase_(part.at("lowercase").as_bool()),
        strip_accents_(part.at("strip_accents").is_null() ? lowercase_ : part.at("strip_accents").as_bool()) {
    for (size_t c = 0; c < ascii_.size(); ++c) {
      const auto code_point = static_cast<char32_t>(c);
      const bool goes = clean_text_ && (c == 0 || is_control(code_point));
      const bool is_space = clean_text_ && is_whitespace(code_point);
      const bool is_capital = lowercase_ && c >= 'A' && c <= 'Z';
      ascii_[c] = static_cast<int8_t>(goes ? -1 : is_space ? ' ' : is_capital ? c - 'A' + 'a' : c);
    }
  }

  void normalize(AlignedText& text) const override {
    if (is_ascii(text.view())) {
      text.map_ascii([this](unsigned char c) { return ascii_[c]; });
      return;
    }
    if (clean_text_ || handle_chinese_chars_) {
      text.replace_each([this](char32_t c, std::string& out) { clean(c, out); });
    }
    if (strip_accents_) {
      mtlora::normalize(text, NormalForm::NFD);
      text.replace_each([](char32_t c, std::string& out) {
        if (!is_nonspacing_mark(c)) append_utf8(c, out);
      });
    }
    if (lowercase_) to_lower_case(text);
  }

 private:
  void clean(char32_t c, std::string& out) const {
    if (clean_text_) {
      if (c == 0 || c == 0xFFFD || is_control(c)) return;
      if (is_whitespace(c)) c = ' ';
    }
    const bool apart = handle_chinese_chars_ && is_ideograph(c);
    if (apart) out += ' ';
    append_utf8(c, out);
    if (apart) out += ' ';
  }

  bool clean_text_, handle_chinese_chars_, lowercase_, strip_accents_;
  std::array<int8_t, 128> ascii_;  // the character that stands for each; −1: none
};

class FormNormalizer : public Normalizer {
 public:
  explicit FormNormalizer(NormalForm form) : form_(form) {}
  void normalize(AlignedText& text) const override { mtlora::normalize(text, form_); }

 private:
  NormalForm form_;
};

class Lowercase : public Normalizer {
 public:
  void normalize(AlignedText& text) const override { to_lower_case(text); }
};

class StripAccents : public Normalizer {
 public:
  void normalize(AlignedText& text) const override {
    if (is_ascii(text.view())) return;
    text.replace_each([](char32_t c, std::string& out) {
      if (!is_combining_mark(c)) append_utf8(c, out);
    });
  }
};

// What the Neural Machine Translation rules of SentencePiece do to control characters and white space.
class Nmt : public Normalizer {
 public:
  void normalize(AlignedText& text) const override {
    text.replace_each([](char32_t c, std::string& out) {
      const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
      if (within(0x1, 0x8) || c == 0xB || within(0xE, 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F) return;
      const bool is_space = c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || within(0x200B, 0x200F) ||
                            c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
      append_utf8(is_space ? U' ' : c, out);
    });
  }
};

class ByteLevelNormalizer : public Normalizer {
 public:
  void normalize(AlignedText& text) const override {
    text.replace_each([utf8 = std::string()](char32_t c, std::string& out) mutable {
      utf8.clear();
      append_utf8(c, utf8);
      for (const char byte : utf8) out += byte_level_character(static_cast<unsigned char>(byte));
    });
  }
};

class Prepend : public Normalizer {
 public:
  explicit Prepend(const FilePart& part) : content_(part.at("prepend").as_string()) {}
  void normalize(AlignedText& text) const override { text.prepend(content_); }

 private:
  std::string content_;
};

class Replace : public Normalizer {
 public:
  explicit Replace(const FilePart& part)
      : pattern_(make_pattern(part.at("pattern"))), content_(part.at("content").as_string()) {}

  void normalize(AlignedText& text) const override {
    if (text.empty()) return;
    std::vector<Span> matches;
    pattern_->find(text.view(), matches);
    text.replace(matches, content_);
  }

 private:
  std::unique_ptr<const Pattern> pattern_;
  std::string content_;
};

class Strip : public Normalizer {
 public:
  explicit Strip(const FilePart& part)
      : left_(part.at("strip_left").as_bool()), right_(part.at("strip_right").as_bool()) {}

  void normalize(AlignedText& text) const override {
    const std::string_view view = text.view();
    size_t start = 0, end = view.size();
    while (left_ && start < end) {
      const char* next = view.data() + start;
      if (!is_whitespace(next_code_point(next))) break;
      start = static_cast<size_t>(next - view.data());
    }
    while (right_ && start < end) {
      const size_t length = last_character_length(view.substr(start, end - start));
      const char* last = view.data() + end - length;
      if (!is_whitespace(next_code_point(last))) break;
      end -= length;
    }
    text.keep({static_cast<uint32_t>(start), static_cast<uint32_t>(end)});
  }

 private:
  bool left_, right_;
};

class Precompiled : public Normalizer {
 public:
  explicit Precompiled(const FilePart& part) : charsmap_(part.at("precompiled_charsmap")) {}
  void normalize(AlignedText& text) const override { charsmap_.normalize(text); }

 private:
  Charsmap charsmap_;
};

std::unique_ptr<const Normalizer> make(const FilePart& part);

class Sequence : public Normalizer {
 public:
  explicit Sequence(const FilePart& part) {
    for (const FilePart& item : part.at("normalizers").items()) steps_.push_back(make(item));
  }
  void normalize(AlignedText& text) const override {
    for (const auto& step : steps_) step->normalize(text);
  }

 private:
  std::vector<std::unique_ptr<const Normalizer>> steps_;
};

std::unique_ptr<const Normalizer> make(const FilePart& part) {
  const std::string type = part.type();
  if (type == "Sequence") return std::make_unique<Sequence>(part);
  if (type == "BertNormalizer") return std::make_unique<BertNormalizer>(part);
  if (type == "NFC") return std::make_unique<FormNormalizer>(NormalForm::NFC);
  if (type == "NFD") return std::make_unique<FormNormalizer>(NormalForm::NFD);
  if (type == "NFKC") return std::make_unique<FormNormalizer>(NormalForm::NFKC);
  if (type == "NFKD") return std::make_unique<FormNormalizer>(NormalForm::NFKD);
  if (type == "Lowercase") return std::make_unique<Lowercase>();
  if (type == "StripAccents") return std::make_unique<StripAccents>();
  if (type == "Nmt") return std::make_unique<Nmt>();
  if (type == "ByteLevel") return std::make_unique<ByteLevelNormalizer>();
  if (type == "Prepend") return std::make_unique<Prepend>(part);
  if (type == "Replace") return std::make_unique<Replace>(part);
  if (type == "Strip") return std::make_unique<Strip>(part);
  if (type == "Precompiled") return std::make_unique<Precompiled>(part);
  part.unsupported(type,
                   "Sequence, BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Nmt, ByteLevel, Prepend, "
                   "Replace, Strip or Precompiled");
}

}  // namespace

std::unique_ptr<const Normalizer> make_normalizer(const FilePart& part) {
  return part.is_null() ? nullptr : make(part);
}

}  // namespace mtlora
