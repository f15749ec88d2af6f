// Layer normalisation with what usually stands before it, in one pass over memory.
#pragma once

#include <ATen/core/Tensor.h>

#include "ops/dropout.h"

namespace mtlora {

// LayerNorm(dropout(x) + residual) · gamma + beta, over the last dimension: x, residual [N, C] -> [N, C]; residual may
// be undefined; gamma, beta [C]. Differentiable in x and residual, and in gamma and beta where they require a gradient.
at::Tensor dropout_add_layer_norm(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& gamma,
                                  const at::Tensor& beta, double eps, const Dropout& drop);

}  // namespace mtlora
