// The methods: how T is made from its trained matrices (design, section 1; Liang et al. 2026, arXiv 2403.07440).
//
// A new method is one entry in method.cpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace mtlora {

struct Method {
  std::string name;     // "ctcm"
  std::string formula;  // "T = C · D"
  int matrices;         // trained r × r matrices beside A and B: 0, 1 (C) or 2 (C, D)

  // T [r, r] from C and D [r, r] (undefined where not trained). Not differentiable by itself: see grad.
  at::Tensor (*t)(const at::Tensor& c, const at::Tensor& d);
  // The gradients of C and D from that of T.
  void (*grad)(const at::Tensor& grad_t, const at::Tensor& c, const at::Tensor& d, at::Tensor& grad_c,
               at::Tensor& grad_d);
  double identity_c, identity_d;  // C and D are these multiples of I under the initialisation "identity"
};

// lora, shim, icfm, ctcm, dtsm. ("full" trains the weights themselves and is no structure of T.)
const std::vector<Method>& methods();

// Throws Error(BadInput) naming the nearest known one.
const Method& find_method(const std::string& name);

}  // namespace mtlora
