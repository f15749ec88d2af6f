#include "model/checkpointed.h"

#include <ATen/ATen.h>

#include "ops/function.h"

namespace mtlora {
namespace {

struct Call {
  LayerForward layer;
  ForwardContext context;  // as it was before the layer
};

class Checkpoint : public torch::autograd::Function<Checkpoint> {
 public:
  // `anchor` requires a gradient, so that the result does where only the layer's own parameters do.
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, const at::Tensor& anchor,
                            const Call& call, ForwardContext* context) {
    (void)anchor;
    ctx->save_for_backward({x});
    ctx->saved_data["call"] = hold(call);
    return call.layer(x, *context);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const Call& call = held<Call>(ctx, "call");
    const at::AutoGradMode with_gradients(true);
    const at::Tensor x = ctx->get_saved_variables()[0].detach().requires_grad_(ctx->needs_input_grad(0));
    ForwardContext context = call.context;
    const at::Tensor y = call.layer(x, context);
    // Below the first layer that is trained nothing needs a gradient.
    if (y.requires_grad()) y.backward(grads[0]);  // adds to the gradients of the layer's parameters
    return {x.grad(), {}, {}, {}};
  }
};

}  // namespace

at::Tensor checkpointed(const at::Tensor& x, ForwardContext& context, const LayerForward& layer) {
  if (!context.gradient_checkpointing || !at::GradMode::is_enabled()) return layer(x, context);
  const at::Tensor anchor = at::zeros({}, x.options()).requires_grad_();
  return Checkpoint::apply(x, anchor, Call{layer, context}, &context);
}

}  // namespace mtlora
