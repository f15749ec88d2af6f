// A frozen linear layer with an adapter beside it: y = x W0ᵀ + b + s · ((dropout(x) Aᵀ) Tᵀ) Bᵀ.
#pragma once

#include "adapter/method.h"
#include "model/model.h"

namespace mtlora {

struct Adapter : LinearOverride {
  std::string module;  // the layer's name
  const Method* method = nullptr;
  int64_t r = 0;       // rank: rows of A, sides of T
  double scaling = 1;  // s
  double dropout = 0;
  at::Tensor a, b, c, d;  // [r, in], [out, r], [r, r], [r, r]; c and d undefined where the method has none
  // A fused layer taken by its parts: A's rows and B's columns fall into as many groups, and b holds the parts' blocks
  // one after another, [Σ rows of the parts, r / parts].
  std::vector<LinearPart> parts;
  int64_t out_features = 0;
  at::Tensor bias;  // [out] in place of the layer's own, or undefined

  at::Tensor t() const { return method->matrices ? method->t(c, d) : at::Tensor(); }  // [r, r]; undefined: I
  // B as the formula has it, [out, r]: b itself, or its blocks on the diagonal. Differentiable.
  at::Tensor whole_b() const;
  at::Tensor forward(const at::Tensor& x, const at::Tensor& row_ids, const Linear& linear,
                     ForwardContext& context) const override;
};

// The blocks b [Σ rows of the parts, r / parts] at their rows and columns of [out_features, r], zero elsewhere.
at::Tensor block_diagonal(const at::Tensor& b, const std::vector<LinearPart>& parts, int64_t out_features);

// The layer itself as a trained copy ("full", modules_to_save).
struct TrainedLinear : LinearOverride {
  at::Tensor weight;  // [out, in]; [in, out] where the file has it so (LinearInfo::transposed), as it is saved
  at::Tensor bias;    // [out]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& row_ids, const Linear& linear,
                     ForwardContext& context) const override;
};

// A layer with a trained bias and nothing else.
struct TrainedBias : LinearOverride {
  at::Tensor bias;  // [out]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& row_ids, const Linear& linear,
                     ForwardContext& context) const override;
};

// The differentiable function behind Adapter::forward. For the backward pass it keeps the dropped x, A x and the r × r
// matrices alone, and computes no gradient of the frozen weight.
at::Tensor adapted_linear(const at::Tensor& x, const Adapter& adapter,
                          const std::shared_ptr<const FrozenLinear>& frozen, const Dropout& drop);

}  // namespace mtlora
