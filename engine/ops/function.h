// What the blocks' autograd functions share.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <initializer_list>
#include <utility>

namespace mtlora {

// Whether a result of these tensors (undefined ones allowed) takes part in a backward pass.
inline bool needs_gradient(std::initializer_list<at::Tensor> tensors) {
  if (!at::GradMode::is_enabled()) return false;
  for (const at::Tensor& tensor : tensors) {
    if (tensor.defined() && tensor.requires_grad()) return true;
  }
  return false;
}

// Any value as an entry of AutogradContext::saved_data (which takes tensors and numbers by itself).
template <typename T>
struct Held : torch::CustomClassHolder {
  explicit Held(T v) : value(std::move(v)) {}
  T value;
};

template <typename T>
c10::IValue hold(T value) {
  return c10::IValue::make_capsule(c10::make_intrusive<Held<T>>(std::move(value)));
}

template <typename T>
const T& held(torch::autograd::AutogradContext* ctx, const char* name) {
  return static_cast<const Held<T>&>(*ctx->saved_data.at(name).toCapsule()).value;
}

}  // namespace mtlora
