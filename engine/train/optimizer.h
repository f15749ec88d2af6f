// AdamW (Loshchilov and Hutter 2019) through LibTorch's fused operator, with gradient clipping.
#pragma once

#include <string>
#include <vector>

#include "adapter/adapter_set.h"

namespace mtlora {

class AdamW {
 public:
  AdamW(const std::vector<Trainable>& trainables, const TrainOptions& options);

  // Scales the gradients so that their joint norm is at most max_grad_norm (0: as they are), then takes one step at
  // `learning_rate`, and clears the gradients. Returns the norm before clipping as a scalar on the device. On the CPU
  // nothing is changed where that norm is not finite.
  at::Tensor step(double learning_rate);

  // exp_avg and exp_avg_sq of each trained tensor, and the number of steps taken.
  struct Moments {
    std::string key;
    at::Tensor exp_avg, exp_avg_sq;
  };
  std::vector<Moments> moments() const;
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps);

 private:
  // Tensors that share a rate and a decay.
  struct Group {
    double rate_factor, weight_decay;
    std::vector<std::string> keys;
    std::vector<at::Tensor> parameters, exp_avgs, exp_avg_sqs, step_counts;
  };
  std::vector<Group> groups_;
  TrainOptions options_;
  int64_t steps_ = 0;
};

}  // namespace mtlora
