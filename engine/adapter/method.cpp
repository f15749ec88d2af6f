#include "adapter/method.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace mtlora {

const std::vector<Method>& methods() {
  using at::Tensor;
  static const std::vector<Method> all = {
      {"lora", "T = I", 0,  //
       [](const Tensor&, const Tensor&) { return Tensor(); },
       [](const Tensor&, const Tensor&, const Tensor&, Tensor&, Tensor&) {}, 0, 0},
      {"shim", "T = C", 1,  //
       [](const Tensor& c, const Tensor&) { return c; },
       [](const Tensor& t, const Tensor&, const Tensor&, Tensor& grad_c, Tensor&) { grad_c = t; }, 1, 0},
      {"icfm", "T = C · Cᵀ", 1,  //
       [](const Tensor& c, const Tensor&) { return c.mm(c.t()); },
       [](const Tensor& t, const Tensor& c, const Tensor&, Tensor& grad_c, Tensor&) { grad_c = (t + t.t()).mm(c); }, 1,
       0},
      {"ctcm", "T = C · D", 2,  //
       [](const Tensor& c, const Tensor& d) { return c.mm(d); },
       [](const Tensor& t, const Tensor& c, const Tensor& d, Tensor& grad_c, Tensor& grad_d) {
         grad_c = t.mm(d.t());
         grad_d = c.t().mm(t);
       },
       1, 1},
      {"dtsm", "T = C + D", 2,  //
       [](const Tensor& c, const Tensor& d) { return c + d; },
       [](const Tensor& t, const Tensor&, const Tensor&, Tensor& grad_c, Tensor& grad_d) {
         grad_c = t;
         grad_d = t.clone();
       },
       0.5, 0.5},
  };
  return all;
}

const Method& find_method(const std::string& name) {
  std::vector<std::string> names;
  for (const Method& method : methods()) {
    if (method.name == name) return method;
    names.push_back(method.name);
  }
  names.push_back("full");
  throw bad_input("adapter.method: unknown method '" + name + "' (nearest: '" +
                      nearest_name(name, names.data(), names.size()) + "')",
                  "Known methods: lora, shim, icfm, ctcm, dtsm, full.", "adapter.method");
}

}  // namespace mtlora
