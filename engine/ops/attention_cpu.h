// Attention with the fp32 kernels of the CPU, forward and backward.
#pragma once

#include "ops/attention.h"

namespace mtlora {

// Whether the kernels have what is asked for: fp32 on the CPU, no soft cap and no bias.
bool cpu_attention_takes(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args);

at::Tensor cpu_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args);

}  // namespace mtlora
