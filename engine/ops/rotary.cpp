#include "ops/rotary.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "base/error.h"
#include "ops/cpu/dispatch.h"
#include "ops/function.h"

namespace mtlora {
namespace {

void turn_rows(const float* x, int64_t x_row, int64_t x_head, const float* cosines, const float* sines, float sign,
               int64_t rows, int64_t heads, int64_t half, int64_t size, float* y) {
  for (int64_t n = 0; n < rows; ++n) {
    const float *c = cosines + n * half, *s = sines + n * half;
    for (int64_t h = 0; h < heads; ++h) {
      const float* from = x + n * x_row + h * x_head;
      float* to = y + (n * heads + h) * size;
      for (int64_t i = 0; i < half; ++i) {
        const float a = from[i], b = from[i + half], turn = sign * s[i];
        to[i] = a * c[i] - b * turn;
        to[i + half] = b * c[i] + a * turn;
      }
      for (int64_t i = 2 * half; i < size; ++i) to[i] = from[i];
    }
  }
}

// `sign` −1 turns back.
at::Tensor turned(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines, double sign) {
  const int64_t half = cosines.size(1);
  if (!cpu::takes(x)) {
    const at::Tensor c = cosines.unsqueeze(1).to(x.scalar_type()), s = sines.unsqueeze(1).to(x.scalar_type()) * sign;
    const at::Tensor a = x.slice(2, 0, half), b = x.slice(2, half, 2 * half);
    return at::cat({a * c - b * s, b * c + a * s, x.slice(2, 2 * half)}, 2);
  }
  const at::Tensor in = x.stride(2) == 1 ? x : x.contiguous();
  at::Tensor y = at::empty(x.sizes(), x.options());
  const int64_t heads = x.size(1), size = x.size(2), row = in.stride(0), head = in.stride(1);
  const float *from = in.const_data_ptr<float>(), *c = cosines.const_data_ptr<float>(),
              *s = sines.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  at::parallel_for(0, x.size(0), cpu::rows_at_least(heads * size), [&](int64_t begin, int64_t end) {
    turn_rows(from + begin * row, row, head, c + begin * half, s + begin * half, static_cast<float>(sign), end - begin,
              heads, half, size, to + begin * heads * size);
  });
  return y;
}

class RotaryFunction : public torch::autograd::Function<RotaryFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, const at::Tensor& cosines,
                            const at::Tensor& sines) {
    ctx->save_for_backward({cosines, sines});
    return turned(x, cosines, sines, 1);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    return {turned(grads[0], saved[0], saved[1], -1), {}, {}};
  }
};

}  // namespace

at::Tensor rotary(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines) {
  if (x.dim() != 3 || cosines.sizes() != sines.sizes() || cosines.size(0) != x.size(0) ||
      2 * cosines.size(1) > x.size(2)) {
    throw Error(ErrorCode::Internal, "rotary: x and the angles disagree in shape.");
  }
  return needs_gradient({x}) ? RotaryFunction::apply(x, cosines, sines) : turned(x, cosines, sines, 1);
}

}  // namespace mtlora
