// Gradient checkpointing (Chen et al. 2016): the inside of a layer is not kept for the backward pass but computed
// again there.
#pragma once

#include <functional>

#include "model/model.h"

namespace mtlora {

// x [N, hidden] -> the layer's result. It is called once, or, where the context asks for checkpointing and gradients
// are wanted, once more in the backward pass, with the same dropout masks; so it owns what it needs.
using LayerForward = std::function<at::Tensor(const at::Tensor& x, ForwardContext& context)>;
at::Tensor checkpointed(const at::Tensor& x, ForwardContext& context, const LayerForward& layer);

}  // namespace mtlora
