// Small real matrices as plain values, for what leaves the geometry (r × r, r at most a few hundred).
#pragma once

#include <cstddef>
#include <vector>

namespace mtlora {

struct Matrix {
  size_t rows = 0, cols = 0;
  std::vector<double> values;  // row-major

  Matrix() = default;
  Matrix(size_t r, size_t c) : rows(r), cols(c), values(r * c, 0.0) {}
  double& operator()(size_t i, size_t j) { return values[i * cols + j]; }
  double operator()(size_t i, size_t j) const { return values[i * cols + j]; }
  bool empty() const { return values.empty(); }
};

}  // namespace mtlora
