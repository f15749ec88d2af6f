// The last product of a language model, from hidden states to logits, and the loss on them.
#pragma once

#include <memory>

#include "ops/linear.h"
#include "ops/loss.h"

namespace mtlora {

struct OutputLayer {
  std::shared_ptr<const FrozenLinear> frozen;  // [vocabulary, hidden]
  const at::Tensor* weight = nullptr;          // the parameter (an embedding where they are tied), which may be trained
  double softcap = 0;                          // > 0: logits become softcap · tanh(logits / softcap)

  at::Tensor logits(const at::Tensor& x) const;  // [N, hidden] -> [N, vocabulary], differentiable
};

// cross_entropy_sum(layer.logits(x), labels, label_smoothing) without the logits in memory: they are made for a few
// rows at a time, and their gradient is turned into that of x (and of a trained weight) on the spot. x [M, hidden],
// labels [M] int64, none of them −100.
LossSum output_cross_entropy_sum(const at::Tensor& x, const OutputLayer& layer, const at::Tensor& labels,
                                 double label_smoothing = 0);

}  // namespace mtlora
