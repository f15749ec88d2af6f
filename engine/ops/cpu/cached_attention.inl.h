// Attention of a sequence's newest tokens to keys and values that stand scattered in a cache. Included once by
// kernels.cpp. Decoding asks for one or a few queries at a time, so each takes the keys as they stand.
//
// Rows are read up to whole vectors: what stands behind a head meets zeros of the query, and is left out of `out`.

int64_t cached_attention_workspace(int64_t keys, int64_t head_size) {
  return padded_to_lanes(keys) + 2 * padded_to_lanes(head_size);
}

// softcap · tanh(x / softcap), with tanh y = 1 − 2 / (e^2y + 1).
inline Vec capped(Vec x, float softcap) {
  const Vec y = smaller(x * (2 * log2_e / softcap), splat(126.0F));
  return softcap - 2 * softcap / (power_of_two(y) + 1.0F);
}

// Lane i of the result is the sum of the lanes of v[i]: in each round two vectors become one, whose halves, quarters,
// ... hold partial sums of the one and of the other.
inline Vec sums_of_rows(Vec (&v)[lanes]) {
  int count = lanes;
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2) {
    const Ints n = lane_numbers();
    // Blocks of `half` lanes by turns from a and b: first those with the bit `half` clear, then those with it set.
    const Ints clear = (n & half) != 0 ? (n ^ half) + lanes : n;
    const Ints set = (n & half) != 0 ? n + lanes : n ^ half;
    count /= 2;
#pragma GCC unroll 16
    for (int i = 0; i < lanes / 2; ++i) {
      if (i >= count) continue;
      v[i] = shuffle(v[i], v[i + count], clear) + shuffle(v[i], v[i + count], set);
    }
  }
  return v[0];
}

// weights[j] = query · key j
inline void scores_of_keys(const float* query, int64_t width, const float* k, int64_t k_row, const int32_t* key_slots,
                           int64_t seen, float* weights) {
  for (int64_t j = 0; j < seen; j += lanes) {
    const int64_t count = seen - j < lanes ? seen - j : lanes;
    Vec products[lanes];
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) {
      const float* key = k + key_slots[j + (i < count ? i : 0)] * k_row;
      Vec product = load(query) * load(key);
      for (int64_t d = lanes; d < width; d += lanes) product += load(query + d) * load(key + d);
      products[i] = product;
    }
    store(weights + j, sums_of_rows(products));
  }
}

// out = factor · Σ weights[j] value j, over Vectors vectors.
template <int Vectors>
inline void weighted_sum(const float* weights, const float* v, int64_t v_row, const int32_t* key_slots, int64_t seen,
                         float factor, float* out) {
  Vec sum[Vectors] = {};
  for (int64_t j = 0; j < seen; ++j) {
    const float* value = v + key_slots[j] * v_row;
    const Vec weight = splat(weights[j]);
#pragma GCC unroll 4
    for (int i = 0; i < Vectors; ++i) sum[i] += weight * load(value + i * lanes);
  }
#pragma GCC unroll 4
  for (int i = 0; i < Vectors; ++i) store(out + i * lanes, sum[i] * factor);
}

void cached_attention(const CachedAttentionTask& task, float* workspace) {
  const int64_t D = task.head_size, width = padded_to_lanes(D);
  float* query = workspace;
  float* result = query + width;
  float* weights = result + width;
  for (int64_t d = D; d < width; ++d) query[d] = 0;
  for (int64_t i = 0; i < task.queries; ++i) {
    const int64_t place = task.keys - task.queries + i;
    const int64_t first = task.window < 0 || place < task.window ? 0 : place - task.window;
    const int32_t* key_slots = task.key_slots + first;
    const int64_t seen = place + 1 - first;
    for (int64_t head = 0; head < task.group; ++head) {
      const float* q = task.q + i * task.q_row + head * task.q_head;
      for (int64_t d = 0; d < D; ++d) query[d] = q[d];
      scores_of_keys(query, width, task.k, task.k_row, key_slots, seen, weights);
      Vec largest_of = splat(-3.4e38F);
      sweep(seen, [&](int64_t j, auto which) {
        Vec score = load(weights + j) * task.scale;
        if (task.softcap > 0) score = capped(score, task.softcap);
        store(weights + j, score);
        largest_of = larger(largest_of, select(which, score, largest_of));
      });
      const float largest = largest_lane(largest_of);
      Vec total{};
      sweep(seen, [&](int64_t j, auto which) {
        const Vec e = select(which, power_of_two((load(weights + j) - largest) * log2_e), Vec{});
        total += e;
        store(weights + j, e);
      });
      const float inverse = 1.0F / sum_of_lanes(total);
      int64_t d = 0;
      for (; d + 4 * lanes <= width; d += 4 * lanes) {
        weighted_sum<4>(weights, task.v + d, task.v_row, key_slots, seen, inverse, result + d);
      }
      for (; d < width; d += lanes) {
        weighted_sum<1>(weights, task.v + d, task.v_row, key_slots, seen, inverse, result + d);
      }
      float* out = task.out + i * task.out_row + head * task.out_head;
      for (d = 0; d < D; ++d) out[d] = result[d];
    }
  }
}
