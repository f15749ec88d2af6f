#include "ops/norm.h"

#include <ATen/ATen.h>

namespace mtlora {

at::Tensor dropout_add_layer_norm(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& gamma,
                                  const at::Tensor& beta, double eps, const Dropout& drop) {
  at::Tensor sum = dropout(x, drop);
  if (residual.defined()) sum = sum + residual;
  return at::layer_norm(sum, {sum.size(-1)}, gamma, beta, eps);
}

}  // namespace mtlora
