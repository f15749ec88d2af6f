#include "ops/attention_cpu.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <vector>

#include "ops/cpu/dispatch.h"
#include "ops/function.h"

namespace mtlora {
namespace {

constexpr int64_t head_size_step = 16;  // the kernels take multiples of it

at::Tensor with_dense_heads(const at::Tensor& x) { return x.stride(2) == 1 ? x : x.contiguous(); }

// The tensors of one call; the gradients are undefined in the forward pass.
struct Tensors {
  at::Tensor q, k, v;     // [Nq, Hq, D], [Nk, Hkv, D]
  at::Tensor out;         // [Nq, Hq, D], contiguous
  at::Tensor statistics;  // [Nq, Hq, 2], contiguous
  at::Tensor grad_out, grad_q, grad_k, grad_v;
};

float* mutable_data(const at::Tensor& x) { return x.defined() ? x.mutable_data_ptr<float>() : nullptr; }

// Runs `kernel` on every sequence and key head. Each thread takes a run of them with an equal share of the work.
void for_each_task(const Tensors& t, const AttentionArgs& args,
                   void (*kernel)(const cpu::AttentionTask&, float* workspace)) {
  const int64_t sequences = args.cu_q.numel() - 1, key_heads = t.k.size(1), D = t.q.size(2);
  const int32_t* cu_q = args.cu_q.const_data_ptr<int32_t>();
  const int32_t* cu_k = args.cu_k.const_data_ptr<int32_t>();
  std::vector<uint64_t> bases;
  const cpu::DropoutRows drop = cpu::dropout_rows(args.dropout, t.q.size(0), bases);

  cpu::AttentionTask call{};
  call.head_size = D;
  call.group = t.q.size(1) / key_heads;
  call.q_row = t.q.stride(0), call.q_head = t.q.stride(1);
  call.k_row = t.k.stride(0), call.v_row = t.v.stride(0);
  call.out_row = t.q.size(1) * D, call.out_head = D;
  call.grad_key_row = key_heads * D;
  call.statistics_row = t.q.size(1) * 2, call.statistics_head = 2;
  call.scale = static_cast<float>(args.scale);
  call.causal = args.causal;
  call.window = args.window;
  call.head_columns = 1U << 20;
  const float *q = t.q.const_data_ptr<float>(), *k = t.k.const_data_ptr<float>(), *v = t.v.const_data_ptr<float>();
  const float* grad_out = t.grad_out.defined() ? t.grad_out.const_data_ptr<float>() : nullptr;
  float *out = mutable_data(t.out), *statistics = mutable_data(t.statistics);
  float *grad_q = mutable_data(t.grad_q), *grad_k = mutable_data(t.grad_k), *grad_v = mutable_data(t.grad_v);

  const auto run = [&](int64_t sequence, int64_t head, float* workspace) {
    const int64_t first_q = cu_q[sequence], first_k = cu_k[sequence];
    const int64_t of_out = first_q * call.out_row + head * call.group * call.out_head;
    const int64_t of_key = first_k * call.grad_key_row + head * D;
    cpu::AttentionTask task = call;
    task.queries = cu_q[sequence + 1] - first_q;
    task.keys = cu_k[sequence + 1] - first_k;
    task.q = q + first_q * call.q_row + head * call.group * call.q_head;
    task.k = k + first_k * call.k_row + head * t.k.stride(1);
    task.v = v + first_k * call.v_row + head * t.v.stride(1);
    task.out = out + of_out;
    task.statistics = statistics + first_q * call.statistics_row + head * call.group * call.statistics_head;
    task.drop = cpu::rows_from(drop, first_q);
    task.first_column = static_cast<uint32_t>(head * call.group) * call.head_columns;
    if (grad_out != nullptr) {
      task.grad_out = grad_out + of_out;
      task.grad_q = grad_q + of_out;
      task.grad_k = grad_k + of_key;
      task.grad_v = grad_v + of_key;
    }
    kernel(task, workspace);
  };

  // Work is counted in multiply-adds of one product; + D for what each row costs besides.
  const auto work_of = [&](int64_t s) {
    const int64_t n = cu_q[s + 1] - cu_q[s], m = cu_k[s + 1] - cu_k[s];
    return (n + D) * (m + D) * D;
  };
  int64_t total = 0;
  for (int64_t s = 0; s < sequences; ++s) total += work_of(s) * key_heads;
  const int64_t shares = std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), sequences * key_heads));
  std::vector<int64_t> first_task{0};  // of each share
  int64_t done = 0;
  for (int64_t task = 0; task < sequences * key_heads; ++task) {
    if (done * shares >= total * static_cast<int64_t>(first_task.size())) first_task.push_back(task);
    done += work_of(task / key_heads);
  }
  first_task.resize(static_cast<size_t>(shares) + 1, sequences * key_heads);
  const int64_t floats = cpu::kernels().attention_workspace(args.max_k, D);
  at::parallel_for(0, shares, 1, [&](int64_t begin, int64_t end) {
    const at::Tensor workspace = at::empty({floats}, at::kFloat);
    for (int64_t task = first_task[static_cast<size_t>(begin)]; task < first_task[static_cast<size_t>(end)]; ++task) {
      run(task / key_heads, task % key_heads, workspace.mutable_data_ptr<float>());
    }
  });
}

class AttentionFunction : public torch::autograd::Function<AttentionFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& q, const at::Tensor& k,
                            const at::Tensor& v, const AttentionArgs& args) {
    Tensors t{q,  k,  v, at::empty(q.sizes(), q.options()), at::empty({q.size(0), q.size(1), 2}, q.options()), {},
              {}, {}, {}};
    for_each_task(t, args, cpu::kernels().attention_forward);
    ctx->save_for_backward({q, k, v, t.out, t.statistics});
    ctx->saved_data["args"] = hold(args);
    return t.out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    Tensors t{saved[0], saved[1], saved[2], saved[3], saved[4], grads[0].contiguous(), {}, {}, {}};
    t.grad_q = at::empty(t.q.sizes(), t.q.options());
    t.grad_k = at::empty(t.k.sizes(), t.k.options());
    t.grad_v = at::empty(t.v.sizes(), t.v.options());
    for_each_task(t, held<AttentionArgs>(ctx, "args"), cpu::kernels().attention_backward);
    return {t.grad_q, t.grad_k, t.grad_v, {}};
  }
};

}  // namespace

bool cpu_attention_takes(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args) {
  return cpu::takes(q) && cpu::takes(k) && cpu::takes(v) && args.softcap <= 0 && !args.relative_bias.defined();
}

at::Tensor cpu_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args) {
  const int64_t D = q.size(2), missing = (head_size_step - D % head_size_step) % head_size_step;
  if (missing != 0) {  // zeros change neither scores nor gradients
    const auto filled = [&](const at::Tensor& x) { return at::constant_pad_nd(x, {0, missing}); };
    return cpu_attention(filled(q), filled(k), filled(v), args).slice(2, 0, D);
  }
  return AttentionFunction::apply(with_dense_heads(q), with_dense_heads(k), with_dense_heads(v), args);
}

}  // namespace mtlora
