#include "ops/norm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "base/error.h"
#include "ops/cpu/dispatch.h"
#include "ops/function.h"

namespace mtlora {
namespace {

const float* data_or_null(const at::Tensor& x) { return x.defined() ? x.const_data_ptr<float>() : nullptr; }

// Contiguous fp32 tensors on the CPU; x, residual (or undefined) [N, C]. normalised [N, C] and inverse_deviation [N]
// are written where they are defined.
at::Tensor forward_on_cpu(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& gamma,
                          const at::Tensor& beta, double eps, const Dropout& drop, const at::Tensor& normalised,
                          const at::Tensor& inverse_deviation) {
  at::Tensor y = at::empty_like(x);
  const int64_t columns = x.size(-1), count = x.numel() / columns;
  std::vector<uint64_t> bases;
  const cpu::DropoutRows rows = cpu::dropout_rows(drop, count, bases);
  const float *from = x.const_data_ptr<float>(), *more = data_or_null(residual);
  const float *scale = gamma.const_data_ptr<float>(), *shift = beta.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  float* unit = normalised.defined() ? normalised.mutable_data_ptr<float>() : nullptr;
  float* inverse = inverse_deviation.defined() ? inverse_deviation.mutable_data_ptr<float>() : nullptr;
  at::parallel_for(0, count, cpu::rows_at_least(columns), [&](int64_t begin, int64_t end) {
    const int64_t at = begin * columns;
    cpu::kernels().norm_forward(from + at, more == nullptr ? nullptr : more + at, scale, shift, static_cast<float>(eps),
                                end - begin, columns, cpu::rows_from(rows, begin), to + at,
                                unit == nullptr ? nullptr : unit + at, inverse == nullptr ? nullptr : inverse + begin);
  });
  return y;
}

class NormFunction : public torch::autograd::Function<NormFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x,
                            const std::optional<at::Tensor>& residual, const at::Tensor& gamma, const at::Tensor& beta,
                            double eps, const Dropout& drop) {
    at::Tensor normalised = at::empty_like(x);
    at::Tensor inverse_deviation = at::empty({x.numel() / x.size(-1)}, x.options());
    ctx->saved_data["drop"] = hold(drop);
    ctx->saved_data["has_residual"] = residual.has_value();
    ctx->saved_data["of_parameters"] = gamma.requires_grad() || beta.requires_grad();
    at::Tensor y =
        forward_on_cpu(x, residual.value_or(at::Tensor()), gamma, beta, eps, drop, normalised, inverse_deviation);
    ctx->save_for_backward({normalised, inverse_deviation, gamma});
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &normalised = saved[0], &inverse_deviation = saved[1], &gamma = saved[2];
    const at::Tensor grad_y = grads[0].contiguous();
    const Dropout& drop = held<Dropout>(ctx, "drop");
    const int64_t columns = normalised.size(-1), count = inverse_deviation.numel();

    at::Tensor grad_sum = at::empty_like(normalised);  // of dropout(x) + residual
    at::Tensor grad_x = drop.active() ? at::empty_like(normalised) : grad_sum;
    std::vector<uint64_t> bases;
    const cpu::DropoutRows rows = cpu::dropout_rows(drop, count, bases);
    const float *grad = grad_y.const_data_ptr<float>(), *unit = normalised.const_data_ptr<float>();
    const float *inverse = inverse_deviation.const_data_ptr<float>(), *scale = gamma.const_data_ptr<float>();
    float* to = grad_sum.mutable_data_ptr<float>();
    float* to_x = drop.active() ? grad_x.mutable_data_ptr<float>() : nullptr;
    at::parallel_for(0, count, cpu::rows_at_least(columns), [&](int64_t begin, int64_t end) {
      const int64_t at = begin * columns;
      cpu::kernels().norm_backward(grad + at, unit + at, inverse + begin, scale, end - begin, columns,
                                   cpu::rows_from(rows, begin), to + at, to_x == nullptr ? nullptr : to_x + at);
    });

    at::Tensor grad_gamma, grad_beta;
    if (ctx->saved_data["of_parameters"].toBool()) {
      const at::Tensor flat = grad_y.view({-1, columns});
      grad_gamma = (flat * normalised.view({-1, columns})).sum(0);
      grad_beta = flat.sum(0);
    }
    return {grad_x, ctx->saved_data["has_residual"].toBool() ? grad_sum : at::Tensor(), grad_gamma, grad_beta, {}, {}};
  }
};

