// Lines of a text.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace mtlora {

// A line ends at a line feed and nothing else; the last one may lack it. Views of `text`.
inline std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace mtlora
