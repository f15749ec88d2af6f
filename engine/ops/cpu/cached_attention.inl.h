// Attention of a sequence's newest tokens to keys and values that stand scattered in a cache. Included once by
// kernels.cpp. Decoding asks for one or a few queries at a time, so each takes the keys as they stand.

int64_t cached_attention_workspace(int64_t keys, int64_t head_size) {
  return padded_to_lanes(keys) + 2 * padded_to_lanes(head_size);
}

// softcap · tanh(x / softcap), with tanh y = 1 − 2 / (e^2y + 1).
inline Vec capped(Vec x, float softcap) {
  const Vec y = smaller(x * (2 * log2_e / softcap), splat(126.0F));
  return softcap - 2 * softcap / (power_of_two(y) + 1.0F);
}

void cached_attention(const CachedAttentionTask& task, float* workspace) {
  // Rows are read up to whole vectors: what stands behind a head meets zeros of the query, and is left out of `out`.
  const int64_t D = task.head_size, width = padded_to_lanes(D);
  float* query = workspace;
  float* sum = query + width;
  float* weights = sum + width;
  for (int64_t d = 0; d < width; ++d) query[d] = 0;
  for (int64_t i = 0; i < task.queries; ++i) {
    const int64_t place = task.keys - task.queries + i, end = place + 1;
    const int64_t first = task.window < 0 || place < task.window ? 0 : place - task.window;
    const int32_t* key_slots = task.key_slots + first;
    const int64_t seen = end - first;
    for (int64_t head = 0; head < task.group; ++head) {
      const float* q = task.q + i * task.q_row + head * task.q_head;
      for (int64_t d = 0; d < D; ++d) query[d] = q[d];
      for (int64_t j = 0; j < seen; ++j) {
        const float* k = task.k + key_slots[j] * task.k_row;
        Vec product{};
        for (int64_t d = 0; d < width; d += lanes) product += load(query + d) * load(k + d);
        weights[j] = sum_of_lanes(product);
      }
      Vec largest_of = splat(-3.4e38F);
      sweep(seen, [&](int64_t j, auto which) {
        Vec score = load(weights + j, which) * task.scale;
        if (task.softcap > 0) score = capped(score, task.softcap);
        store(weights + j, score, which);
        largest_of = larger(largest_of, select(which, score, largest_of));
      });
      const float largest = largest_lane(largest_of);
      Vec total{};
      sweep(seen, [&](int64_t j, auto which) {
        const Vec e = select(which, power_of_two((load(weights + j, which) - largest) * log2_e), Vec{});
        total += e;
        store(weights + j, e, which);
      });
      for (int64_t d = 0; d < width; d += lanes) store(sum + d, Vec{});
      for (int64_t j = 0; j < seen; ++j) {
        const float* v = task.v + key_slots[j] * task.v_row;
        const Vec weight = splat(weights[j]);
        for (int64_t d = 0; d < width; d += lanes) store(sum + d, load(sum + d) + weight * load(v + d));
      }
      const float inverse = 1.0F / sum_of_lanes(total);
      float* out = task.out + i * task.out_row + head * task.out_head;
      for (int64_t d = 0; d < D; ++d) out[d] = sum[d] * inverse;
    }
  }
}
