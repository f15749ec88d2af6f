// The limit of the searches whose reference implementations have none.
#pragma once

#include <string>

#include "base/error.h"

namespace mtlora {

// Throws Error(BadInput) where comparing all words of a text with all of its reference would take hours or all memory.
inline void refuse_too_long(const std::string& metric, size_t text, size_t words, size_t reference_words) {
  constexpr size_t most_pairs = 10'000'000;
  if (words == 0 || reference_words <= most_pairs / words) return;
  throw bad_input("text " + std::to_string(text + 1) + " has " + std::to_string(words) + " words and its reference " +
                      std::to_string(reference_words) + ", too many for " + metric,
                  "It takes texts of about 3000 words and shorter ones.");
}

}  // namespace mtlora
