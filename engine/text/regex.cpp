// Regular expressions: Oniguruma, the engine of `tokenizers`, with the syntax that it has by default.
#include <oniguruma.h>

#include <mutex>

#include "base/error.h"
#include "text/pattern.h"

namespace mtlora {
namespace {

constexpr size_t max_expression = 1 << 16;                // bytes
constexpr unsigned long retry_limit_in_match = 10000000;  // as Oniguruma's own
constexpr unsigned long retry_limit_in_search = 20000000;
constexpr unsigned match_stack_limit = 1 << 22;  // entries of some 40 bytes

const OnigUChar* bytes(const char* text) { return reinterpret_cast<const OnigUChar*>(text); }

std::string reason(int code, OnigErrorInfo* info = nullptr) {
  OnigUChar message[ONIG_MAX_ERROR_MESSAGE_LEN];
  const int length = info ? onig_error_code_to_str(message, code, info) : onig_error_code_to_str(message, code);
  return {reinterpret_cast<const char*>(message), static_cast<size_t>(length)};
}

// Working memory of a search.
struct Search {
  OnigRegion* region = onig_region_new();
  OnigMatchParam* param = onig_new_match_param();
  Search() {
    onig_initialize_match_param(param);
    onig_set_retry_limit_in_match_of_match_param(param, retry_limit_in_match);
    onig_set_retry_limit_in_search_of_match_param(param, retry_limit_in_search);
    onig_set_match_stack_limit_size_of_match_param(param, match_stack_limit);
  }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;
  ~Search() {
    onig_region_free(region, 1);
    onig_free_match_param(param);
  }
};

class Regex : public Pattern {
 public:
  Regex(const std::string& expression, const FilePart& part) {
    static std::once_flag once;
    std::call_once(once, [] {
      OnigEncoding encoding = ONIG_ENCODING_UTF8;
      onig_initialize(&encoding, 1);
    });
    if (expression.size() > max_expression) part.fail("is longer than " + std::to_string(max_expression) + " bytes");
    const char* const begin = expression.data();
    OnigErrorInfo info;
    const int code = onig_new(&regex_, bytes(begin), bytes(begin + expression.size()), ONIG_OPTION_NONE,
                              ONIG_ENCODING_UTF8, ONIG_SYNTAX_DEFAULT, &info);
    if (code != ONIG_NORMAL) part.fail("is not a regular expression that can be used: " + reason(code, &info));
  }
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;
  ~Regex() override { onig_free(regex_); }

  void find(std::string_view text, std::vector<Span>& matches) const override {
    thread_local const Search search;
    const OnigUChar* const begin = bytes(text.data());
    const OnigUChar* const end = begin + text.size();
    int64_t last_end = -1;
    for (size_t from = 0; from <= text.size();) {
      const int found =
          onig_search_with_param(regex_, begin, end, begin + from, end, search.region, ONIG_OPTION_NONE, search.param);
      if (found == ONIG_MISMATCH) return;
      if (found < 0) {
        throw bad_input("A regular expression of the tokenizer gives up on a text of " + std::to_string(text.size()) +
                            " bytes: " + reason(found) + ".",
                        "Take this text out, or choose another tokenizer.");
      }
      const Span match{static_cast<uint32_t>(search.region->beg[0]), static_cast<uint32_t>(search.region->end[0])};
      if (match.start == match.end &&
          match.end == last_end) {  // an empty match right behind the last one doesn't count
        const char* next = text.data() + from;
        if (from < text.size()) next_code_point(next);
        from = from < text.size() ? static_cast<size_t>(next - text.data()) : from + 1;
        continue;
      }
      matches.push_back(match);
      last_end = match.end;
      from = match.end;
    }
  }

 private:
  regex_t* regex_ = nullptr;
};

}  // namespace

std::unique_ptr<const Pattern> make_regex(const std::string& expression, const FilePart& part) {
  return std::make_unique<Regex>(expression, part);
}

}  // namespace mtlora
