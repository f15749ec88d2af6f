#include "ops/linear.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "ops/cpu/dispatch.h"
#include "ops/function.h"

namespace mtlora {
namespace {

// ATen's products, on any device. The weight follows the type of what it is multiplied with (bf16 training).
class AtenLinear : public FrozenLinear {
 public:
  AtenLinear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {}

  at::Tensor forward(const at::Tensor& x) const override {
    const auto [weight, bias] = parameters(x);
    return at::linear(x, weight, bias);
  }
  at::Tensor grad_input(const at::Tensor& dy) const override { return at::matmul(dy, parameters(dy).first); }
  at::Tensor weight() const override { return weight_; }
  int64_t in_features() const override { return weight_.size(1); }
  int64_t out_features() const override { return weight_.size(0); }

 protected:
  const at::Tensor& bias() const { return bias_; }

 private:
  std::pair<at::Tensor, at::Tensor> parameters(const at::Tensor& like) const {
    if (like.scalar_type() == weight_.scalar_type()) return {weight_, bias_};
    const std::lock_guard lock(mutex_);
    if (!cast_weight_.defined() || cast_weight_.scalar_type() != like.scalar_type()) {
      cast_weight_ = weight_.to(like.scalar_type());
      if (bias_.defined()) cast_bias_ = bias_.to(like.scalar_type());
    }
    return {cast_weight_, cast_bias_};
  }

  at::Tensor weight_, bias_;
  mutable std::mutex mutex_;
  mutable at::Tensor cast_weight_, cast_bias_;  // made when another type is first asked for
};

// B [k, n] in the panels of the kernels' product, and bias [n] filled up with zeros.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  PackedMatrix(const at::Tensor& b, const at::Tensor& bias) : kernels_(&cpu::kernels()), k_(b.size(0)), n_(b.size(1)) {
    const int64_t width = kernels_->panel_width, count = panels();
    panels_ = at::empty({count, k_, width}, b.options().memory_format(at::MemoryFormat::Contiguous));
    bias_ = at::zeros({count * width}, b.options());
    if (bias.defined()) bias_.slice(0, 0, n_).copy_(bias);
    const float* from = b.const_data_ptr<float>();
    float* to = panels_.mutable_data_ptr<float>();
    const int64_t row_stride = b.stride(0), column_stride = b.stride(1);
    at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        kernels_->pack_panel(from + p * width * column_stride, row_stride, column_stride, k_,
                             std::min(width, n_ - p * width), to + p * k_ * width);
      }
    });
  }

  bool empty() const { return kernels_ == nullptr; }

  // x [..., k] -> x B + bias [..., n]
  at::Tensor multiply(const at::Tensor& x) const {
    if (x.size(-1) != k_) {
      throw Error(ErrorCode::Internal, "frozen linear: rows of " + std::to_string(x.size(-1)) +
                                           " where the weight takes " + std::to_string(k_) + ".");
    }
    at::Tensor flat = x.reshape({-1, k_});
    if (flat.stride(1) != 1) flat = flat.contiguous();
    const int64_t rows = flat.size(0), width = kernels_->panel_width;
    auto shape = x.sizes().vec();
    shape.back() = n_;
    at::Tensor y = at::empty(shape, x.options());
    const float *in = flat.const_data_ptr<float>(), *bias = bias_.const_data_ptr<float>();
    const float* panel = panels_.const_data_ptr<float>();
    float* out = y.mutable_data_ptr<float>();
    const int64_t in_row = flat.stride(0);

    // A piece of work is a block of rows (small enough that it stays in the cache while the panels pass) and a panel.
    const int64_t block = block_of(rows), blocks = (rows + block - 1) / block;
    const int64_t least = 1 + (int64_t{1} << 18) / std::max<int64_t>(1, block * width * k_);
    at::parallel_for(0, blocks * panels(), least, [&](int64_t begin, int64_t end) {
      for (int64_t piece = begin; piece < end; ++piece) {
        const int64_t row = piece / panels() * block, p = piece % panels();
        kernels_->product(in + row * in_row, in_row, std::min(block, rows - row), k_, panel + p * k_ * width,
                          bias + p * width, out + row * n_ + p * width, n_, std::min(width, n_ - p * width));
      }
    });
    return y;
  }

 private:
  int64_t panels() const { return (n_ + kernels_->panel_width - 1) / kernels_->panel_width; }

  int64_t block_of(int64_t rows) const {
    const int64_t tile = kernels_->row_tile, wanted = 4 * at::get_num_threads();
    int64_t block = 96 / tile * tile;
    while (block > tile && (rows + block - 1) / block * panels() < wanted) block = (block / 2 + tile - 1) / tile * tile;
    return block;
  }

  const cpu::Kernels* kernels_ = nullptr;
  int64_t k_ = 0, n_ = 0;
  at::Tensor panels_;  // [panels, k, panel width]
  at::Tensor bias_;    // [panels · panel width]
};

class PackedLinear : public AtenLinear {
 public:
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias, std::function<void()> packed)
      : AtenLinear(weight, bias), packed_(std::move(packed)), forward_(weight.t(), bias) {
    if (packed_) packed_();
  }

  at::Tensor forward(const at::Tensor& x) const override {
    return cpu::takes(x) ? forward_.multiply(x) : AtenLinear::forward(x);
  }

  at::Tensor grad_input(const at::Tensor& dy) const override {
    if (!cpu::takes(dy)) return AtenLinear::grad_input(dy);
    std::call_once(backward_once_, [this] {
      backward_ = PackedMatrix(weight(), {});
      if (packed_) packed_();
    });
    return backward_.multiply(dy);
  }

 private:
  std::function<void()> packed_;
  PackedMatrix forward_;  // Wᵀ [in, out]
  mutable std::once_flag backward_once_;
  mutable PackedMatrix backward_;  // W [out, in]
};

class FrozenLinearFunction : public torch::autograd::Function<FrozenLinearFunction> {
 public:
  using Linear = std::shared_ptr<const FrozenLinear>;

  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, const Linear& linear) {
    ctx->saved_data["linear"] = hold(linear);
    return linear->forward(x);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    return {held<Linear>(ctx, "linear")->grad_input(grads[0]), {}};
  }
};

}  // namespace

std::shared_ptr<const FrozenLinear> make_frozen_linear(const at::Tensor& weight, const at::Tensor& bias,
                                                       std::function<void()> packed) {
  const at::Tensor w = weight.detach(), b = bias.defined() ? bias.detach() : bias;
  if (cpu::takes(w) && w.numel() > 0) return std::make_shared<PackedLinear>(w, b, std::move(packed));
  return std::make_shared<AtenLinear>(w, b);
}

at::Tensor frozen_linear(const at::Tensor& x, const std::shared_ptr<const FrozenLinear>& linear) {
  return needs_gradient({x}) ? FrozenLinearFunction::apply(x, linear) : linear->forward(x);
}

}  // namespace mtlora
