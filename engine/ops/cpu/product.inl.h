// Matrix products out of one small tile that stays in registers. Included once by kernels.cpp.

// C [Rows, Vectors · lanes] = start + A B over `depth`: A element (r, i) at a[r · a_row + i · a_depth], B row i at
// b[i · b_row]. Each element is one chain of multiply-adds in the order of i, so it depends on no other element.
template <int Rows, int Vectors>
void tile(const float* a, int64_t a_row, int64_t a_depth, const float* b, int64_t b_row, int64_t depth,
          const float* start, int64_t start_row, float* c, int64_t c_row) {
  Vec sum[Rows][Vectors];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) sum[r][j] = load(start + r * start_row + j * lanes);
  }
  for (int64_t i = 0; i < depth; ++i) {
    Vec of_b[Vectors];
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) of_b[j] = load(b + j * lanes);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const Vec of_a = splat(a[r * a_row]);
#pragma GCC unroll 4
      for (int j = 0; j < Vectors; ++j) sum[r][j] += of_a * of_b[j];
    }
    a += a_depth;
    b += b_row;
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < Vectors; ++j) store(c + r * c_row + j * lanes, sum[r][j]);
  }
}

using Tile = decltype(&tile<1, 1>);

// The tile of `rows` rows and Vectors vectors.
template <int Vectors, int Rows = tile_rows>
Tile tile_of(int64_t rows) {
  if constexpr (Rows > 1) {
    if (rows < Rows) return tile_of<Vectors, Rows - 1>(rows);
  }
  return &tile<Rows, Vectors>;
}

template <int Vectors = tile_vectors>
Tile tile_of(int64_t rows, int64_t vectors) {
  if constexpr (Vectors > 1) {
    if (vectors < Vectors) return tile_of<Vectors - 1>(rows, vectors);
  }
  return tile_of<Vectors, tile_rows>(rows);
}

// visit(first row, number of rows) over `rows` in as few tiles as there can be, of nearly equal height.
template <typename Visit>
inline void split_rows(int64_t rows, int64_t at_most, Visit visit) {
  const int64_t parts = (rows + at_most - 1) / at_most;
  for (int64_t part = 0; part < parts; ++part) {
    const int64_t first = rows * part / parts;
    visit(first, rows * (part + 1) / parts - first);
  }
}

alignas(64) constexpr float zeros[tile_vectors * lanes] = {};

// C [rows, columns] = A B, or C += A B; columns a multiple of `lanes`. For the small products of attention.
inline void multiply(int64_t rows, int64_t columns, int64_t depth, const float* a, int64_t a_row, int64_t a_depth,
                     const float* b, int64_t b_row, float* c, int64_t c_row, bool add) {
  split_rows(columns / lanes, tile_vectors, [&](int64_t first_vector, int64_t vectors) {
    const int64_t column = first_vector * lanes;
    split_rows(rows, tile_rows, [&](int64_t row, int64_t count) {
      float* target = c + row * c_row + column;
      tile_of(count, vectors)(a + row * a_row, a_row, a_depth, b + column, b_row, depth, add ? target : zeros,
                              add ? c_row : 0, target, c_row);
    });
  });
}

// Transposes a square of `lanes` rows by exchanging ever smaller blocks (Eklundh 1972).
inline void transpose_square(Vec (&v)[lanes]) {
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2) {
    const Ints n = lane_numbers();
    const Ints upper = (n & half) != 0 ? n - half + lanes : n;
    const Ints lower = (n & half) != 0 ? n + lanes : n + half;
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) {
      if ((i & half) != 0) continue;
      const Vec a = v[i], b = v[i + half];
      v[i] = shuffle(a, b, upper);
      v[i + half] = shuffle(a, b, lower);
    }
  }
}

// target [columns, padded rows] = the transpose of source [rows, columns], the rows beyond filled with zeros up to a
// multiple of `lanes`; columns a multiple of `lanes`.
inline void transpose(const float* source, int64_t source_row, int64_t rows, int64_t columns, float* target,
                      int64_t target_row) {
  for (int64_t row = 0; row < rows; row += lanes) {
    for (int64_t column = 0; column < columns; column += lanes) {
      Vec square[lanes];
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) {
        square[i] = row + i < rows ? load(source + (row + i) * source_row + column) : Vec{};
      }
      transpose_square(square);
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) store(target + (column + i) * target_row + row, square[i]);
    }
  }
}

constexpr int64_t panel_width = tile_vectors * lanes;

void pack_panel(const float* b, int64_t row_stride, int64_t column_stride, int64_t k, int64_t columns, float* panel) {
  for (int64_t j = columns; j < panel_width; ++j) {
    for (int64_t i = 0; i < k; ++i) panel[i * panel_width + j] = 0;
  }
  if (column_stride == 1) {  // reads along memory, in either case
    for (int64_t i = 0; i < k; ++i) {
      for (int64_t j = 0; j < columns; ++j) panel[i * panel_width + j] = b[i * row_stride + j];
    }
    return;
  }
  for (int64_t j = 0; j < columns; ++j) {
    for (int64_t i = 0; i < k; ++i) panel[i * panel_width + j] = b[i * row_stride + j * column_stride];
  }
}

void product(const float* x, int64_t x_row, int64_t rows, int64_t k, const float* panel, const float* bias, float* y,
             int64_t y_row, int64_t columns) {
  split_rows(rows, tile_rows, [&](int64_t row, int64_t count) {
    const Tile function = tile_of<tile_vectors>(count);
    if (columns == panel_width) {
      function(x + row * x_row, x_row, 1, panel, panel_width, k, bias, 0, y + row * y_row, y_row);
      return;
    }
    alignas(64) float whole[tile_rows * panel_width];
    function(x + row * x_row, x_row, 1, panel, panel_width, k, bias, 0, whole, panel_width);
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t j = 0; j < columns; ++j) y[(row + r) * y_row + j] = whole[r * panel_width + j];
    }
  });
}
