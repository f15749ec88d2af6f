#include "eval/decoding.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "base/best_of.h"

namespace mtlora {

at::Tensor Decoding::next_logits(const std::vector<std::vector<int32_t>>& tokens) {
  const at::NoGradGuard no_grad;
  std::vector<int64_t> ids, positions;
  std::vector<int32_t> cu = {0};
  PackedBatch batch;
  for (size_t s = 0; s < tokens.size(); ++s) {
    const int64_t before = cache_.length(static_cast<int64_t>(s));
    for (size_t i = 0; i < tokens[s].size(); ++i) {
      ids.push_back(tokens[s][i]);
      positions.push_back(before + static_cast<int64_t>(i));
    }
    cu.push_back(static_cast<int32_t>(ids.size()));
    batch.max_seqlen = std::max(batch.max_seqlen, static_cast<int64_t>(tokens[s].size()));
  }
  batch.input_ids = at::tensor(ids, at::kLong).to(model_.device());
  batch.position_ids = at::tensor(positions, at::kLong).to(model_.device());
  batch.token_type_ids = at::zeros_like(batch.input_ids);
  batch.row_ids = at::arange(static_cast<int64_t>(ids.size()), batch.input_ids.options());
  batch.cu_seqlens = at::tensor(cu, at::kInt);
  ForwardContext context;
  context.cache = &cache_;
  const at::Tensor hidden = model_.hidden(batch, HiddenRows::LastTokens, context);
  return model_.output_layer().logits(hidden).to(at::kCPU, at::kFloat).contiguous();
}

void ban_repeated_ngrams(std::span<float> logits, std::span<const int32_t> tokens, int64_t n) {
  if (n <= 0 || std::ssize(tokens) + 1 < n) return;
  const auto before = static_cast<size_t>(n - 1);  // tokens that lead to the last one
  const std::span<const int32_t> now = tokens.last(before);
  for (size_t i = 0; i + before < tokens.size(); ++i) {
    if (!std::equal(now.begin(), now.end(), tokens.begin() + static_cast<std::ptrdiff_t>(i))) continue;
    logits[static_cast<size_t>(tokens[i + before])] = -std::numeric_limits<float>::infinity();
  }
}

std::vector<Candidate> largest(std::span<const float> logits, size_t count) {
  auto best = best_of<Candidate>(count, [](const Candidate& a, const Candidate& b) {
    return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
  });
  float least = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < logits.size(); ++i) {
    if (!(logits[i] > least)) continue;
    best.offer(Candidate{logits[i], static_cast<int32_t>(i)});
    if (best.is_full()) least = best.worst().logit;
  }
  return std::move(best).sorted();
}

}  // namespace mtlora
