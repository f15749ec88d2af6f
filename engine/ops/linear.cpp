#include "ops/linear.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "ops/cpu/dispatch.h"
#include "ops/function.h"

namespace mtlora {
namespace {

// In pieces of rows: a conversion to double of the whole would take four times a half weight's memory.
double frobenius_norm(const at::Tensor& weight) {
  const int64_t rows = std::max<int64_t>(1, (int64_t{1} << 20) / std::max<int64_t>(1, weight.size(1)));
  double squares = 0;
  for (int64_t first = 0; first < weight.size(0); first += rows) {
    const at::Tensor part = weight.slice(0, first, std::min(weight.size(0), first + rows));
    const double norm = at::linalg_vector_norm(part, 2, std::nullopt, false, at::kDouble).item<double>();
    squares += norm * norm;
  }
  return std::sqrt(squares);
}

// ATen's products, on any device, in the weight's own type (or double, where x is).
class AtenLinear : public FrozenLinear {
 public:
  AtenLinear(at::Tensor weight, at::Tensor bias, std::string name)
      : weight_(std::move(weight)), bias_(std::move(bias)), name_(std::move(name)) {}

  at::Tensor forward(const at::Tensor& x) const override {
    weight_norm();
    const at::ScalarType type = product_type(x);
    const at::Tensor bias = bias_.defined() ? bias_.to(type) : bias_;
    return at::linear(x.to(type), weight_.to(type), bias).to(x.scalar_type());
  }
  at::Tensor grad_input(const at::Tensor& dy) const override {
    const at::ScalarType type = product_type(dy);
    return at::matmul(dy.to(type), weight_.to(type)).to(dy.scalar_type());
  }
  at::Tensor weight() const override { return weight_; }
  double weight_norm() const override {
    std::call_once(norm_once_, [this] {
      norm_ = frobenius_norm(weight_);
      // The norm is finite only where every value is.
      if (std::isfinite(norm_) && (!bias_.defined() || at::isfinite(bias_).all().item<bool>())) return;
      throw bad_input(name_ + ": expected finite values, found NaN or infinity", "The file is damaged; get it again.");
    });
    return norm_;
  }
  int64_t in_features() const override { return weight_.size(1); }
  int64_t out_features() const override { return weight_.size(0); }

 private:
  at::ScalarType product_type(const at::Tensor& x) const {
    return x.scalar_type() == at::kDouble ? at::kDouble : weight_.scalar_type();
  }

  at::Tensor weight_, bias_;
  std::string name_;
  mutable std::once_flag norm_once_;
  mutable double norm_ = 0;
};

// B [k, n] in the panels of the kernels' product, and bias [n] filled up with zeros. The panels are kept, or made from
// B in each product.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  PackedMatrix(const at::Tensor& b, const at::Tensor& bias, bool keep)
      : kernels_(&cpu::kernels()), k_(b.size(0)), n_(b.size(1)) {
    const int64_t width = kernels_->panel_width, count = panels();
    bias_ = at::zeros({count * width}, at::kFloat);
    if (bias.defined()) bias_.slice(0, 0, n_).copy_(bias);
    if (!keep) {
      b_ = b;
      return;
    }
    panels_ = at::empty({count, k_, width}, at::kFloat);
    float* to = panels_.mutable_data_ptr<float>();
    at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) fill_panel(b, p, to + p * k_ * width);
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
    float* out = y.mutable_data_ptr<float>();
    const int64_t in_row = flat.stride(0);

