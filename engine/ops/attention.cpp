#include "ops/attention.h"

#include <ATen/ATen.h>

#include <string>

#include "base/error.h"
#include "ops/attention_cpu.h"
#include "ops/attention_generic.h"

namespace mtlora {
namespace {

void check_arguments(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args) {
  const auto check = [](bool good, const char* what) {
    if (!good) throw Error(ErrorCode::Internal, std::string("attention: ") + what + ".");
  };
  check(q.dim() == 3 && k.dim() == 3 && v.dim() == 3, "q, k and v are [tokens, heads, head size]");
  check(k.sizes() == v.sizes() && k.size(2) == q.size(2), "q, k and v disagree in shape");
  check(k.size(1) > 0 && q.size(1) % k.size(1) == 0,
        "the number of query heads is not a multiple of that of key heads");
  for (const at::Tensor& cu : {args.cu_q, args.cu_k}) {
    check(cu.device().is_cpu() && cu.scalar_type() == at::kInt && cu.is_contiguous(),
          "cu_q and cu_k are int32, on the CPU");
  }
  check(args.cu_q.numel() == args.cu_k.numel() && args.cu_q.numel() > 0, "cu_q and cu_k disagree in length");
  const int64_t sequences = args.cu_q.numel() - 1;
  const int32_t* cu_q = args.cu_q.const_data_ptr<int32_t>();
  const int32_t* cu_k = args.cu_k.const_data_ptr<int32_t>();
  check(cu_q[0] == 0 && cu_q[sequences] == q.size(0), "cu_q does not cover q");
  check(cu_k[0] == 0 && cu_k[sequences] == k.size(0), "cu_k does not cover k");
  for (int64_t s = 0; s < sequences; ++s) {
    const int32_t queries = cu_q[s + 1] - cu_q[s], keys = cu_k[s + 1] - cu_k[s];
    check(queries <= args.max_q && keys <= args.max_k, "a sequence is longer than max_q or max_k");
    check(queries >= 0 && keys >= 0 && (queries == 0 || keys > 0), "a sequence has queries and no keys");
    check(!args.causal || queries <= keys, "a causal sequence has more queries than keys");
  }
}

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args) {
  check_arguments(q, k, v, args);
  return cpu_attention_takes(q, k, v, args) ? cpu_attention(q, k, v, args) : generic_attention(q, k, v, args);
}

}  // namespace mtlora
