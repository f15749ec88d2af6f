// What the blocks of engine/ops take, beside ATen's operators: `bench_ops [kernels [threads]]`, e.g. `bench_ops avx2
// 1`. Each figure is the best of many turns, so that other programs disturb it least.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "ops/activation.h"
#include "ops/attention.h"
#include "ops/cpu/dispatch.h"
#include "ops/denormals.h"
#include "ops/linear.h"
#include "ops/norm.h"

using namespace mtlora;

namespace {

// With one thread the processor's time is taken: other programs disturb it less.
double now() {
  if (at::get_num_threads() == 1) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double best_seconds(const std::function<void()>& work) {
  double best = 1e30, total = 0;
  for (int turn = 0; turn < 400 && (turn < 10 || total < 0.7); ++turn) {
    const double start = now();
    work();
    const double seconds = now() - start;
    best = std::min(best, seconds);
    total += seconds;
  }
  return best;
}

// Seconds of the forward pass, and of both, with gradients of all inputs.
void compare(const char* what, const std::vector<at::Tensor>& inputs,
             const std::function<at::Tensor(const std::vector<at::Tensor>&)>& ours,
             const std::function<at::Tensor(const std::vector<at::Tensor>&)>& aten) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& x : inputs) leaves.push_back(x.detach().clone().set_requires_grad(true));
  double seconds[2][2];
  for (int side = 0; side < 2; ++side) {
    const auto& work = side == 0 ? ours : aten;
    const at::Tensor grad = at::ones_like(work(leaves));
    seconds[side][0] = best_seconds([&] { work(leaves); });
    seconds[side][1] = best_seconds([&] { torch::autograd::grad({work(leaves)}, leaves, {grad}); });
  }
  std::printf("%-44s forward %8.1f us, ATen %8.1f us (%4.1fx)   with backward %8.1f us, ATen %8.1f us (%4.1fx)\n", what,
              seconds[0][0] * 1e6, seconds[1][0] * 1e6, seconds[1][0] / seconds[0][0], seconds[0][1] * 1e6,
              seconds[1][1] * 1e6, seconds[1][1] / seconds[0][1]);
}

void products() {
  std::printf("products, GFLOP/s\n");
  const int shapes[][2] = {{384, 384}, {384, 1536}, {1536, 384}};
  for (const auto& [in, out] : shapes) {
    const at::Tensor weight = at::randn({out, in}), bias = at::randn({out});
    const auto layer = make_frozen_linear(weight, bias);
    for (const int rows : {32, 430, 4096}) {
      const at::Tensor x = at::randn({rows, in}), dy = at::randn({rows, out});
      const double operations = 2.0 * rows * in * out * 1e-9;
      std::printf("  %4d -> %4d, %4d rows: x W^T + b %4.0f, at::linear %4.0f    dy W %4.0f, at::mm %4.0f\n", in, out,
                  rows, operations / best_seconds([&] { layer->forward(x); }),
                  operations / best_seconds([&] { at::linear(x, weight, bias); }),
                  operations / best_seconds([&] { layer->grad_input(dy); }),
                  operations / best_seconds([&] { at::mm(dy, weight); }));
    }
  }
}

void attentions() {
  for (const bool full_length : {false, true}) {
    // Lengths as in a batch of 32 rows of SST-2 (13.4 tokens on average), or all 128.
    std::vector<int32_t> cu{0};
    int64_t longest = 0;
    for (int s = 0; s < 32; ++s) {
      const int32_t n = full_length ? 128 : 4 + (s * s) % 31 + (s % 8 == 0 ? 14 : 0) - (s % 3 == 0 ? 2 : 0);
      cu.push_back(cu.back() + n);
      longest = std::max<int64_t>(longest, n);
    }
    const int64_t N = cu.back(), heads = 12, D = 32;
    AttentionArgs args;
    args.cu_q = args.cu_k = at::tensor(cu, at::kInt);
    args.max_q = args.max_k = longest;
    args.scale = 1 / std::sqrt(32.0);
    at::Tensor mask = at::zeros({32, 1, 1, longest}, at::kBool);
    std::vector<int64_t> place;
    for (int64_t s = 0; s < 32; ++s) {
      const int64_t n = cu[static_cast<size_t>(s) + 1] - cu[static_cast<size_t>(s)];
      mask[s].slice(-1, 0, n).fill_(true);
      for (int64_t i = 0; i < n; ++i) place.push_back(s * longest + i);
    }
    const at::Tensor places = at::tensor(place, at::kLong);
    const auto padded = [&](const at::Tensor& x) {
      return at::zeros({32 * longest, heads, D}).index_copy(0, places, x).view({32, longest, heads, D}).transpose(1, 2);
    };
    const std::vector<at::Tensor> inputs{at::randn({N, heads, D}), at::randn({N, heads, D}), at::randn({N, heads, D})};
    for (const double p : {0.0, 0.1}) {
      args.dropout = {p, 1, at::arange(N, at::kLong)};
      char what[80];
      std::snprintf(what, sizeof what, "attention, %d tokens of 32 sequences, p %.1f", static_cast<int>(N), p);
      compare(
          what, inputs, [&](const auto& t) { return attention(t[0], t[1], t[2], args); },
          [&](const auto& t) {
            const at::Tensor out = at::scaled_dot_product_attention(padded(t[0]), padded(t[1]), padded(t[2]), mask, p);
            return out.transpose(1, 2).flatten(0, 1).index_select(0, places);
          });
    }
  }
}

void elementwise() {
  for (const int64_t N : {430, 4096}) {
    const at::Tensor gamma = at::randn({384}), beta = at::randn({384});
    const std::vector<at::Tensor> two{at::randn({N, 384}), at::randn({N, 384})};
    for (const double p : {0.0, 0.1}) {
      const Dropout drop{p, 1, at::arange(N, at::kLong)};
      char what[80];
      std::snprintf(what, sizeof what, "dropout + residual + norm, %d x 384, p %.1f", static_cast<int>(N), p);
      compare(
          what, two, [&](const auto& t) { return dropout_add_layer_norm(t[0], t[1], gamma, beta, 1e-12, drop); },
          [&](const auto& t) {
            return at::layer_norm((p > 0 ? at::dropout(t[0], p, true) : t[0]) + t[1], {384}, gamma, beta, 1e-12);
          });
    }
    for (const char* name : {"gelu", "gelu_new"}) {
      char what[80];
      std::snprintf(what, sizeof what, "%s, %d x 1536", name, static_cast<int>(N));
      compare(
          what, {at::randn({N, 1536})}, [&](const auto& t) { return activation(t[0], name); },
          [&](const auto& t) { return at::gelu(t[0], name == std::string("gelu") ? "none" : "tanh"); });
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  for (const cpu::Kernels* kernels : cpu::supported_kernels()) {
    if (count > 1 && kernels->name == std::string(arguments[1])) cpu::use_kernels(*kernels);
  }
  if (count > 2) at::set_num_threads(std::stoi(arguments[2]));
  flush_denormals();
  std::printf("kernels: %s, threads: %d\n", cpu::kernels().name, at::get_num_threads());
  products();
  attentions();
  elementwise();
}
