// Which linear layers carry an adapter.
#pragma once

#include <string>
#include <vector>

#include "config/run_config.h"
#include "model/linear_info.h"

namespace mtlora {

// Indices into `linears` that target_modules and layers_to_transform select, as PEFT matches them: a list by whole name
// or suffix after a dot, a pattern by regular expression over the whole name, "all-linear" every one. Throws
// Error(BadInput) with its field where the pattern is broken, a listed name or layer matches nothing, or r is larger
// than the smaller side of a layer.
std::vector<size_t> match_targets(const std::vector<LinearInfo>& linears, const AdapterOptions& options);

// Trainable parameters of one adapted layer: r (in + out) + matrices · r².
int64_t adapter_parameters(const LinearInfo& linear, int64_t r, int t_matrices);

}  // namespace mtlora
