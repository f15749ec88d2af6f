// Texts as words, as the reference implementations see them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mtlora {

// Lower case by Unicode's full mapping with its one context, the final sigma, as Python's str.lower() has it. The
// text is well-formed UTF-8.
std::string lower_case(std::string_view text);

// White space of Python's str.split() and of \s in its `re`: Unicode's, and U+001C to U+001F.
bool is_python_space(char32_t c);

// The words between white space: Python's, or ASCII's alone, which is what Perl knows in bytes. Views into `text`,
// which is well-formed UTF-8.
std::vector<std::string_view> split_words(std::string_view text);
std::vector<std::string_view> split_words_ascii(std::string_view text);

// What stands between blanks, empty where two meet or there is nothing: Python's split(" ").
std::vector<std::string_view> split_at_blanks(std::string_view text);

std::string_view without_trailing_space(std::string_view text);  // Python's rstrip(); well-formed UTF-8

// Numbers words from 0 in the order in which they come.
class Vocabulary {
 public:
  std::vector<uint32_t> numbers_of(const std::vector<std::string_view>& words);
  uint32_t size() const { return static_cast<uint32_t>(numbers_.size()); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view word) const { return std::hash<std::string_view>{}(word); }
  };
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> numbers_;
};

}  // namespace mtlora
