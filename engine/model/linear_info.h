// A linear layer of a model by name and size: what target selection and the window's tree need.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mtlora {

// Rows of a fused layer that are a projection of their own ("q", "k", "v" of GPT-2's c_attn).
struct LinearPart {
  std::string name;
  int64_t first_row = 0, rows = 0;
  bool operator==(const LinearPart&) const = default;
};

struct LinearInfo {
  std::string name;  // "bert.encoder.layer.0.attention.self.query"
  int64_t in_features = 0, out_features = 0;
  int64_t layer = -1;                  // −1: outside the layers
  std::vector<LinearPart> parts = {};  // where it is fused and can be split
  bool transposed = false;             // the file has its weight as [in, out] (Conv1D)
};

}  // namespace mtlora
