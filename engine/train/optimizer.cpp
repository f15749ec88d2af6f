#include "train/optimizer.h"

#include <ATen/ATen.h>

#include <cmath>

namespace mtlora {

AdamW::AdamW(const std::vector<Trainable>& trainables, const TrainOptions& options) : options_(options) {
  for (const Trainable& trainable : trainables) {
    const bool t = trainable.role == Role::T;
    const double rate = t ? options.t_learning_rate_ratio : 1;
    const double decay = !trainable.decays ? 0
                         : t               ? options.t_weight_decay.value_or(options.weight_decay)
                                           : options.weight_decay;
    Group* group = nullptr;
    for (Group& candidate : groups_) {
      if (candidate.rate_factor == rate && candidate.weight_decay == decay) group = &candidate;
    }
    if (!group) group = &groups_.emplace_back(Group{rate, decay, {}, {}, {}, {}, {}});
    group->keys.push_back(trainable.key);
    group->parameters.push_back(trainable.tensor);
    group->exp_avgs.push_back(at::zeros_like(trainable.tensor, at::MemoryFormat::Contiguous).detach());
    group->exp_avg_sqs.push_back(at::zeros_like(trainable.tensor, at::MemoryFormat::Contiguous).detach());
    group->step_counts.push_back(at::zeros({}, trainable.tensor.options().requires_grad(false)));
  }
}

at::Tensor AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> all;
  for (Group& group : groups_) {
    for (at::Tensor& parameter : group.parameters) {
      // A parameter that no row of the batch reached (a word that did not occur) still decays.
      if (!parameter.grad().defined()) parameter.mutable_grad() = at::zeros_like(parameter);
      all.push_back(parameter.grad());
    }
  }
  const at::Tensor norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(all)));
  // On the CPU, where the norm costs nothing to read, a step that would ruin the weights is not taken.
  if (norm.is_cpu() && !std::isfinite(norm.item<double>())) return norm;
  if (options_.max_grad_norm > 0) {
    // As torch.nn.utils.clip_grad_norm_; no value leaves the device.
    const at::Tensor factor = (options_.max_grad_norm / (norm + 1e-6)).clamp_max(1);
    at::_foreach_mul_(all, factor);
  }
  for (Group& group : groups_) {
    std::vector<at::Tensor> grads;
    for (const at::Tensor& parameter : group.parameters) grads.push_back(parameter.grad());
    at::_foreach_add_(group.step_counts, 1);
    at::_fused_adamw_(group.parameters, grads, group.exp_avgs, group.exp_avg_sqs, {}, group.step_counts,
                      learning_rate * group.rate_factor, options_.adam_beta1, options_.adam_beta2, group.weight_decay,
                      options_.adam_epsilon, /*amsgrad=*/false, /*maximize=*/false);
    for (at::Tensor& parameter : group.parameters) parameter.mutable_grad().reset();
  }
  ++steps_;
  return norm;
}

std::vector<AdamW::Moments> AdamW::moments() const {
  std::vector<Moments> all;
  for (const Group& group : groups_) {
    for (size_t i = 0; i < group.keys.size(); ++i)
      all.push_back({group.keys[i], group.exp_avgs[i], group.exp_avg_sqs[i]});
  }
  return all;
}

void AdamW::set_steps(int64_t steps) {
  steps_ = steps;
  for (Group& group : groups_) {
    for (at::Tensor& count : group.step_counts) count.fill_(steps);
  }
}

}  // namespace mtlora
