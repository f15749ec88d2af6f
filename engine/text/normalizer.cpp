#include "text/normalizer.h"

#include <algorithm>
#include <array>

#include "text/unicode.h"
#include "text/utf8.h"

namespace mtlora {
namespace {

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
      ascii_[c].kept = !(clean_text_ && (c == 0 || is_control(code_point)));
      ascii_[c].mapped = static_cast<char>(clean_text_ && is_whitespace(code_point) ? ' '
                                           : lowercase_ && c >= 'A' && c <= 'Z'     ? c - 'A' + 'a'
                                                                                    : c);
    }
  }

  void normalize(std::string_view text, std::string& out) const override {
    std::u32string run;  // what has not been written yet, as a combining mark may still come before its end
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
      if (static_cast<unsigned char>(*at) >= 0x80) {
        add(next_code_point(at), run, out);
        continue;
      }
      const char* const ascii_end = std::find_if(at, end, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
      if (!run.empty()) {
        at = std::find_if(at, ascii_end, [this](char c) { return ascii_[static_cast<size_t>(c)].kept; });
        if (at == ascii_end) continue;
        write(run, out);
      }
      add_ascii({at, ascii_end}, out);
      at = ascii_end;
    }
    write(run, out);
  }

 private:
  struct Ascii {
    char mapped;
    bool kept;
  };

  void add_ascii(std::string_view text, std::string& out) const {
    const size_t before = out.size();
    out.resize(before + text.size());
    char* to = out.data() + before;
    for (const char c : text) {
      const Ascii ascii = ascii_[static_cast<size_t>(c)];
      *to = ascii.mapped;
      to += ascii.kept;
    }
    out.resize(static_cast<size_t>(to - out.data()));
  }

  void add(char32_t c, std::u32string& run, std::string& out) const {
    if (clean_text_) {
      if (c == 0xFFFD || is_control(c)) return;
      if (is_whitespace(c)) return add_space(run, out);
    }
    const bool apart = handle_chinese_chars_ && is_ideograph(c);
    if (apart) add_space(run, out);
    if (strip_accents_) {
      const size_t before = run.size();
      append_decomposition(c, run);
      run.erase(std::remove_if(run.begin() + static_cast<std::ptrdiff_t>(before), run.end(), is_nonspacing_mark),
                run.end());
    } else {
      run += c;
    }
    if (apart) add_space(run, out);
  }

  void add_space(std::u32string& run, std::string& out) const {
    write(run, out);
    out += ' ';
  }

  void write(std::u32string& run, std::string& out) const {
    if (strip_accents_) sort_marks(run);
    if (lowercase_) {
      std::u32string lower;
      for (const char32_t c : run) append_lower_case(c, lower);
      run.swap(lower);
    }
    for (const char32_t c : run) append_utf8(c, out);
    run.clear();
  }

  bool clean_text_, handle_chinese_chars_, lowercase_, strip_accents_;
  std::array<Ascii, 128> ascii_;
};

}  // namespace

std::unique_ptr<const Normalizer> make_normalizer(const FilePart& part) {
  if (part.is_null()) return nullptr;
  if (part.type() != "BertNormalizer") part.unsupported(part.type(), "BertNormalizer");
  return std::make_unique<BertNormalizer>(part);
}

}  // namespace mtlora
