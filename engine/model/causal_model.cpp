#include "model/causal_model.h"

#include <ATen/ATen.h>

#include "ops/attention.h"

namespace mtlora {

void CausalModel::load_head(const ParameterLoader& load, const std::string& output, const at::Tensor* tied,
                            int64_t hidden, int64_t vocabulary, double std, double softcap) {
  if (load.options().task == ModelTask::CausalLm) {
    const at::Tensor* weight = tied ? tied : load.embedding(output + ".weight", vocabulary, hidden);
    output_ = {load.output(output, *weight), weight, softcap};
  } else {
    score_ = load_head_linear(load, "score", hidden, load.options().num_labels,
                              {.bias = false, .always_trained = true, .std = std});
  }
}

at::Tensor CausalModel::logits(const PackedBatch& batch, ForwardContext& context) {
  if (!score_.loaded()) return output_.logits(hidden(batch, HiddenRows::All, context));
  const at::Tensor x = hidden(batch, HiddenRows::LastTokens, context);
  return score_.forward(x, batch.row_ids.index_select(0, last_tokens(batch)), context);
}

LayerRows CausalModel::rows_of(const PackedBatch& batch, HiddenRows which, size_t index, size_t layers) {
  if (index + 1 < layers || which == HiddenRows::All) return {};
  if (which == HiddenRows::LastTokens) return {last_tokens(batch), true};
  return {batch.target_rows, false};
}

at::Tensor CausalModel::attend(int64_t index, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                               const Attention& options, const PackedBatch& batch, const LayerRows& asked,
                               ForwardContext& context) {
  AttentionArgs args;
  args.cu_q = args.cu_k = batch.cu_seqlens;
  args.max_q = args.max_k = batch.max_seqlen;
  if (asked.last_tokens) {
    args.cu_q = at::arange(batch.sequences() + 1, at::kInt);
    args.max_q = 1;
  }
  at::Tensor y;
  if (context.cache) {
    CachedAttentionArgs cached;
    cached.cu_q = args.cu_q;
    cached.max_q = args.max_q;
    cached.scale = options.scale;
    cached.window = options.window;
    cached.softcap = options.softcap;
    y = context.cache->attend(index, q, k, v, cached);
  } else {
    args.causal = true;
    args.scale = options.scale;
    args.window = options.window;
    args.softcap = options.softcap;
    args.dropout = context.dropout(options.dropout, asked.last_tokens ? asked.of(batch.row_ids) : batch.row_ids);
    y = attention(q, k, v, args);
  }
  return asked.last_tokens ? y : asked.of(y);
}

}  // namespace mtlora