// With c = 1 / √(mean(x²) + eps):  y = c · gamma · x;  dx = c · (g − x · c² · mean(g · x)), g = gamma · dy.
class RmsNormFunction : public torch::autograd::Function<RmsNormFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, const at::Tensor& gamma,
                            double eps) {
    at::Tensor inverse;
    at::Tensor y = of_rows(x, gamma, eps, inverse);
    ctx->saved_data["of_gamma"] = gamma.requires_grad();
    ctx->save_for_backward({x, gamma, inverse});
    return y;
  }

  // x contiguous [..., C]; `inverse` becomes c [rows].
  static at::Tensor of_rows(const at::Tensor& x, const at::Tensor& gamma, double eps, at::Tensor& inverse) {
    const int64_t columns = x.size(-1), count = x.numel() / std::max<int64_t>(1, columns);
    at::Tensor y = at::empty_like(x);
    inverse = at::empty({count}, x.options());
    const float *from = x.const_data_ptr<float>(), *scale = gamma.const_data_ptr<float>();
    float *to = y.mutable_data_ptr<float>(), *inverses = inverse.mutable_data_ptr<float>();
    at::parallel_for(0, count, cpu::rows_at_least(columns), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const float* row = from + n * columns;
        float* out = to + n * columns;
        const float c = 1 / std::sqrt(dot(row, row, columns) / static_cast<float>(columns) + static_cast<float>(eps));
        inverses[n] = c;
        for (int64_t i = 0; i < columns; ++i) out[i] = row[i] * c * scale[i];
      }
    });
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &gamma = saved[1], &inverse = saved[2], grad_y = grads[0].contiguous();
    const int64_t columns = x.size(-1);
    at::Tensor grad_x = at::empty_like(x);
    const float *from = x.const_data_ptr<float>(), *scale = gamma.const_data_ptr<float>();
    const float *grad = grad_y.const_data_ptr<float>(), *inverses = inverse.const_data_ptr<float>();
    float* to = grad_x.mutable_data_ptr<float>();
    at::parallel_for(0, inverse.numel(), cpu::rows_at_least(columns), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const float *row = from + n * columns, *dy = grad + n * columns, c = inverses[n];
        float* dx = to + n * columns;
        for (int64_t i = 0; i < columns; ++i) dx[i] = scale[i] * dy[i];
        const float along = dot(dx, row, columns) / static_cast<float>(columns) * c * c;
        for (int64_t i = 0; i < columns; ++i) dx[i] = c * (dx[i] - row[i] * along);
      }
    });
    at::Tensor grad_gamma;
    if (ctx->saved_data["of_gamma"].toBool()) {
      grad_gamma = (grad_y.view({-1, columns}) * x.view({-1, columns}) * inverse.unsqueeze(1)).sum(0);
    }
    return {grad_x, grad_gamma, {}};
  }

 private:
  // In 16 sums, so that the compiler may use vectors and the error stays small.
  static float dot(const float* a, const float* b, int64_t n) {
    float sums[16] = {};
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) {
      for (int64_t j = 0; j < 16; ++j) sums[j] += a[i + j] * b[i + j];
    }
    for (int64_t j = 0; i + j < n; ++j) sums[j] += a[i + j] * b[i + j];
    float sum = 0;
    for (const float part : sums) sum += part;
    return sum;
  }
};

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& gamma, double eps) {
  if (!cpu::takes(x) || !cpu::takes(gamma)) {
    const at::Tensor full = x.to(at::kFloat);
    return (full * at::rsqrt(full.square().mean(-1, true) + eps) * gamma).to(x.scalar_type());
  }
  const at::Tensor in = x.contiguous(), scale = gamma.contiguous();
  if (needs_gradient({x, gamma})) return RmsNormFunction::apply(in, scale, eps);
  at::Tensor inverse;
  return RmsNormFunction::of_rows(in, scale, eps, inverse);
}

at::Tensor dropout_add_layer_norm(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& gamma,
                                  const at::Tensor& beta, double eps, const Dropout& drop) {
  if (!beta.defined()) return dropout_add_layer_norm(x, residual, gamma, at::zeros_like(gamma).detach(), eps, drop);
  if (!cpu::takes(x) || !cpu::takes(gamma) || (residual.defined() && !cpu::takes(residual))) {
    at::Tensor sum = dropout(x, drop);
    if (residual.defined()) sum = sum + residual;
    return at::layer_norm(sum, {sum.size(-1)}, gamma, beta, eps);
  }
  if (gamma.numel() != x.size(-1) || beta.numel() != x.size(-1) ||
      (residual.defined() && residual.sizes() != x.sizes())) {
    throw Error(ErrorCode::Internal, "dropout_add_layer_norm: x, residual, gamma and beta disagree in shape.");
  }
  const at::Tensor in = x.contiguous(), scale = gamma.contiguous(), shift = beta.contiguous();
  std::optional<at::Tensor> more;
  if (residual.defined()) more = residual.contiguous();
  if (needs_gradient({x, residual, gamma, beta})) return NormFunction::apply(in, more, scale, shift, eps, drop);
  return forward_on_cpu(in, more.value_or(at::Tensor()), scale, shift, eps, drop, {}, {});
}

}  // namespace mtlora
