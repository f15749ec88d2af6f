#include "ops/cpu/dispatch.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/random.h"

namespace mtlora::cpu {

namespace baseline {
extern const Kernels table;
}
#ifdef MTLORA_X86_KERNELS
namespace avx2 {
extern const Kernels table;
}
namespace avx512 {
extern const Kernels table;
}
#endif

namespace {

const Kernels*& chosen() {
  static const Kernels* kernels = supported_kernels().front();
  return kernels;
}

}  // namespace

std::vector<const Kernels*> supported_kernels() {
  std::vector<const Kernels*> found;
#ifdef MTLORA_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma")) {
    found.push_back(&avx512::table);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(&avx2::table);
#endif
  found.push_back(&baseline::table);
  return found;
}

const Kernels& kernels() { return *chosen(); }
void use_kernels(const Kernels& kernels) { chosen() = &kernels; }

DropoutRows dropout_rows(const Dropout& drop, int64_t rows, std::vector<uint64_t>& bases) {
  if (!drop.active()) return {};
  if (!drop.row_ids.defined() || drop.row_ids.numel() != rows) {
    throw Error(ErrorCode::Internal, "dropout: row_ids does not name each of the " + std::to_string(rows) + " rows.");
  }
  const at::Tensor ids = drop.row_ids.contiguous();
  const int64_t* row = ids.const_data_ptr<int64_t>();
  bases.resize(static_cast<size_t>(rows));
  for (size_t i = 0; i < bases.size(); ++i) bases[i] = dropout_base(drop.key, row[i]);
  return {bases.data(), drop.threshold(), static_cast<float>(drop.scale())};
}

DropoutRows rows_from(const DropoutRows& rows, int64_t first) {
  DropoutRows rest = rows;
  if (rest.bases != nullptr) rest.bases += first;
  return rest;
}

int64_t rows_at_least(int64_t columns) { return 1 + 8192 / std::max<int64_t>(columns, 1); }

bool takes(const at::Tensor& x) { return x.device().is_cpu() && x.scalar_type() == at::kFloat; }

}  // namespace mtlora::cpu
