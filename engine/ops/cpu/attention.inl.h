// Attention of one sequence and one key head. Included once by kernels.cpp.
//
// n queries, m keys, D the head size; queries are taken in blocks, so that a block's scores stay in the cache and the
// memory grows with m and not with n · m. The backward pass makes the weights again from q, k and each row's statistics
// (Dao et al. 2022, "FlashAttention", section 3): with P the weights, F the dropout factors and δ_i = Σ_d dO_id O_id,
//   dV = (P ∘ F)ᵀ dO     dP = dO Vᵀ     dS_ij = P_ij (dP_ij F_ij − δ_i)     dQ = scale · dS K     dK = scale · dSᵀ Q

constexpr int64_t query_block = 48;

inline int64_t padded_to_lanes(int64_t n) { return (n + lanes - 1) / lanes * lanes; }

int64_t attention_workspace(int64_t keys, int64_t head_size) {
  return 2 * (head_size + query_block) * padded_to_lanes(keys);
}

// Query i sees the keys first_seen .. end_seen − 1; both grow with i.
inline int64_t first_seen(const AttentionTask& task, int64_t i) {
  const int64_t first = task.window < 0 ? 0 : task.keys - task.queries + i - task.window;
  return first > 0 ? first : 0;
}
inline int64_t end_seen(const AttentionTask& task, int64_t i) {
  const int64_t place = task.keys - task.queries + i;
  if (task.causal) return place + 1;
  if (task.window < 0 || place + task.window + 1 > task.keys) return task.keys;
  return place + task.window + 1;
}

// The keys that a block of n queries sees: from a multiple of the lanes on.
struct SeenKeys {
  int64_t from, count;
};
inline SeenKeys seen_keys(const AttentionTask& task, int64_t first, int64_t n) {
  const int64_t from = first_seen(task, first) / lanes * lanes;
  return {from, end_seen(task, first + n - 1) - from};
}

inline void clear(float* row, int64_t first, int64_t last) {
  for (int64_t j = first; j < last; j += lanes) store(row + j, Vec{});
}

// Exponentials are taken as powers of two, with log2 e in the factor of the scores.

// The scores q k become 2^(factor · score − largest), before `hidden` and from `visible` up to `width` zeros. Writes
// the two statistics.
inline void exponentials_of_row(float* scores, int64_t hidden, int64_t visible, int64_t width, float factor,
                                float* statistics) {
  for (int64_t j = 0; j < hidden; ++j) scores[j] = -1e30F;  // adds nothing to the sum
  Vec largest_of = splat(-3.4e38F);
  sweep(visible, [&](int64_t j, auto which) {
    largest_of = larger(largest_of, select(which, load(scores + j) * factor, largest_of));
  });
  const float largest = largest_lane(largest_of);
  Vec sum{};
  sweep(visible, [&](int64_t j, auto which) {
    const Vec e = select(which, power_of_two(load(scores + j) * factor - largest), Vec{});
    sum += e;
    store(scores + j, e);
  });
  for (int64_t j = 0; j < hidden; ++j) scores[j] = 0;
  clear(scores, padded_to_lanes(visible), width);
  statistics[0] = largest;
  statistics[1] = 1.0F / sum_of_lanes(sum);
}

void attention_forward(const AttentionTask& task, float* workspace) {
  const int64_t m = task.keys, D = task.head_size, row = padded_to_lanes(m);
  float* transposed_k = workspace;          // [D, row]
  float* weights = transposed_k + D * row;  // [query_block, row]
  transpose(task.k, task.k_row, m, D, transposed_k, row);
  for (int64_t head = 0; head < task.group; ++head) {
    const uint32_t column = task.first_column + static_cast<uint32_t>(head) * task.head_columns;
    for (int64_t first = 0; first < task.queries; first += query_block) {
      const int64_t n = task.queries - first < query_block ? task.queries - first : query_block;
      const auto [from, seen] = seen_keys(task, first, n);
      const float* q = task.q + first * task.q_row + head * task.q_head;
      float* out = task.out + first * task.out_row + head * task.out_head;
      float* statistics = task.statistics + first * task.statistics_row + head * task.statistics_head;
      multiply(n, padded_to_lanes(seen), D, q, task.q_row, 1, transposed_k + from, row, weights, row, false);
      for (int64_t i = 0; i < n; ++i) {
        float* of_row = weights + i * row;
        const int64_t hidden = first_seen(task, first + i) - from, visible = end_seen(task, first + i) - from;
        exponentials_of_row(of_row, hidden, visible, padded_to_lanes(seen), task.scale * log2_e,
                            statistics + i * task.statistics_row);
        if (task.drop.bases == nullptr) continue;
        for (int64_t j = 0; j < visible; j += lanes) {
          store(of_row + j, load(of_row + j) * dropout_factor(task.drop, task.drop.bases[first + i],
                                                              column + static_cast<uint32_t>(from + j)));
        }
      }
      multiply(n, D, seen, weights, row, 1, task.v + from * task.v_row, task.v_row, out, task.out_row, false);
      for (int64_t i = 0; i < n; ++i) {
        const float inverse_sum = statistics[i * task.statistics_row + 1];
        for (int64_t d = 0; d < D; d += lanes) {
          store(out + i * task.out_row + d, load(out + i * task.out_row + d) * inverse_sum);
        }
      }
    }
  }
}

