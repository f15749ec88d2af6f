#include "ops/output_layer.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "ops/function.h"

namespace mtlora {
namespace {

constexpr int64_t most_logits = int64_t{1} << 23;  // at a time: 32 MiB

bool trains_weight(const OutputLayer& layer) { return layer.weight && layer.weight->requires_grad(); }

// The logits of some rows, before the soft cap.
at::Tensor product(const at::Tensor& x, const OutputLayer& layer) {
  return trains_weight(layer) ? at::linear(x, *layer.weight) : frozen_linear(x, layer.frozen);
}

// Σ over the rows of (1 − ε) (lse − z_label) + ε (lse − mean z), z the logits; and, where wanted, its gradients.
struct Sums {
  at::Tensor loss;         // scalar
  at::Tensor grad_x;       // [M, hidden], or undefined
  at::Tensor grad_weight;  // [vocabulary, hidden], or undefined
};
Sums loss_of_pieces(const at::Tensor& x, const OutputLayer& layer, const at::Tensor& labels, double smoothing,
                    bool wants_x, bool wants_weight) {
  const at::NoGradGuard no_grad;
  const int64_t rows = x.size(0), vocabulary = layer.frozen->out_features();
  const int64_t piece = std::max<int64_t>(1, most_logits / vocabulary);
  Sums sums{at::zeros({}, x.options().dtype(at::kDouble)), {}, {}};
  if (wants_x) sums.grad_x = at::empty_like(x);
  if (wants_weight) sums.grad_weight = at::zeros_like(*layer.weight);
  for (int64_t first = 0; first < rows; first += piece) {
    const int64_t count = std::min(piece, rows - first);
    const at::Tensor of_x = x.narrow(0, first, count);
    const at::Tensor label = labels.narrow(0, first, count).unsqueeze(1);  // [count, 1]
    at::Tensor z = product(of_x, layer);                                   // [count, vocabulary]
    if (z.scalar_type() != at::kDouble) z = z.to(at::kFloat);
    if (layer.softcap > 0) z.div_(layer.softcap).tanh_().mul_(layer.softcap);
    const at::Tensor log_sum = z.logsumexp(1, true);  // [count, 1]
    at::Tensor loss = log_sum - z.gather(1, label) * (1 - smoothing);
    if (smoothing > 0) loss -= z.mean(1, true) * smoothing;
    sums.loss += loss.sum(at::kDouble);
    if (!wants_x && !wants_weight) continue;
    const at::Tensor slope =
        layer.softcap > 0 ? 1 - (z / layer.softcap).square_() : at::Tensor();  // of the soft cap: 1 − tanh²
    at::Tensor grad = z.sub_(log_sum).exp_();                                  // of z, from here on
    if (smoothing > 0) grad.sub_(smoothing / static_cast<double>(vocabulary));
    grad.scatter_add_(1, label, at::full_like(label, -(1 - smoothing), grad.options()));
    if (slope.defined()) grad.mul_(slope);
    if (wants_x) {
      sums.grad_x.narrow(0, first, count)
          .copy_(wants_weight ? grad.mm(layer.weight->to(grad.scalar_type())) : layer.frozen->grad_input(grad));
    }
    if (wants_weight) sums.grad_weight.addmm_(grad.t(), of_x);
  }
  return sums;
}

class OutputLoss : public torch::autograd::Function<OutputLoss> {
 public:
  // `weight` is the layer's own where it is trained.
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x,
                            const std::optional<at::Tensor>& weight, const OutputLayer& layer, const at::Tensor& labels,
                            double smoothing) {
    const Sums sums = loss_of_pieces(x, layer, labels, smoothing, x.requires_grad(), weight.has_value());
    ctx->save_for_backward({sums.grad_x, sums.grad_weight});
    return sums.loss.to(at::kFloat);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const auto times = [&](const at::Tensor& grad) { return grad.defined() ? grad * grads[0] : grad; };
    return {times(saved[0]), times(saved[1]), {}, {}, {}};
  }
};

}  // namespace

at::Tensor OutputLayer::logits(const at::Tensor& x) const {
  const at::Tensor z = product(x, *this);
  return softcap > 0 ? at::tanh(z / softcap) * softcap : z;
}

LossSum output_cross_entropy_sum(const at::Tensor& x, const OutputLayer& layer, const at::Tensor& labels,
                                 double label_smoothing) {
  const at::Tensor count = at::scalar_tensor(labels.numel(), at::kLong);
  const std::optional<at::Tensor> weight = trains_weight(layer) ? std::optional(*layer.weight) : std::nullopt;
  if (!needs_gradient({x, weight.value_or(at::Tensor())})) {
    return {loss_of_pieces(x, layer, labels, label_smoothing, false, false).loss.to(at::kFloat), count};
  }
  return {OutputLoss::apply(x, weight, layer, labels, label_smoothing), count};
}

}  // namespace mtlora
