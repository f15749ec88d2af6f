#include "ops/linear.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <mutex>
#include <utility>

namespace mtlora {
namespace {

// ATen's products, on any device. The weight follows the type of what it is multiplied with (bf16 training).
class AtenLinear : public FrozenLinear {
 public:
  AtenLinear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}

  at::Tensor forward(const at::Tensor& x) const override {
    const auto [weight, bias] = parameters(x);
    return at::linear(x, weight, bias);
  }
  at::Tensor grad_input(const at::Tensor& dy) const override { return at::mm(dy, parameters(dy).first); }
  at::Tensor weight() const override { return weight_; }
  int64_t in_features() const override { return weight_.size(1); }
  int64_t out_features() const override { return weight_.size(0); }

 private:
  std::pair<at::Tensor, at::Tensor> parameters(const at::Tensor& like) const {
    if (like.scalar_type() == weight_.scalar_type()) return {weight_, bias_};
    const std::lock_guard lock(mutex_);
    if (!cast_weight_.defined() || cast_weight_.scalar_type() != like.scalar_type()) {
      cast_weight_ = weight_.to(like.scalar_type());
      if (bias_.defined()) cast_bias_ = bias_.to(like.scalar_type());
    }
    return {cast_weight_, cast_bias_};
  }

  at::Tensor weight_, bias_;
  mutable std::mutex mutex_;
  mutable at::Tensor cast_weight_, cast_bias_;  // made when another type is first asked for
};

class FrozenLinearFunction : public torch::autograd::Function<FrozenLinearFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x,
                            const std::shared_ptr<const FrozenLinear>& linear) {
    ctx->saved_data["linear"] = c10::IValue::make_capsule(c10::make_intrusive<Holder>(linear));
    return linear->forward(x);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const auto holder = ctx->saved_data["linear"].toCapsule();
    return {static_cast<const Holder&>(*holder).linear->grad_input(grads[0]), {}};
  }

 private:
  struct Holder : torch::CustomClassHolder {
    explicit Holder(std::shared_ptr<const FrozenLinear> l) : linear(std::move(l)) {}
    std::shared_ptr<const FrozenLinear> linear;
  };
};

}  // namespace

std::shared_ptr<const FrozenLinear> make_frozen_linear(const at::Tensor& weight, const at::Tensor& bias,
                                                       std::function<void()>) {
  return std::make_shared<AtenLinear>(weight.detach(), bias.defined() ? bias.detach() : bias);
}

at::Tensor frozen_linear(const at::Tensor& x, const std::shared_ptr<const FrozenLinear>& linear) {
  return FrozenLinearFunction::apply(x, linear);
}

}  // namespace mtlora
