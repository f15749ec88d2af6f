#include "ops/activation.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace mtlora {

// ATen's functions keep x (tanh and relu: their result) and take one pass.
at::Tensor activation(const at::Tensor& x, const std::string& name) {
  if (name == "gelu") return at::gelu(x, "none");
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return at::gelu(x, "tanh");
  if (name == "relu") return at::relu(x);
  if (name == "silu") return at::silu(x);
  if (name == "tanh") return at::tanh(x);
  throw bad_input("hidden_act is '" + name + "'; expected gelu, gelu_new, gelu_pytorch_tanh, relu, silu or tanh.");
}

}  // namespace mtlora