    // A piece of work is a block of rows (small enough that it stays in the cache while the panels pass) and a panel.
    const int64_t block = block_of(rows), blocks = (rows + block - 1) / block;
    const auto of_piece = [&](int64_t row, int64_t p, const float* of_panel) {
      kernels_->product(in + row * in_row, in_row, std::min(block, rows - row), k_, of_panel, bias + p * width,
                        out + row * n_ + p * width, n_, std::min(width, n_ - p * width));
    };
    if (!panels_.defined()) {
      at::parallel_for(0, panels(), 1, [&](int64_t begin, int64_t end) {
        const at::Tensor buffer = at::empty({k_ * width}, at::kFloat);
        float* made = buffer.mutable_data_ptr<float>();
        for (int64_t p = begin; p < end; ++p) {
          fill_panel(b_, p, made);
          for (int64_t row = 0; row < rows; row += block) of_piece(row, p, made);
        }
      });
      return y;
    }
    const float* panel = panels_.const_data_ptr<float>();
    const int64_t least = 1 + (int64_t{1} << 18) / std::max<int64_t>(1, block * width * k_);
    at::parallel_for(0, blocks * panels(), least, [&](int64_t begin, int64_t end) {
      for (int64_t piece = begin; piece < end; ++piece) {
        const int64_t p = piece % panels();
        of_piece(piece / panels() * block, p, panel + p * k_ * width);
      }
    });
    return y;
  }

 private:
  // Columns p · width .. of `b` [k, n].
  void fill_panel(const at::Tensor& b, int64_t p, float* to) const {
    const int64_t width = kernels_->panel_width, first = p * width, columns = std::min(width, n_ - first);
    const at::Tensor part = b.slice(1, first, first + columns).to(at::kFloat);  // itself where it is fp32
    kernels_->pack_panel(part.const_data_ptr<float>(), part.stride(0), part.stride(1), k_, columns, to);
  }

  int64_t panels() const { return (n_ + kernels_->panel_width - 1) / kernels_->panel_width; }

  int64_t block_of(int64_t rows) const {
    const int64_t tile = kernels_->row_tile, wanted = 4 * at::get_num_threads();
    int64_t block = 96 / tile * tile;
    while (block > tile && (rows + block - 1) / block * panels() < wanted) block = (block / 2 + tile - 1) / tile * tile;
    return block;
  }

  const cpu::Kernels* kernels_ = nullptr;
  int64_t k_ = 0, n_ = 0;
  at::Tensor b_;       // where the panels are not kept
  at::Tensor panels_;  // [panels, k, panel width]
  at::Tensor bias_;    // [panels · panel width]
};

class PackedLinear : public AtenLinear {
 public:
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias, const FrozenOptions& options)
      : AtenLinear(weight, bias, options.name), bias_(bias), keep_(options.packed), packed_now_(options.packed_now) {}

  at::Tensor forward(const at::Tensor& x) const override {
    return cpu::takes(x) ? matrix(forward_once_, forward_, weight().t(), bias_).multiply(x) : AtenLinear::forward(x);
  }
  at::Tensor grad_input(const at::Tensor& dy) const override {
    return cpu::takes(dy) ? matrix(backward_once_, backward_, weight(), {}).multiply(dy) : AtenLinear::grad_input(dy);
  }

 private:
  const PackedMatrix& matrix(std::once_flag& once, PackedMatrix& made, const at::Tensor& b,
                             const at::Tensor& bias) const {
    std::call_once(once, [&] {
      weight_norm();
      made = PackedMatrix(b, bias, keep_);
      if (keep_ && packed_now_) packed_now_();
    });
    return made;
  }

  at::Tensor bias_;
  bool keep_;
  std::function<void()> packed_now_;
  mutable std::once_flag forward_once_, backward_once_;
  mutable PackedMatrix forward_, backward_;  // Wᵀ [in, out] and W [out, in]
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
                                                       const FrozenOptions& options) {
  const at::Tensor w = weight.detach(), b = bias.defined() ? bias.detach() : bias;
  if (options.bf16) {
    return std::make_shared<AtenLinear>(w.to(at::kBFloat16), b.defined() ? b.to(at::kBFloat16) : b, options.name);
  }
  if (w.device().is_cpu() && w.scalar_type() != at::kDouble && w.numel() > 0) {
    return std::make_shared<PackedLinear>(w, b, options);
  }
  return std::make_shared<AtenLinear>(w, b, options.name);
}

at::Tensor frozen_linear(const at::Tensor& x, const std::shared_ptr<const FrozenLinear>& linear) {
  return needs_gradient({x}) ? FrozenLinearFunction::apply(x, linear) : linear->forward(x);
}

}  // namespace mtlora
