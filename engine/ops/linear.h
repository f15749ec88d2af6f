// The product with a frozen weight. Behind this interface the weight may be packed, quantised or elsewhere.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>

namespace mtlora {

class FrozenLinear {
 public:
  virtual ~FrozenLinear() = default;
  virtual at::Tensor forward(const at::Tensor& x) const = 0;      // x [N, in] -> x W^T + b  [N, out]
  virtual at::Tensor grad_input(const at::Tensor& dy) const = 0;  // dy [N, out] -> dy W  [N, in]
  virtual at::Tensor weight() const = 0;                          // W [out, in] as in the file (geometry, merging)
  virtual int64_t in_features() const = 0;
  virtual int64_t out_features() const = 0;
};

// weight [out, in], bias [out] or undefined. On the CPU in fp32 the weight is packed once for each of the two products
// (the second when it is first asked for); elsewhere ATen's products are used. `weight` is kept (a mapped file's pages
// may be dropped after packing: `packed` is called when they are no longer read).
std::shared_ptr<const FrozenLinear> make_frozen_linear(const at::Tensor& weight, const at::Tensor& bias,
                                                       std::function<void()> packed = {});

// Differentiable in x alone: no gradient of the weight is ever computed.
at::Tensor frozen_linear(const at::Tensor& x, const std::shared_ptr<const FrozenLinear>& linear);

}  // namespace mtlora
