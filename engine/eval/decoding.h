// A language model that goes on, token by token, from what it has seen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/model.h"

namespace mtlora {

class Decoding {
 public:
  Decoding(Model& model, size_t sequences)
      : model_(model), cache_(model.layer_count(), static_cast<int64_t>(sequences)) {}

  // From now on there are parents.size() sequences, the i-th of them as sequence parents[i] was.
  void select(const std::vector<int64_t>& parents) { cache_.select(parents); }

  // Takes the next tokens of each sequence, at least one of each. The logits of what follows: [sequences, vocabulary],
  // fp32 on the CPU, the caller's to change.
  at::Tensor next_logits(const std::vector<std::vector<int32_t>>& tokens);

 private:
  Model& model_;
  KeyValueCache cache_;
};

// ---- of one row of logits -----------------------------------------------------------------------------------------

// Sets to −∞ what would complete a sequence of `n` tokens that `tokens` holds already. n = 0: nothing.
void ban_repeated_ngrams(std::span<float> logits, std::span<const int32_t> tokens, int64_t n);

struct Candidate {
  float logit;
  int32_t token;
};
// The `count` largest, the largest first; of equal ones the lower token first. −∞ is none.
std::vector<Candidate> largest(std::span<const float> logits, size_t count);

}  // namespace mtlora
