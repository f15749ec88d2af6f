#include "ops/attention_generic.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace mtlora {
namespace {

// Sequences `first` .. `last` − 1 of a packed tensor [N, ...] as a padded one [B, longest, ...].
struct Rows {
  int64_t batch, longest = 0;
  at::Tensor lengths;  // [B] int64
  at::Tensor gather;   // [B · longest] int64: the packed row at each padded place (a repeated one where there is none)
  at::Tensor scatter;  // [rows of these sequences] int64: the padded place of each packed row

  Rows(const at::Tensor& cu_seqlens, int64_t first, int64_t last, const at::Device& device) : batch(last - first) {
    const int32_t* cu = cu_seqlens.const_data_ptr<int32_t>();
    for (int64_t s = first; s < last; ++s) longest = std::max<int64_t>(longest, cu[s + 1] - cu[s]);
    std::vector<int64_t> from, to, length;
    for (int64_t s = first; s < last; ++s) {
      const int64_t n = cu[s + 1] - cu[s];
      length.push_back(n);
      for (int64_t i = 0; i < longest; ++i) {
        from.push_back(std::max<int64_t>(0, cu[s] + std::min(i, n - 1)));
        if (i < n) to.push_back((s - first) * longest + i);
      }
    }
    lengths = at::tensor(length, at::kLong).to(device);
    gather = at::tensor(from, at::kLong).to(device);
    scatter = at::tensor(to, at::kLong).to(device);
  }
};

// [N, H, D] -> [B, H · repeat, longest, D]
at::Tensor padded(const at::Tensor& x, const Rows& rows, int64_t repeat) {
  at::Tensor y = x.index_select(0, rows.gather).view({rows.batch, rows.longest, x.size(1), x.size(2)}).transpose(1, 2);
  return repeat == 1 ? y : y.repeat_interleave(repeat, 1);
}

// Which keys each query sees: bool [B, 1, n, m].
at::Tensor visible_keys(const Rows& queries, const Rows& keys, const AttentionArgs& args) {
  const auto options = keys.lengths.options();
  const at::Tensor j = at::arange(keys.longest, options).view({1, 1, 1, -1});
  at::Tensor visible = j.lt(keys.lengths.view({-1, 1, 1, 1})).expand({-1, -1, queries.longest, -1});
  if (!args.causal && args.window < 0) return visible;
  const at::Tensor place =
      at::arange(queries.longest, options).view({1, 1, -1, 1}) + (keys.lengths - queries.lengths).view({-1, 1, 1, 1});
  const at::Tensor ahead = j - place;  // how far the key stands after the query
  if (args.causal) visible = visible.logical_and(ahead.le(0));
  if (args.window >= 0) visible = visible.logical_and(ahead.abs().le(args.window));
  return visible;
}

// [B, Hq, n, m]
at::Tensor weight_factors(const Dropout& drop, const Rows& queries, int64_t heads, int64_t keys,
                          const at::Tensor& like) {
  const Dropout rows{drop.p, drop.key, drop.row_ids.to(like.device()).index_select(0, queries.gather)};
  std::vector<at::Tensor> of_head;
  for (int64_t h = 0; h < heads; ++h) of_head.push_back(dropout_factors(rows, keys, like, h << 20));
  return at::stack(of_head).view({heads, queries.batch, queries.longest, keys}).transpose(0, 1);
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args,
                  int64_t first, int64_t last) {
  const Rows queries(args.cu_q, first, last, q.device());
  const Rows keys(args.cu_k, first, last, q.device());
  if (queries.longest == 0) return q.slice(0, 0, 0);
  const int64_t repeat = q.size(1) / k.size(1);
  const at::Tensor visible = visible_keys(queries, keys, args);
  const at::Tensor padded_k = padded(k, keys, repeat), padded_v = padded(v, keys, repeat);
  at::Tensor scores = at::matmul(padded(q, queries, 1), padded_k.transpose(2, 3)) * args.scale;
  if (args.softcap > 0) scores = at::tanh(scores / args.softcap) * args.softcap;
  if (args.relative_bias.defined()) {
    scores = scores + args.relative_bias.slice(1, 0, queries.longest).slice(2, 0, keys.longest);
  }
  scores = scores.masked_fill(visible.logical_not(), -std::numeric_limits<double>::infinity());
  // Padded queries may see no key at all; a row of −∞ would make NaN out of their (unused) result and its gradient.
  scores = scores.masked_fill(visible.any(-1, true).logical_not(), 0);
  at::Tensor weights = at::softmax(scores, -1);
  if (args.dropout.active()) {
    weights = weights * weight_factors(args.dropout, queries, q.size(1), keys.longest, weights);
  }
  return at::matmul(weights, padded_v).transpose(1, 2).flatten(0, 1).index_select(0, queries.scatter);
}

}  // namespace

at::Tensor generic_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionArgs& args) {
  const int64_t sequences = args.cu_q.numel() - 1;
  if (!q.device().is_cpu()) return attend(q, k, v, args, 0, sequences);  // few large kernels
  std::vector<at::Tensor> parts;  // nothing padded, and scores of one sequence only
  for (int64_t s = 0; s < sequences; ++s) parts.push_back(attend(q, k, v, args, s, s + 1));
  return parts.empty() ? at::zeros_like(q) : at::cat(parts);
}

}  // namespace mtlora
