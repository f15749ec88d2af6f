// The order of examples and the cutting into packed batches.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

#include "data/dataset.h"
#include "data/packed_batch.h"

namespace mtlora {

// Examples `indices` as one batch. `first_row`: number of its first token within the optimiser step.
PackedBatch pack(const std::vector<Example>& examples, const std::vector<size_t>& indices, TaskKind kind,
                 int64_t first_row, at::Device device);

// What the loss of an example is a mean over: 1, or the tokens of its answer that a language model predicts (not the
// first of all, which nothing stands before).
int64_t targets_of(const Example& example);

// Examples that fill one place of a batch together: as many as have at most `max_tokens` tokens, or one that is longer.
// Best fit, the longest examples first.
std::vector<std::vector<size_t>> fill_places(const std::vector<Example>& examples, int64_t max_tokens);

// What an optimiser step takes: the places (an example each, unless they are filled) of each epoch in an order drawn
// from (seed, epoch), `per_step` at a time; the last step of an epoch takes what is left. The state is (epoch,
// position), so a run resumes anywhere.
class TrainOrder {
 public:
  TrainOrder(size_t places, size_t per_step, uint64_t seed);
  size_t steps_per_epoch() const { return (places_ + per_step_ - 1) / per_step_; }
  std::vector<size_t> next();  // the next step's places

  int64_t epoch() const { return epoch_; }
  int64_t position() const { return static_cast<int64_t>(position_); }
  void seek(int64_t epoch, int64_t position);

 private:
  void shuffle_epoch();
  size_t places_, per_step_;
  uint64_t seed_;
  int64_t epoch_ = 0;
  size_t position_ = 0;
  std::vector<size_t> order_;
};

}  // namespace mtlora
