// Beam search over a batch of prompts.
#pragma once

#include "eval/generate.h"

namespace mtlora {

// The likeliest continuation of each prompt that a search of options.num_beams beams finds. `room`: how many tokens
// each may have. Scores are sums of log probabilities in fp32, over length^length_penalty where they are compared.
//
// transformers (its vectorised search, early_stopping off): of K = (1 + end tokens, at least 2) · beams best
// continuations those that do not end go on, and those among the first `beams` that end are kept; a search ends when no
// running beam, at its present length, is better than the worst of `beams` kept ones. Repeated n-grams are taken out
// after the softmax, and n-grams of the prompt count.
//
// release (gpt2_beam.py of the LoRA release, which MTLoRA's shares): the best `beams` continuations; one that ends is
// compared with the best so far and its place stays empty; at the longest length the running ones are compared too.
// Repeated n-grams are taken out before the softmax, of the written part alone.
std::vector<std::vector<int32_t>> beam_search(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                                              const std::vector<int64_t>& room, const GenerationOptions& options,
                                              const std::vector<int32_t>& end_tokens,
                                              const std::function<bool()>& go_on);

}  // namespace mtlora
