#include "geometry/linear_algebra.h"

namespace mtlora {

// Two-sided Jacobi is the more exact, and as fast for small matrices; its time grows too fast for large ones.
static constexpr Eigen::Index kJacobiUpTo = 32;

Svd svd(const Eigen::MatrixXd& m) {
  constexpr unsigned both = Eigen::ComputeFullU | Eigen::ComputeFullV;
  if (m.rows() <= kJacobiUpTo) {
    const Eigen::JacobiSVD<Eigen::MatrixXd> solver(m, both);
    return {solver.matrixU(), solver.matrixV(), solver.singularValues()};
  }
  const Eigen::BDCSVD<Eigen::MatrixXd> solver(m, both);
  return {solver.matrixU(), solver.matrixV(), solver.singularValues()};
}

Eigen::VectorXd singular_values(const Eigen::MatrixXd& m) {
  if (m.rows() <= kJacobiUpTo) return Eigen::JacobiSVD<Eigen::MatrixXd>(m).singularValues();
  return Eigen::BDCSVD<Eigen::MatrixXd>(m).singularValues();
}

Eigen::MatrixXd r_of(const QR& qr) {
  Eigen::MatrixXd r = Eigen::MatrixXd::Zero(qr.cols(), qr.cols());
  const Eigen::Index rows = std::min(qr.rows(), qr.cols());
  r.topRows(rows) = qr.matrixQR().topRows(rows).triangularView<Eigen::Upper>();
  return r;
}

Eigen::MatrixXd times_q(const QR& qr, const Eigen::MatrixXd& x) {
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(qr.rows(), x.cols());
  const Eigen::Index rows = std::min(qr.rows(), x.rows());
  out.topRows(rows) = x.topRows(rows);
  out.applyOnTheLeft(qr.householderQ());
  return out;
}

}  // namespace mtlora
