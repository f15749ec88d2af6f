#include "eval/text_metrics/tokenize_marks.h"

#include "eval/text_metrics/words.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace mtlora {

std::string tokenize_marks(std::string_view text) {
  std::string result;
  bool in_word = false;
  for (const char* at = text.data(); at < text.data() + text.size();) {
    const char32_t c = next_code_point(at);
    const bool of_word = is_letter(c) || is_numeric(c) || c == '_';  // \w of Python's `re`
    if (!is_python_space(c)) {
      if (!result.empty() && !(in_word && of_word)) result += ' ';
      append_utf8(c, result);
    }
    in_word = of_word;
  }
  return result;
}

}  // namespace mtlora
