#include "text/pre_tokenizer.h"

#include <array>

#include "text/unicode.h"
#include "text/utf8.h"

namespace mtlora {
namespace {

// White space parts words and goes; a punctuation character is a word of its own.
class BertPreTokenizer : public PreTokenizer {
 public:
  BertPreTokenizer() {
    for (size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = kind(static_cast<char32_t>(c));
  }

  void split(std::string_view text, std::vector<std::string_view>& words) const override {
    const char* const end = text.data() + text.size();
    const char* word = text.data();  // start of the word that is being read
    for (const char* at = word; at != end;) {
      const char* const start = at;
      const auto byte = static_cast<unsigned char>(*at);
      const Kind kind_here = byte < 0x80 ? (++at, ascii_[byte]) : kind(next_code_point(at));
      if (kind_here == Kind::Letter) continue;
      if (word != start) words.emplace_back(word, start);
      if (kind_here == Kind::Punctuation) words.emplace_back(start, at);
      word = at;
    }
    if (word != end) words.emplace_back(word, end);
  }

 private:
  enum class Kind : uint8_t { Letter, Space, Punctuation };

  static Kind kind(char32_t c) {
    if (is_whitespace(c)) return Kind::Space;
    return is_punctuation(c) ? Kind::Punctuation : Kind::Letter;
  }

  std::array<Kind, 128> ascii_;
};

}  // namespace

std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const FilePart& part) {
  if (part.is_null()) return nullptr;
  if (part.type() != "BertPreTokenizer") part.unsupported(part.type(), "BertPreTokenizer");
  return std::make_unique<BertPreTokenizer>();
}

}  // namespace mtlora
