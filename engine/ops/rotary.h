// Rotary position embedding (Su et al. 2021, arXiv 2104.09864).
#pragma once

#include <ATen/core/Tensor.h>

namespace mtlora {

// Turns the pair (x_i, x_{i + R/2}) of each head by its angle, for i < R/2; what lies behind the first R of a head
// stays. x [N, H, D]; cosines and sines [N, R/2] of the angles, R ≤ D. -> [N, H, D], differentiable in x.
at::Tensor rotary(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines);

}  // namespace mtlora
