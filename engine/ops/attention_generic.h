// Attention out of ATen's operators: any device and type, every argument. Its gradient is autograd's.
#pragma once

#include "ops/attention.h"

namespace mtlora {

at::Tensor generic_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args);

}  // namespace mtlora
