// The snapshot of an adapter that is laid onto a model.
#pragma once

#include "adapter/adapted_linear.h"
#include "geometry/geometry.h"

namespace mtlora {

// `previous` (or nullptr) and `frame` as in snapshot_module.
ModuleSnapshot snapshot_adapter(const Adapter& adapter, const Linear& linear, const Frame* previous, Frame* frame);

}  // namespace mtlora
