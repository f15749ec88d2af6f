#include "eval/generate.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace mtlora {

namespace {

// The next tokens of each sequence (perhaps none), which stand behind `before[s]` tokens that the cache holds.
PackedBatch batch_of(const std::vector<std::vector<int32_t>>& tokens, const std::vector<int64_t>& before,
                     at::Device device) {
  std::vector<int64_t> ids, positions;
  std::vector<int32_t> cu = {0};
  PackedBatch batch;
  for (size_t s = 0; s < tokens.size(); ++s) {
    for (size_t i = 0; i < tokens[s].size(); ++i) {
      ids.push_back(tokens[s][i]);
      positions.push_back(before[s] + static_cast<int64_t>(i));
    }
    cu.push_back(static_cast<int32_t>(ids.size()));
    batch.max_seqlen = std::max(batch.max_seqlen, static_cast<int64_t>(tokens[s].size()));
  }
  batch.input_ids = at::tensor(ids, at::kLong).to(device);
  batch.position_ids = at::tensor(positions, at::kLong).to(device);
  batch.token_type_ids = at::zeros_like(batch.input_ids);
  batch.row_ids = at::arange(static_cast<int64_t>(ids.size()), batch.input_ids.options());
  batch.cu_seqlens = at::tensor(cu, at::kInt);
  return batch;
}

}  // namespace

std::vector<std::vector<int32_t>> generate_greedy(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                                                  const GenerateOptions& options) {
  const at::NoGradGuard no_grad;
  std::vector<std::vector<int32_t>> results(prompts.size()), next = prompts;
  std::vector<int64_t> before(prompts.size(), 0), room;
  int64_t capacity = 0;
  for (const std::vector<int32_t>& prompt : prompts) {
    const int64_t length = static_cast<int64_t>(prompt.size());
    room.push_back(std::min(options.max_new_tokens, model.max_positions() - length));
    capacity = std::max(capacity, length + std::max<int64_t>(0, room.back()));
  }
  for (size_t s = 0; s < prompts.size(); ++s) {
    if (room[s] <= 0) next[s].clear();
  }
  KeyValueCache cache(model.layer_count(), static_cast<int64_t>(prompts.size()), capacity);
  ForwardContext context;
  context.cache = &cache;
  while (std::any_of(next.begin(), next.end(), [](const auto& tokens) { return !tokens.empty(); })) {
    const PackedBatch batch = batch_of(next, before, model.device());
    const at::Tensor best = model.logits(batch, context).argmax(1).to(at::kCPU);
    const int32_t* cu = batch.cu_seqlens.const_data_ptr<int32_t>();
    for (size_t s = 0; s < next.size(); ++s) {
      if (next[s].empty()) continue;
      before[s] += static_cast<int64_t>(next[s].size());
      const auto token = static_cast<int32_t>(best.const_data_ptr<int64_t>()[cu[s + 1] - 1]);
      results[s].push_back(token);
      const bool ends =
          std::find(options.end_tokens.begin(), options.end_tokens.end(), token) != options.end_tokens.end();
      next[s].clear();
      if (!ends && static_cast<int64_t>(results[s].size()) < room[s]) next[s].push_back(token);
    }
  }
  return results;
}

}  // namespace mtlora
