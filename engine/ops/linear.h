// The product with a frozen weight. Behind this interface the weight may be packed, quantised or elsewhere.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>

namespace mtlora {

class FrozenLinear {
 public:
  virtual ~FrozenLinear() = default;
  virtual at::Tensor forward(const at::Tensor& x) const = 0;      // x [N, in] -> x W^T + b  [N, out]
  virtual at::Tensor grad_input(const at::Tensor& dy) const = 0;  // dy [N, out] -> dy W  [N, in]
  virtual at::Tensor weight() const = 0;                          // W [out, in] in the dtype it is kept in
  // ‖W‖_F, read once. Throws Error(BadInput) naming the tensor where a value is not finite; so do the products when
  // they are first asked for.
  virtual double weight_norm() const = 0;
  virtual int64_t in_features() const = 0;
  virtual int64_t out_features() const = 0;
};

struct FrozenOptions {
  std::string name;  // of the weight and its file, for errors
  // Keep the weight in fp32 panels, made when a product is first asked for: fastest, and as much memory again for each
  // of the two products as the weight has in fp32. Else every product converts it panel by panel from what is mapped.
  bool packed = true;
  bool bf16 = false;                 // products in bfloat16, results in x's type (as autocast)
  std::function<void()> packed_now;  // called after packing: the pages of a mapped weight are no longer read
};

// weight [out, in] of any floating dtype, perhaps a strided view of a mapped file, kept and not read before the first
// product; bias [out] or undefined. On the CPU the kernels compute in fp32; elsewhere ATen does.
std::shared_ptr<const FrozenLinear> make_frozen_linear(const at::Tensor& weight, const at::Tensor& bias,
                                                       const FrozenOptions& options = {});

// Differentiable in x alone: no gradient of the weight is ever computed.
at::Tensor frozen_linear(const at::Tensor& x, const std::shared_ptr<const FrozenLinear>& linear);

}  // namespace mtlora
