// Activations in one pass, keeping only their input for the backward pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace mtlora {

// `name` as in config.json's hidden_act: gelu (exact, erf), gelu_new, gelu_fast and gelu_pytorch_tanh (tanh form),
// quick_gelu, relu, silu (also called swish), sigmoid, tanh. Throws Error(BadInput) for another. x [N, C] -> [N, C],
// differentiable.
at::Tensor activation(const at::Tensor& x, const std::string& name);

// Throws Error(BadInput) where `activation` would: for a model that checks its configuration when it is loaded.
void check_activation(const std::string& name);

}  // namespace mtlora
