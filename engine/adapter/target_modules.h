// Which linear layers carry an adapter.
#pragma once

#include <string>
#include <vector>

#include "config/run_config.h"
#include "model/linear_info.h"

namespace mtlora {

// One adapter to make.
struct Target {
  size_t linear = 0;              // index into the layers
  std::vector<LinearPart> parts;  // of a fused layer, each with an A and a B of its own; empty: the layer as a whole
  int64_t r = 0;                  // of each part
  double lora_alpha = 0;

  int64_t rank() const { return r * static_cast<int64_t>(parts.empty() ? 1 : parts.size()); }  // rows of A, sides of T
};

// The layers that target_modules and layers_to_transform select, as PEFT matches them: a list by whole name or suffix
// after a dot, a pattern by regular expression over the whole name, "all-linear" every one. With split_fused a fused
// layer is taken by its parts: all of them, or those that are named ("c_attn.q"). Throws Error(BadInput) with its field
// where the pattern is broken, a listed name or layer matches nothing, or r is larger than the smaller side of a layer.
std::vector<Target> match_targets(const std::vector<LinearInfo>& linears, const AdapterOptions& options);

// Whether a regular expression matches `name` as a whole. Throws Error(BadInput) for a broken one.
// Whether `wanted` is the name or its last parts: "query" of "layer.0.attention.self.query".
bool matches_suffix(const std::string& name, const std::string& wanted);
bool matches_whole(const std::string& name, const std::string& pattern);

// Trainable parameters of one adapted layer: A [rank, in], B [out of its parts, r] and `t_matrices` of [rank, rank].
int64_t adapter_parameters(const LinearInfo& linear, const Target& target, int t_matrices);

}  // namespace mtlora
