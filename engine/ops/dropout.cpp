#include "ops/dropout.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "ops/cpu/dispatch.h"
#include "ops/function.h"

namespace mtlora {
namespace {

at::Scalar scalar_of(uint64_t bits) { return at::Scalar(static_cast<int64_t>(bits)); }

// A logical shift: int64's own shift would repeat the sign.
at::Tensor shift_right(const at::Tensor& x, int bits) {
  return x.bitwise_right_shift(at::Scalar(bits)).bitwise_and(scalar_of(~uint64_t{0} >> bits));
}

at::Tensor mixed(const at::Tensor& x) {  // mix64 of each element
  at::Tensor y = x + scalar_of(0x9E3779B97F4A7C15ULL);
  y = y.bitwise_xor(shift_right(y, 30)) * scalar_of(0xBF58476D1CE4E5B9ULL);
  y = y.bitwise_xor(shift_right(y, 27)) * scalar_of(0x94D049BB133111EBULL);
  return y.bitwise_xor(shift_right(y, 31));
}

at::Tensor dropped(const at::Tensor& x, const Dropout& drop) {
  if (!cpu::takes(x)) return x * dropout_factors(drop, x.size(-1), x);
  const at::Tensor in = x.contiguous();
  at::Tensor out = at::empty_like(in);
  const int64_t columns = in.size(-1), count = in.numel() / columns;
  std::vector<uint64_t> bases;
  const cpu::DropoutRows rows = cpu::dropout_rows(drop, count, bases);
  const float* from = in.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  at::parallel_for(0, count, cpu::rows_at_least(columns), [&](int64_t begin, int64_t end) {
    cpu::kernels().dropout(from + begin * columns, end - begin, columns, cpu::rows_from(rows, begin),
                           to + begin * columns);
  });
  return out;
}

class DropoutFunction : public torch::autograd::Function<DropoutFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, const Dropout& drop) {
    ctx->saved_data["drop"] = hold(drop);
    return dropped(x, drop);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    return {dropped(grads[0], held<Dropout>(ctx, "drop")), {}};
  }
};

}  // namespace

uint32_t Dropout::threshold() const { return static_cast<uint32_t>(std::min(std::ceil(p * 0x1p32), 0x1p32 - 1)); }

uint64_t dropout_base(uint64_t key, int64_t row) { return mix64(key ^ mix64(static_cast<uint64_t>(row))); }

uint32_t dropout_hash(uint64_t base, uint32_t column) {
  uint32_t h = static_cast<uint32_t>(base) + column;
  h = (h ^ (h >> 16)) * 0x85EBCA6BU;
  h = ((h ^ (h >> 13)) + static_cast<uint32_t>(base >> 32)) * 0xC2B2AE35U;
  return h ^ (h >> 16);
}

at::Tensor dropout_factors(const Dropout& drop, int64_t columns, const at::Tensor& like, int64_t first_column) {
  const at::Scalar low_bits(int64_t{0xFFFFFFFF});
  const at::Tensor rows = drop.row_ids.to(like.device());
  const at::Tensor base = mixed(mixed(rows).bitwise_xor(scalar_of(drop.key))).unsqueeze(1);  // [N, 1]
  const at::Tensor column = at::arange(first_column, first_column + columns, rows.options());
  at::Tensor h = (base + column).bitwise_and(low_bits);  // [N, C]
  h = (h.bitwise_xor(h.bitwise_right_shift(at::Scalar(16))) * scalar_of(0x85EBCA6B)).bitwise_and(low_bits);
  h = h.bitwise_xor(h.bitwise_right_shift(at::Scalar(13))) + shift_right(base, 32);
  h = (h * scalar_of(0xC2B2AE35)).bitwise_and(low_bits);
  h = h.bitwise_xor(h.bitwise_right_shift(at::Scalar(16)));
  return h.ge(at::Scalar(int64_t{drop.threshold()})).to(like.scalar_type()) * drop.scale();
}

at::Tensor dropout(const at::Tensor& x, const Dropout& drop) {
  if (!drop.active()) return x;
  return needs_gradient({x}) ? DropoutFunction::apply(x, drop) : dropped(x, drop);
}

}  // namespace mtlora
