// Continuations by a causal language model.
#pragma once

#include <cstdint>
#include <vector>

#include "model/model.h"

namespace mtlora {

struct GenerateOptions {
  int64_t max_new_tokens = 128;
  std::vector<int32_t> end_tokens;  // a continuation ends with (and keeps) the first of them
};

// The likeliest next token, again and again, for each prompt (token ids, none empty): the new tokens. A prompt and its
// continuation together have at most model.max_positions() tokens. Blocks.
std::vector<std::vector<int32_t>> generate_greedy(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                                                  const GenerateOptions& options);

}  // namespace mtlora
