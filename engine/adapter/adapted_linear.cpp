#include "adapter/adapted_linear.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace mtlora {

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What backward needs that is no tensor.
struct AdaptedState : torch::CustomClassHolder {
  std::shared_ptr<const FrozenLinear> frozen;
  const Method* method;
  double scaling;
  Dropout drop;
};

struct AdaptedLinear : torch::autograd::Function<AdaptedLinear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& a, const Tensor& b,
                        const std::optional<Tensor>& c, const std::optional<Tensor>& d,
                        c10::intrusive_ptr<AdaptedState> state) {
    Tensor y = state->frozen->forward(x);            // [N, out]
    const Tensor dropped = dropout(x, state->drop);  // [N, in]
    const Tensor u = dropped.mm(a.t());              // [N, r]
    const Tensor t = c ? state->method->t(*c, d.value_or(Tensor())) : Tensor();
    const Tensor v = t.defined() ? u.mm(t.t()) : u;  // [N, r]
    y.addmm_(v, b.t(), 1, state->scaling);
    ctx->save_for_backward({dropped, u, a, b, c.value_or(Tensor()), d.value_or(Tensor()), t});
    ctx->saved_data["state"] = at::IValue::make_capsule(state);
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &dropped = saved[0], &u = saved[1], &a = saved[2], &b = saved[3], &c = saved[4], &d = saved[5],
                 &t = saved[6];
    const auto state = c10::static_intrusive_pointer_cast<AdaptedState>(ctx->saved_data["state"].toCapsule());
    const Tensor dy = grads[0].contiguous();                  // [N, out]
    const Tensor v = t.defined() ? u.mm(t.t()) : u;           // [N, r]
    const Tensor grad_b = dy.t().mm(v).mul_(state->scaling);  // [out, r]
    const Tensor grad_v = dy.mm(b).mul_(state->scaling);      // [N, r]
    Tensor grad_c, grad_d;
    if (t.defined()) state->method->grad(grad_v.t().mm(u), c, d, grad_c, grad_d);
    const Tensor grad_u = t.defined() ? grad_v.mm(t) : grad_v;  // [N, r]
    const Tensor grad_a = grad_u.t().mm(dropped);               // [r, in]
    Tensor grad_x;
    if (ctx->needs_input_grad(0)) {
      grad_x = state->frozen->grad_input(dy);
      if (state->drop.active()) {
        grad_x.add_(dropout(grad_u.mm(a), state->drop));
      } else {
        grad_x.addmm_(grad_u, a);
      }
    }
    return {grad_x, grad_a, grad_b, grad_c, grad_d, Tensor()};
  }
};

}  // namespace

at::Tensor adapted_linear(const at::Tensor& x, const Adapter& adapter,
                          const std::shared_ptr<const FrozenLinear>& frozen, const Dropout& drop) {
  auto state = c10::make_intrusive<AdaptedState>();
  state->frozen = frozen;
  state->method = adapter.method;
  state->scaling = adapter.scaling;
  state->drop = drop;
  const auto optional = [](const Tensor& tensor) {
    return tensor.defined() ? std::optional<Tensor>(tensor) : std::nullopt;
  };
  return AdaptedLinear::apply(x, adapter.a, adapter.whole_b(), optional(adapter.c), optional(adapter.d),
                              std::move(state));
}

at::Tensor block_diagonal(const at::Tensor& b, const std::vector<LinearPart>& parts, int64_t out_features) {
  const int64_t r = b.size(1), groups = static_cast<int64_t>(parts.size());
  std::vector<at::Tensor> bands;  // of rows, from the top
  int64_t row = 0, at_b = 0;
  const auto gap_until = [&](int64_t next) {
    if (next > row) bands.push_back(at::zeros({next - row, r * groups}, b.options().requires_grad(false)));
  };
  for (int64_t i = 0; i < groups; ++i) {
    const LinearPart& part = parts[static_cast<size_t>(i)];
    gap_until(part.first_row);
    bands.push_back(at::constant_pad_nd(b.slice(0, at_b, at_b + part.rows), {i * r, (groups - 1 - i) * r}));
    at_b += part.rows;
    row = part.first_row + part.rows;
  }
  gap_until(out_features);
  return at::cat(bands);
}

at::Tensor Adapter::whole_b() const { return parts.empty() ? b : block_diagonal(b, parts, out_features); }

at::Tensor Adapter::forward(const at::Tensor& x, const at::Tensor& row_ids, const Linear& linear,
                            ForwardContext& context) const {
  const at::Tensor y = adapted_linear(x, *this, linear.frozen, context.dropout(dropout, row_ids));
  return bias.defined() ? y + (bias - linear.bias) : y;
}

at::Tensor TrainedBias::forward(const at::Tensor& x, const at::Tensor&, const Linear& linear, ForwardContext&) const {
  return frozen_linear(x, linear.frozen) + (bias - linear.bias);
}

at::Tensor TrainedLinear::forward(const at::Tensor& x, const at::Tensor&, const Linear& linear, ForwardContext&) const {
  return at::linear(x, linear.info.transposed ? weight.t() : weight, bias);
}

}  // namespace mtlora
