// What this folder's .cpp files share of Eigen; included by them (and their tests) alone.
#pragma once

#define EIGEN_DONT_PARALLELIZE  // geometry runs beside the training's own threads
#include <Eigen/Dense>

#include "geometry/matrix.h"

namespace mtlora {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline Eigen::Index index_of(size_t n) { return static_cast<Eigen::Index>(n); }

inline Eigen::Map<const RowMajor> view(const Matrix& m) {
  return {m.values.data(), index_of(m.rows), index_of(m.cols)};
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

}  // namespace mtlora
