#include "model/key_value_cache.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.h"
#include "ops/attention.h"

namespace mtlora {

namespace {

// A store of `slots` slots with what `old` holds. [slots, heads, size]
at::Tensor grown(const at::Tensor& old, int64_t slots, const at::Tensor& like) {
  const int64_t row = like.size(1) * like.size(2);
  const at::Tensor store = at::zeros({slots * row + cache_slack}, like.options());
  at::Tensor view = store.narrow(0, 0, slots * row).view({slots, like.size(1), like.size(2)});
  if (old.defined()) view.narrow(0, 0, old.size(0)).copy_(old);
  return view;
}

}  // namespace

void KeyValueCache::select(const std::vector<int64_t>& parents) {
  std::vector<std::vector<int32_t>> chosen;
  chosen.reserve(parents.size());
  for (const int64_t parent : parents) chosen.push_back(slots_[static_cast<size_t>(parent)]);
  slots_ = std::move(chosen);
}

void KeyValueCache::add_tokens(const PackedBatch& batch) {
  if (batch.sequences() != sequences()) {
    throw Error(ErrorCode::Internal, "key/value cache: a batch of " + std::to_string(batch.sequences()) +
                                         " sequences where it holds " + std::to_string(sequences()) + ".");
  }
  const int32_t* cu = batch.cu_seqlens.const_data_ptr<int32_t>();
  first_new_ = used_;
  batch_.cu_k = at::zeros({sequences() + 1}, at::kInt);
  int32_t* cu_k = batch_.cu_k.mutable_data_ptr<int32_t>();
  batch_.max_k = 0;
  for (int64_t s = 0; s < sequences(); ++s) {
    std::vector<int32_t>& slots = slots_[static_cast<size_t>(s)];
    for (int32_t i = cu[s]; i < cu[s + 1]; ++i) slots.push_back(static_cast<int32_t>(used_++));
    cu_k[s + 1] = cu_k[s] + static_cast<int32_t>(slots.size());
    batch_.max_k = std::max(batch_.max_k, static_cast<int64_t>(slots.size()));
  }
  batch_.key_slots = at::empty({cu_k[sequences()]}, at::kInt);
  int32_t* all = batch_.key_slots.mutable_data_ptr<int32_t>();
  for (const std::vector<int32_t>& slots : slots_) all = std::copy(slots.begin(), slots.end(), all);
  batch_.cu_q = batch.cu_seqlens;
  batch_.max_q = batch.max_seqlen;
}

at::Tensor KeyValueCache::attend(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                 CachedAttentionArgs args) {
  Layer& kept = layers_[static_cast<size_t>(layer)];
  if (!kept.k.defined() || kept.k.size(0) < used_) {
    const int64_t slots = std::max(used_, kept.k.defined() ? 2 * kept.k.size(0) : 2 * used_);
    kept.k = grown(kept.k, slots, k);
    kept.v = grown(kept.v, slots, v);
  }
  kept.k.narrow(0, first_new_, used_ - first_new_).copy_(k);
  kept.v.narrow(0, first_new_, used_ - first_new_).copy_(v);
  if (!args.cu_q.defined()) {
    args.cu_q = batch_.cu_q;
    args.max_q = batch_.max_q;
  }
  if (first_new_ == 0) {  // the prompts: their keys stand one after another, as the faster kernel wants them
    AttentionArgs packed;
    packed.cu_q = args.cu_q, packed.max_q = args.max_q;
    packed.cu_k = batch_.cu_q, packed.max_k = batch_.max_q;
    packed.scale = args.scale, packed.window = args.window, packed.softcap = args.softcap;
    packed.causal = true;
    return attention(q, k, v, packed);
  }
  args.cu_k = batch_.cu_k;
  args.max_k = batch_.max_k;
  args.key_slots = batch_.key_slots;
  return cached_attention(q, kept.k, kept.v, args);
}

}  // namespace mtlora
