#include "ops/cached_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "ops/attention.h"
#include "ops/cpu/dispatch.h"

namespace mtlora {
namespace {

constexpr int64_t least_work = 1 << 16;  // multiply-adds that are worth another thread

at::Tensor on_cpu(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const CachedAttentionArgs& args) {
  const int64_t sequences = args.cu_q.numel() - 1, key_heads = k.size(1), D = q.size(2);
  const int32_t* cu_q = args.cu_q.const_data_ptr<int32_t>();
  const int32_t* cu_k = args.cu_k.const_data_ptr<int32_t>();
  const int32_t* slots = args.key_slots.const_data_ptr<int32_t>();
  const at::Tensor queries = q.stride(2) == 1 ? q : q.contiguous();
  const at::Tensor out = at::empty(q.sizes(), q.options());

  cpu::CachedAttentionTask call{};
  call.head_size = D;
  call.group = q.size(1) / key_heads;
  call.q_row = queries.stride(0), call.q_head = queries.stride(1);
  call.k_row = k.stride(0), call.v_row = v.stride(0);
  call.out_row = q.size(1) * D, call.out_head = D;
  call.scale = static_cast<float>(args.scale);
  call.softcap = static_cast<float>(args.softcap);
  call.window = args.window;
  const float *q_data = queries.const_data_ptr<float>(), *k_data = k.const_data_ptr<float>(),
              *v_data = v.const_data_ptr<float>();
  float* out_data = out.mutable_data_ptr<float>();

  const int64_t floats = cpu::kernels().cached_attention_workspace(args.max_k, D);
  const int64_t of_task = std::max<int64_t>(1, args.max_q * args.max_k * D * call.group);
  const int64_t grain = std::max<int64_t>(1, least_work / of_task);
  at::parallel_for(0, sequences * key_heads, grain, [&](int64_t begin, int64_t end) {
    std::vector<float> workspace(static_cast<size_t>(floats));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t s = i / key_heads, head = i % key_heads;
      cpu::CachedAttentionTask task = call;
      task.queries = cu_q[s + 1] - cu_q[s];
      task.keys = cu_k[s + 1] - cu_k[s];
      task.key_slots = slots + cu_k[s];
      task.q = q_data + cu_q[s] * call.q_row + head * call.group * call.q_head;
      task.k = k_data + head * D;
      task.v = v_data + head * D;
      task.out = out_data + cu_q[s] * call.out_row + head * call.group * D;
      cpu::kernels().cached_attention(task, workspace.data());
    }
  });
  return out;
}

}  // namespace

at::Tensor cached_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const CachedAttentionArgs& args) {
  if (cpu::takes(q) && cpu::takes(k) && cpu::takes(v)) return on_cpu(q, k, v, args);
  AttentionArgs packed;
  packed.cu_q = args.cu_q;
  packed.cu_k = args.cu_k;
  packed.max_q = args.max_q;
  packed.max_k = args.max_k;
  packed.scale = args.scale;
  packed.causal = true;
  packed.window = args.window;
  packed.softcap = args.softcap;
  const at::Tensor slots = args.key_slots.to(k.device());
  return attention(q, k.index_select(0, slots), v.index_select(0, slots), packed);
}

}  // namespace mtlora
