#include "ops/dropout.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

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

class DropoutFunction : public torch::autograd::Function<DropoutFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, const Dropout& drop) {
    ctx->saved_data["p"] = drop.p;
    ctx->saved_data["key"] = static_cast<int64_t>(drop.key);
    ctx->saved_data["row_ids"] = drop.row_ids;
    return x * dropout_factors(drop, x.size(-1), x);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const Dropout drop{ctx->saved_data["p"].toDouble(), static_cast<uint64_t>(ctx->saved_data["key"].toInt()),
                       ctx->saved_data["row_ids"].toTensor()};
    return {grads[0] * dropout_factors(drop, grads[0].size(-1), grads[0]), {}};
  }
};

}  // namespace

uint32_t Dropout::threshold() const { return static_cast<uint32_t>(std::min(std::ceil(p * 0x1p32), 0x1p32 - 1)); }

uint32_t dropout_hash(uint64_t key, int64_t row, int64_t column) {
  const uint64_t base = mix64(key ^ mix64(static_cast<uint64_t>(row)));
  uint32_t h = static_cast<uint32_t>(base) + static_cast<uint32_t>(column);
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
  return DropoutFunction::apply(x, drop);
}

}  // namespace mtlora