// In: scores q k of a row, and grad_weights dO v. Out: P ∘ F in `scores`, scale · dS in `grad_weights`.
inline void row_backward(float* scores, float* grad_weights, int64_t hidden, int64_t visible, int64_t width,
                         float scale, const float* statistics, float delta, const DropoutRows& drop, uint64_t base,
                         uint32_t column) {
  const float largest = statistics[0], inverse_sum = statistics[1];
  sweep(visible, [&](int64_t j, auto which) {
    const Vec p = select(which, power_of_two(load(scores + j) * (scale * log2_e) - largest) * inverse_sum, Vec{});
    const Vec f = drop.bases == nullptr ? splat(1.0F) : dropout_factor(drop, base, column + static_cast<uint32_t>(j));
    store(scores + j, p * f);
    store(grad_weights + j, p * (load(grad_weights + j) * f - delta) * scale);
  });
  for (int64_t j = 0; j < hidden; ++j) scores[j] = grad_weights[j] = 0;
  clear(scores, padded_to_lanes(visible), width);
  clear(grad_weights, padded_to_lanes(visible), width);
}

void attention_backward(const AttentionTask& task, float* workspace) {
  const int64_t m = task.keys, D = task.head_size, row = padded_to_lanes(m);
  float* transposed_k = workspace;               // [D, row]
  float* transposed_v = transposed_k + D * row;  // [D, row]
  float* weights = transposed_v + D * row;       // [query_block, row]
  float* grad_weights = weights + query_block * row;
  transpose(task.k, task.k_row, m, D, transposed_k, row);
  transpose(task.v, task.v_row, m, D, transposed_v, row);
  for (int64_t j = 0; j < m; ++j) {
    clear(task.grad_k + j * task.grad_key_row, 0, D);
    clear(task.grad_v + j * task.grad_key_row, 0, D);
  }
  for (int64_t head = 0; head < task.group; ++head) {
    const uint32_t column = task.first_column + static_cast<uint32_t>(head) * task.head_columns;
    for (int64_t first = 0; first < task.queries; first += query_block) {
      const int64_t n = task.queries - first < query_block ? task.queries - first : query_block;
      const auto [from, seen] = seen_keys(task, first, n);
      const float* q = task.q + first * task.q_row + head * task.q_head;
      const int64_t at = first * task.out_row + head * task.out_head;
      const float *out = task.out + at, *grad_out = task.grad_out + at;
      const float* statistics = task.statistics + first * task.statistics_row + head * task.statistics_head;
      multiply(n, padded_to_lanes(seen), D, q, task.q_row, 1, transposed_k + from, row, weights, row, false);
      multiply(n, padded_to_lanes(seen), D, grad_out, task.out_row, 1, transposed_v + from, row, grad_weights, row,
               false);
      for (int64_t i = 0; i < n; ++i) {
        Vec product{};
        for (int64_t d = 0; d < D; d += lanes) {
          product += load(out + i * task.out_row + d) * load(grad_out + i * task.out_row + d);
        }
        row_backward(weights + i * row, grad_weights + i * row, first_seen(task, first + i) - from,
                     end_seen(task, first + i) - from, padded_to_lanes(seen), task.scale,
                     statistics + i * task.statistics_row, sum_of_lanes(product), task.drop,
                     task.drop.bases == nullptr ? 0 : task.drop.bases[first + i], column + static_cast<uint32_t>(from));
      }
      multiply(n, D, seen, grad_weights, row, 1, task.k + from * task.k_row, task.k_row, task.grad_q + at, task.out_row,
               false);
      multiply(seen, D, n, grad_weights, 1, row, q, task.q_row, task.grad_k + from * task.grad_key_row,
               task.grad_key_row, true);
      multiply(seen, D, n, weights, 1, row, grad_out, task.out_row, task.grad_v + from * task.grad_key_row,
               task.grad_key_row, true);
    }
  }
}
