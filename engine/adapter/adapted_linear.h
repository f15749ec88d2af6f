// A frozen linear layer with an adapter beside it: y = x W0ᵀ + b + s · ((dropout(x) Aᵀ) Tᵀ) Bᵀ.
#pragma once

#include "adapter/method.h"
#include "model/model.h"

namespace mtlora {

struct Adapter : LinearOverride {
  std::string module;  // the layer's name
  const Method* method = nullptr;
  int64_t r = 0;
  double scaling = 1;  // s
  double dropout = 0;
  at::Tensor a, b, c, d;  // [r, in], [out, r], [r, r], [r, r]; c and d undefined where the method has none

  at::Tensor t() const { return method->matrices ? method->t(c, d) : at::Tensor(); }  // [r, r]; undefined: I
  at::Tensor forward(const at::Tensor& x, const at::Tensor& row_ids, const Linear& linear,
                     ForwardContext& context) const override;
};

// The layer itself as a trained copy ("full", modules_to_save).
struct TrainedLinear : LinearOverride {
  at::Tensor weight, bias;  // [out, in], [out]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& row_ids, const Linear& linear,
                     ForwardContext& context) const override;
};

// The differentiable function behind Adapter::forward. For the backward pass it keeps the dropped x, A x and the r × r
// matrices alone, and computes no gradient of the frozen weight.
at::Tensor adapted_linear(const at::Tensor& x, const Adapter& adapter,
                          const std::shared_ptr<const FrozenLinear>& frozen, const Dropout& drop);

}  // namespace mtlora
