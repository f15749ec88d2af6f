// What this folder's .cpp files share of Eigen; included by them (and their tests) alone.
#pragma once

#define EIGEN_DONT_PARALLELIZE  // geometry runs beside the training's own threads
#include <Eigen/Dense>

#include <span>
#include <vector>

#include "geometry/matrix.h"

namespace mtlora {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowMajorFloat = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline Eigen::Index index_of(size_t n) { return static_cast<Eigen::Index>(n); }

inline Eigen::Map<const RowMajor> view(const Matrix& m) {
  return {m.values.data(), index_of(m.rows), index_of(m.cols)};
}

inline Eigen::Map<const RowMajorFloat> view(std::span<const float> values, size_t rows, size_t cols) {
  return {values.data(), index_of(rows), index_of(cols)};
}

inline Matrix to_matrix(const Eigen::Ref<const Eigen::MatrixXd>& m) {
  Matrix out(static_cast<size_t>(m.rows()), static_cast<size_t>(m.cols()));
  Eigen::Map<RowMajor>(out.values.data(), m.rows(), m.cols()) = m;
  return out;
}

inline std::vector<double> to_vector(const Eigen::Ref<const Eigen::VectorXd>& v) { return {v.begin(), v.end()}; }

// Of a square matrix, with finite values: m = u · diag(sigma) · vᵀ, sigma falling.
struct Svd {
  Eigen::MatrixXd u, v;
  Eigen::VectorXd sigma;
};
Svd svd(const Eigen::MatrixXd& m);
Eigen::VectorXd singular_values(const Eigen::MatrixXd& m);

// Of the thin factorisation m = Q R, m [n, r]: R [r, r] (with rows of zeros where n < r), and Q · x for x [r, c], by
// applying the reflections.
using QR = Eigen::HouseholderQR<Eigen::MatrixXd>;
Eigen::MatrixXd r_of(const QR& qr);
Eigen::MatrixXd times_q(const QR& qr, const Eigen::MatrixXd& x);

}  // namespace mtlora
