// A linear layer of a model by name and size: what target selection and the window's tree need.
#pragma once

#include <cstdint>
#include <string>

namespace mtlora {

struct LinearInfo {
  std::string name;  // "bert.encoder.layer.0.attention.self.query"
  int64_t in_features = 0, out_features = 0;
  int64_t layer = -1;  // −1: outside the layers
};

}  // namespace mtlora
