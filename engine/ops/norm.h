// Layer normalisation with what usually stands before it, in one pass over memory.
#pragma once

#include <ATen/core/Tensor.h>

#include "ops/dropout.h"

namespace mtlora {

// LayerNorm(dropout(x) + residual) · gamma + beta, over the last dimension: x, residual [N, C] -> [N, C]; residual may
// be undefined; gamma, beta [C], beta may be undefined. Differentiable in x and residual, and in gamma and beta where
// they require a gradient.
at::Tensor dropout_add_layer_norm(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& gamma,
                                  const at::Tensor& beta, double eps, const Dropout& drop);

// x / √(mean(x²) + eps) · gamma over the last dimension (Zhang and Sennrich 2019, arXiv 1910.07467): x [..., C], gamma
// [C]. Differentiable in x, and in gamma where it requires a gradient.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& gamma, double eps);

}  // namespace mtlora
