// The vector kernels, on raw pointers: one table of functions for each instruction set that kernels.cpp was compiled
// for. They are single-threaded and allocate nothing; the blocks of engine/ops divide the work among threads.
//
// This header is included where the compiler may use AVX-512: it must define no inline function (the linker could take
// that copy for the whole program).
#pragma once

#include <cstdint>

namespace mtlora::cpu {

// Which units of some rows are dropped; see ops/dropout.h for the hash.
struct DropoutRows {
  const uint64_t* bases = nullptr;  // of each row, its hash's base; null: nothing is dropped
  uint32_t threshold = 0;
  float scale = 1;
};

// Attention of one sequence and one key head, with the `group` query heads that share it. Strides are in floats.
// Head sizes are multiples of 16. Results and gradients are written whole.
struct AttentionTask {
  int64_t queries, keys, head_size, group;
  const float *q, *k, *v;  // at the sequence's first row and the (first) head
  int64_t q_row, q_head, k_row, v_row;
  int64_t out_row, out_head;  // of out, grad_out and grad_q
  int64_t grad_key_row;       // of grad_k and grad_v
  float* out;                 // written by forward, read by backward
  float*
      statistics;  // 2 of each row: L = the largest scaled score times log2 e, and 1 / Σ 2^(scaled score · log2 e − L)
  int64_t statistics_row, statistics_head;
  float scale;
  bool causal;                          // query i of n sees the first m − n + i + 1 of m keys
  int64_t window;                       // >= 0: of those only the nearest on each side of key m − n + i, and that one
  DropoutRows drop;                     // at the first query
  uint32_t first_column, head_columns;  // of the hash: key j of the g-th head has first_column + g · head_columns + j
  const float* grad_out;
  float *grad_q, *grad_k, *grad_v;
};

// Attention of one sequence and one key head to a cache. Strides are in floats.
struct CachedAttentionTask {
  int64_t queries, keys, head_size, group;
  const float* q;
  int64_t q_row, q_head;
  const float *k, *v;  // of the head in slot 0. Readable up to 15 floats past the last slot's head.
  int64_t k_row, v_row;
  const int32_t* key_slots;  // of each key, in the sequence's order
  float* out;
  int64_t out_row, out_head;
  float scale, softcap;  // softcap 0: none
  int64_t window;        // >= 0: only so many keys to the left of a query's own; query i's own is key m − n + i
};

enum class Gelu { Erf, Tanh };

struct Kernels {
  const char* name;  // avx512, avx2, baseline

  // y = x B + bias. B [k, n] is kept in panels of `panel_width` columns, each a contiguous [k, panel_width], the last
  // one filled up with zeros; element (i, j) of B is read at b[i · row_stride + j · column_stride].
  int64_t panel_width;
  int64_t row_tile;  // rows that are computed at a time: the most efficient numbers of rows are its multiples
  void (*pack_panel)(const float* b, int64_t row_stride, int64_t column_stride, int64_t k, int64_t columns,
                     float* panel);
  // `rows` rows and the `columns` (at most panel_width) columns of one panel; bias [panel_width]. An element is the
  // same, bit for bit, whichever rows it is computed with.
  void (*product)(const float* x, int64_t x_row, int64_t rows, int64_t k, const float* panel, const float* bias,
                  float* y, int64_t y_row, int64_t columns);

  int64_t (*attention_workspace)(int64_t keys, int64_t head_size);  // floats that the two below need
  void (*attention_forward)(const AttentionTask& task, float* workspace);
  void (*attention_backward)(const AttentionTask& task, float* workspace);
  int64_t (*cached_attention_workspace)(int64_t keys, int64_t head_size);  // floats
  void (*cached_attention)(const CachedAttentionTask& task, float* workspace);

  // Over `rows` dense rows of `columns`. normalised [rows, columns] and inverse_deviation [rows] are what backward
  // needs; both may be null. residual may be null.
  void (*norm_forward)(const float* x, const float* residual, const float* gamma, const float* beta, float eps,
                       int64_t rows, int64_t columns, const DropoutRows& drop, float* y, float* normalised,
                       float* inverse_deviation);
  // grad_x may be null where nothing is dropped (it equals grad_sum, the gradient of the residual).
  void (*norm_backward)(const float* grad_y, const float* normalised, const float* inverse_deviation,
                        const float* gamma, int64_t rows, int64_t columns, const DropoutRows& drop, float* grad_sum,
                        float* grad_x);

  void (*gelu_forward)(Gelu form, const float* x, int64_t count, float* y);
  void (*gelu_backward)(Gelu form, const float* x, const float* grad_y, int64_t count, float* grad_x);
  void (*dropout)(const float* x, int64_t rows, int64_t columns, const DropoutRows& drop, float* y);
};

}  // namespace mtlora::cpu
