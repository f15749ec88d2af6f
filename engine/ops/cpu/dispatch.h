// Which of the compiled kernels run here.
#pragma once

#include <vector>

#include "ops/cpu/kernels.h"
#include "ops/dropout.h"

namespace mtlora::cpu {

// The fastest that this processor executes; chosen at the first call.
const Kernels& kernels();

// All that it executes, the fastest first; and a choice for everything made from now on. For tests and benchmarks; not
// to be called while another thread computes.
std::vector<const Kernels*> supported_kernels();
void use_kernels(const Kernels& kernels);

// What a kernel needs to know of `drop` over `rows` rows: `bases` takes the rows' bases, and must live as long as the
// result. Throws Error(Internal) where row_ids has another length.
DropoutRows dropout_rows(const Dropout& drop, int64_t rows, std::vector<uint64_t>& bases);
DropoutRows rows_from(const DropoutRows& rows, int64_t first);  // the same without the rows before `first`

// A thread is given at least so many rows (or elements: columns 1), so that waking it pays.
int64_t rows_at_least(int64_t columns);

// Whether the fp32 kernels take these tensors: on the CPU, float.
bool takes(const at::Tensor& x);

}  // namespace mtlora::cpu
