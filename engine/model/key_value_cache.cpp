#include "model/key_value_cache.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.h"

namespace mtlora {

KeyValueCache::Packed KeyValueCache::append(int64_t layer, const at::Tensor& k, const at::Tensor& v,
                                            const at::Tensor& cu_seqlens) {
  Layer& kept = layers_[static_cast<size_t>(layer)];
  if (!kept.k.defined()) {
    kept.k = at::empty({sequences(), capacity_, k.size(1), k.size(2)}, k.options());
    kept.v = at::empty({sequences(), capacity_, v.size(1), v.size(2)}, v.options());
  }
  const int32_t* cu = cu_seqlens.const_data_ptr<int32_t>();
  Packed packed;
  packed.cu_seqlens = at::zeros({sequences() + 1}, at::kInt);
  packed.max_seqlen = 0;
  int32_t* cu_all = packed.cu_seqlens.mutable_data_ptr<int32_t>();
  std::vector<at::Tensor> keys, values;
  for (int64_t s = 0; s < sequences(); ++s) {
    const int64_t length = lengths_[static_cast<size_t>(s)], added = cu[s + 1] - cu[s];
    if (length + added > capacity_) {
      throw Error(ErrorCode::Internal, "key/value cache: more than " + std::to_string(capacity_) + " tokens.");
    }
    kept.k[s].slice(0, length, length + added).copy_(k.slice(0, cu[s], cu[s + 1]));
    kept.v[s].slice(0, length, length + added).copy_(v.slice(0, cu[s], cu[s + 1]));
    keys.push_back(kept.k[s].slice(0, 0, length + added));
    values.push_back(kept.v[s].slice(0, 0, length + added));
    cu_all[s + 1] = cu_all[s] + static_cast<int32_t>(length + added);
    packed.max_seqlen = std::max(packed.max_seqlen, length + added);
  }
  packed.k = keys.size() == 1 ? keys[0] : at::cat(keys);
  packed.v = values.size() == 1 ? values[0] : at::cat(values);
  return packed;
}

void KeyValueCache::advance(const at::Tensor& cu_seqlens) {
  const int32_t* cu = cu_seqlens.const_data_ptr<int32_t>();
  for (size_t s = 0; s < lengths_.size(); ++s) lengths_[s] += cu[s + 1] - cu[s];
}

}  // namespace mtlora
