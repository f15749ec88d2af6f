#include "geometry/adapter_geometry.h"

#include <ATen/ATen.h>

namespace mtlora {

ModuleSnapshot snapshot_adapter(const Adapter& adapter, const Linear& linear, const Frame* previous, Frame* frame) {
  const at::NoGradGuard no_grad;
  const auto values = [](const at::Tensor& tensor) { return tensor.detach().to(at::kCPU, at::kFloat).contiguous(); };
  const at::Tensor a = values(adapter.a), b = values(adapter.whole_b());  // [r, in], [out, r]
  const at::Tensor t = adapter.method->matrices ? values(adapter.t()) : at::eye(adapter.r, at::kFloat);
  const auto span = [](const at::Tensor& tensor) {
    return std::span<const float>(tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel()));
  };
  return snapshot_module(adapter.module, span(b), span(t), span(a), static_cast<size_t>(b.size(0)),
                         static_cast<size_t>(a.size(1)), static_cast<size_t>(adapter.r), adapter.scaling,
                         linear.frozen->weight_norm(), previous, frame);
}

}  // namespace mtlora
