// Texts that a causal language model writes.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "config/run_config.h"
#include "model/model.h"

namespace mtlora {

struct GenerateHooks {
  // A token of a prompt's text, as it is chosen; of beams when the search has ended.
  std::function<void(size_t prompt, int32_t token)> on_token;
  std::function<bool()> go_on;  // asked before each step; false ends all texts where they are
  // For sampling: each prompt draws from the stream of its number, whatever batch it is in. Empty: 0, 1, 2, ...
  std::vector<size_t> numbers;
};

// The continuation of each prompt (token ids, none empty), each at most options.max_new_tokens long and ended by the
// first of `end_tokens`, which it keeps. A prompt and its text together have at most model.max_positions() tokens.
// All prompts are one batch. Blocks.
//
// decoding "transformers" gives the tokens of transformers' generate (5.18) with the same options, greedy or beams
// (early_stopping off); n-grams of the prompt count there. "release" is the beam search of the LoRA release's
// gpt2_beam.py: see beam_search.h.
std::vector<std::vector<int32_t>> generate(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                                           const GenerationOptions& options, const std::vector<int32_t>& end_tokens,
                                           const GenerateHooks& hooks = {});

}  // namespace mtlora
