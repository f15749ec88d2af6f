// What the tests of engine/ops share: every kernel set in turn, distances, gradients.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "ops/cpu/dispatch.h"
#include "ops/dropout.h"

namespace mtlora {

using Tensors = std::vector<at::Tensor>;
using Computation = std::function<at::Tensor(const Tensors&)>;

// The largest difference, relative to the largest element of `expected` (to 1 where that is smaller).
inline double distance(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return 1e30;
  if (expected.numel() == 0) return 0;
  const at::Tensor a = found.detach().to(at::kDouble), b = expected.detach().to(at::kDouble);
  const double d = (a - b).abs().max().item<double>() / std::max(1.0, b.abs().max().item<double>());
  return d == d ? d : 1e30;  // not a number is far away
}

struct Outcome {
  at::Tensor value;
  Tensors gradients;  // of Σ value ∘ weights, for each input that requires one
};

// Runs the computation on copies of `inputs` (undefined ones stay so), in `type`, with gradients of all of them.
inline Outcome outcome(const Computation& computation, const Tensors& inputs, at::ScalarType type) {
  Tensors leaves;
  torch::autograd::variable_list wanted;
  for (const at::Tensor& input : inputs) {
    leaves.push_back(input.defined() ? input.detach().to(type, false, true).set_requires_grad(true) : input);
    if (input.defined()) wanted.push_back(leaves.back());
  }
  const at::Tensor value = computation(leaves);
  const at::Tensor weights = at::sin(at::arange(value.numel(), at::kDouble)).view(value.sizes()).to(type);
  return {value.detach(), torch::autograd::grad({(value * weights).sum()}, wanted)};
}

// A block in fp32 against what its formula gave in float64: value and all gradients.
inline bool agrees(const Computation& block, const Outcome& expected, const Tensors& inputs, double tolerance) {
  const Outcome found = outcome(block, inputs, at::kFloat);
  bool good = distance(found.value, expected.value) <= tolerance;
  if (!good) qWarning("value: off by %g", distance(found.value, expected.value));
  for (size_t i = 0; i < expected.gradients.size(); ++i) {
    const double off = distance(found.gradients[i], expected.gradients[i]);
    if (off > tolerance) qWarning("gradient %zu: off by %g", i, off), good = false;
  }
  return good;
}

inline bool agree(const Computation& block, const Computation& plain, const Tensors& inputs, double tolerance) {
  return agrees(block, outcome(plain, inputs, at::kDouble), inputs, tolerance);
}

// Gradients in float64 against central differences of every element.
inline bool gradients_are_true(const Computation& computation, const Tensors& inputs) {
  const Outcome analytic = outcome(computation, inputs, at::kDouble);
  const at::Tensor weights = at::sin(at::arange(analytic.value.numel(), at::kDouble)).view(analytic.value.sizes());
  const auto loss = [&](const Tensors& at_inputs) {
    const at::NoGradGuard no_grad;
    return (computation(at_inputs) * weights).sum().item<double>();
  };
  const double h = 1e-5;
  size_t which = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined()) continue;
    at::Tensor numeric = at::zeros(inputs[i].sizes(), at::kDouble);
    for (int64_t e = 0; e < inputs[i].numel(); ++e) {
      Tensors moved = inputs;
      for (at::Tensor& m : moved) m = m.defined() ? m.detach().to(at::kDouble, false, true).contiguous() : m;
      double* element = moved[i].mutable_data_ptr<double>() + e;
      const double before = *element;
      *element = before + h;
      const double above = loss(moved);
      *element = before - h;
      numeric.mutable_data_ptr<double>()[e] = (above - loss(moved)) / (2 * h);
    }
    const double off = distance(analytic.gradients[which++], numeric);
    if (off > 1e-7) {
      qWarning("input %zu: off by %g", i, off);
      return false;
    }
  }
  return true;
}

// Calls `test` with each set of kernels that this processor executes.
template <typename Test>
void with_each_kernels(Test test) {
  for (const cpu::Kernels* kernels : cpu::supported_kernels()) {
    cpu::use_kernels(*kernels);
    test(kernels->name);
  }
  cpu::use_kernels(*cpu::supported_kernels().front());
}

inline at::Tensor normal(at::IntArrayRef shape, int64_t seed) {
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU).clone();
  generator.set_current_seed(static_cast<uint64_t>(seed));
  return at::randn(shape, generator, at::kFloat);
}

inline Dropout some_dropout(double p, int64_t rows, int64_t first_row = 0) {
  return {p, 0x1234567890ABCDEFULL, at::arange(first_row, first_row + rows, at::kLong)};
}

// `everything` gives all results and gradients of some blocks, flat: they are the same to the last bit with any number
// of threads, and nearly the same with every set of kernels.
inline void check_threads_change_no_bit(at::Tensor (*everything)()) {
  with_each_kernels([&](const char* name) {
    at::set_num_threads(1);
    const at::Tensor one = everything();
    for (const int threads : {2, 3}) {
      at::set_num_threads(threads);
      QVERIFY2(at::equal(everything(), one), name);
    }
  });
  at::set_num_threads(2);
}

inline void check_kernels_agree(at::Tensor (*everything)()) {
  at::Tensor first;
  with_each_kernels([&](const char* name) {
    const at::Tensor now = everything();
    if (!first.defined()) first = now;
    QVERIFY2(distance(now, first) < 2e-6, name);
  });
}

}  // namespace mtlora
