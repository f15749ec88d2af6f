#include "ops/disentangled_attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace mtlora {

int64_t RelativePositions::index(int64_t distance) const {
  int64_t bucket = distance;
  if (buckets > 0 && max_distance > 0) {
    const int64_t middle = buckets / 2, size = std::abs(distance);
    if (size > middle) {
      // In fp32, as transformers computes it: a distance at the border of two buckets must fall into the same one.
      const float part = static_cast<float>(middle);
      const float steps =
          std::log(static_cast<float>(size) / part) /
          std::log(static_cast<float>(static_cast<double>(max_distance - 1) / static_cast<double>(middle)));
      const int64_t far = static_cast<int64_t>(std::ceil(steps * static_cast<float>(middle - 1)) + part);
      bucket = distance < 0 ? -far : far;
    }
  }
  return std::clamp<int64_t>(bucket + span(), 0, 2 * span() - 1);
}

namespace {

at::Tensor dropout_of(const Dropout& drop, int64_t first, int64_t last, int64_t heads, int64_t keys,
                      const at::Tensor& like) {
  const Dropout rows{drop.p, drop.key, drop.row_ids.slice(0, first, last)};
  std::vector<at::Tensor> of_head;  // [n, m] each
  for (int64_t h = 0; h < heads; ++h) of_head.push_back(dropout_factors(rows, keys, like, h << 20));
  return at::stack(of_head);
}

}  // namespace

at::Tensor disentangled_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                  const at::Tensor& position_keys, const at::Tensor& position_queries, int64_t first,
                                  const RelativePositions& positions, const AttentionArgs& args) {
  const int32_t* cu_q = args.cu_q.const_data_ptr<int32_t>();
  const int32_t* cu_k = args.cu_k.const_data_ptr<int32_t>();
  const int64_t heads = q.size(1);
  // [H, D, R]
  const at::Tensor keys_of = position_keys.defined() ? position_keys.permute({1, 2, 0}) : at::Tensor();
  const at::Tensor queries_of = position_queries.defined() ? position_queries.permute({1, 2, 0}) : at::Tensor();
  std::vector<at::Tensor> parts;
  for (int64_t s = 0; s + 1 < args.cu_q.numel(); ++s) {
    const int64_t n = cu_q[s + 1] - cu_q[s], m = cu_k[s + 1] - cu_k[s];
    const at::Tensor query = q.slice(0, cu_q[s], cu_q[s + 1]).transpose(0, 1);  // [H, n, D]
    const at::Tensor key = k.slice(0, cu_k[s], cu_k[s + 1]).transpose(0, 1);    // [H, m, D]
    const at::Tensor value = v.slice(0, cu_k[s], cu_k[s + 1]).transpose(0, 1);
    at::Tensor index = at::empty({n, m}, at::kLong);
    int64_t* places = index.mutable_data_ptr<int64_t>();
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < m; ++j) places[i * m + j] = positions.index(i - j) - first;
    }
    index = index.to(q.device());
    at::Tensor scores = at::matmul(query, key.transpose(1, 2));  // [H, n, m]
    if (keys_of.defined()) {
      scores = scores + at::matmul(query, keys_of).gather(2, index.unsqueeze(0).expand({heads, n, m}));
    }
    if (queries_of.defined()) {
      const at::Tensor of_keys = at::matmul(key, queries_of);  // [H, m, R]
      scores = scores + of_keys.gather(2, index.t().unsqueeze(0).expand({heads, m, n})).transpose(1, 2);
    }
    at::Tensor weights = at::softmax(scores * args.scale, -1);
    if (args.dropout.active()) {
      weights = weights * dropout_of(args.dropout, cu_q[s], cu_q[s + 1], heads, m, weights);
    }
    parts.push_back(at::matmul(weights, value).transpose(0, 1));
  }
  return at::cat(parts);
}

}  // namespace mtlora
