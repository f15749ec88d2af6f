// The order of examples and the cutting into packed batches.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

#include "data/dataset.h"
#include "data/packed_batch.h"

namespace mtlora {

// Examples `indices` as one batch. `first_row`: number of its first token within the optimiser step.
// `regression`: labels are float32, else int64.
PackedBatch pack(const std::vector<Example>& examples, const std::vector<size_t>& indices, bool regression,
                 int64_t first_row, at::Device device);

// What an optimiser step takes: the examples of each epoch in an order drawn from (seed, epoch), `per_step` at a time;
// the last step of an epoch takes what is left. The state is (epoch, position), so a run resumes anywhere.
class TrainOrder {
 public:
  TrainOrder(size_t examples, size_t per_step, uint64_t seed);
  size_t steps_per_epoch() const { return (examples_ + per_step_ - 1) / per_step_; }
  std::vector<size_t> next();  // indices of the next step's examples

  int64_t epoch() const { return epoch_; }
  int64_t position() const { return static_cast<int64_t>(position_); }
  void seek(int64_t epoch, int64_t position);

 private:
  void shuffle_epoch();
  size_t examples_, per_step_;
  uint64_t seed_;
  int64_t epoch_ = 0;
  size_t position_ = 0;
  std::vector<size_t> order_;
};

}  // namespace mtlora
