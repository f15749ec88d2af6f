#include "ops/activation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "base/error.h"
#include "ops/cpu/dispatch.h"
#include "ops/function.h"

namespace mtlora {
namespace {

// Runs kernel(first element, elements) over `count` elements on all threads.
template <typename Kernel>
void over_elements(int64_t count, Kernel kernel) {
  at::parallel_for(0, count, cpu::rows_at_least(1), [&](int64_t begin, int64_t end) { kernel(begin, end - begin); });
}

at::Tensor gelu_of(const at::Tensor& x, cpu::Gelu form) {
  at::Tensor y = at::empty_like(x);
  const float* in = x.const_data_ptr<float>();
  float* out = y.mutable_data_ptr<float>();
  over_elements(x.numel(), [&](int64_t first, int64_t count) {
    cpu::kernels().gelu_forward(form, in + first, count, out + first);
  });
  return y;
}

class GeluFunction : public torch::autograd::Function<GeluFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, cpu::Gelu form) {
    ctx->save_for_backward({x});
    ctx->saved_data["form"] = static_cast<int64_t>(form);
    return gelu_of(x, form);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const at::Tensor x = ctx->get_saved_variables()[0], grad_y = grads[0].contiguous();
    const auto form = static_cast<cpu::Gelu>(ctx->saved_data["form"].toInt());
    at::Tensor grad_x = at::empty_like(x);
    const float *in = x.const_data_ptr<float>(), *grad = grad_y.const_data_ptr<float>();
    float* out = grad_x.mutable_data_ptr<float>();
    over_elements(x.numel(), [&](int64_t first, int64_t count) {
      cpu::kernels().gelu_backward(form, in + first, grad + first, count, out + first);
    });
    return {grad_x, {}};
  }
};

at::Tensor gelu(const at::Tensor& x, cpu::Gelu form) {
  if (!cpu::takes(x)) return at::gelu(x, form == cpu::Gelu::Erf ? "none" : "tanh");
  const at::Tensor in = x.contiguous();
  return needs_gradient({in}) ? GeluFunction::apply(in, form) : gelu_of(in, form);
}

}  // namespace

// ATen's relu, silu and tanh keep one tensor and take one pass as well.
at::Tensor activation(const at::Tensor& x, const std::string& name) {
  if (name == "gelu") return gelu(x, cpu::Gelu::Erf);
  if (name == "gelu_new" || name == "gelu_fast" || name == "gelu_pytorch_tanh") return gelu(x, cpu::Gelu::Tanh);
  if (name == "relu") return at::relu(x);
  if (name == "silu" || name == "swish") return at::silu(x);
  if (name == "quick_gelu") return x * at::sigmoid(1.702 * x);
  if (name == "sigmoid") return at::sigmoid(x);
  if (name == "tanh") return at::tanh(x);
  throw bad_input("hidden_act is '" + name +
                  "'; expected gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, quick_gelu, relu, "
                  "silu, swish, sigmoid or tanh.");
}

void check_activation(const std::string& name) { activation(at::empty({0}), name); }

}  // namespace mtlora
