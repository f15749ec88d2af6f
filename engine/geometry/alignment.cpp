#include "geometry/alignment.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "geometry/geometry.h"
#include "geometry/linear_algebra.h"

namespace mtlora {

namespace {

using Eigen::MatrixXd;
using Eigen::MatrixXf;
using Eigen::VectorXd;

constexpr size_t kOversampling = 32;
constexpr uint64_t kPurpose = 0x616C69676E;  // "align": a stream of its own

// An orthonormal basis of the columns of m [n, k], n ≥ k.
template <typename M>
M orthonormal(const M& m) {
  M q = M::Identity(m.rows(), m.cols());
  q.applyOnTheLeft(Eigen::HouseholderQR<M>(m).householderQ());
  return q;
}

// Σ_j overlap(i, j)² of each row.
std::vector<double> shares(const MatrixXd& overlap) {
  return to_vector(VectorXd(overlap.rowwise().squaredNorm().cwiseMin(1.0)));
}

}  // namespace

LeadingDirections leading_directions(std::span<const float> w0, size_t out, size_t in, size_t count, uint64_t seed,
                                     int power_iterations) {
  if (w0.size() != out * in || w0.empty() || count == 0) {
    throw Error(ErrorCode::Internal, "leading directions were asked of a weight of the wrong size");
  }
  const Eigen::Map<const RowMajorFloat> w = view(w0, out, in);
  if (!w.allFinite()) throw bad_input("the frozen weight holds a value that is not finite");
  const size_t k = std::min({count, out, in}), width = std::min({k + kOversampling, out, in});

  RandomStream random(seed, kPurpose);
  MatrixXf start(index_of(in), index_of(width));
  for (float& value : start.reshaped()) value = static_cast<float>(random.normal());
  MatrixXf q = orthonormal<MatrixXf>(w * start);  // [out, width]
  for (int i = 0; i < power_iterations; ++i) {
    q = orthonormal<MatrixXf>(w * orthonormal<MatrixXf>(w.transpose() * q));
  }
  // Qᵀ W0 = (Q_2 R)ᵀ with Q_2 [in, width]; its SVD is that of Rᵀ, carried back by Q and Q_2.
  const QR qr((w.transpose() * q).cast<double>());
  const Svd small = svd(r_of(qr).transpose());
  LeadingDirections directions;
  directions.sigma = to_vector(small.sigma.head(index_of(k)));
  directions.u = to_matrix(q.cast<double>() * small.u.leftCols(index_of(k)));
  directions.v = to_matrix(times_q(qr, small.v.leftCols(index_of(k))));
  return directions;
}

WeightAlignment align_with_weight(const LeadingDirections& w0, std::span<const float> b, std::span<const float> t,
                                  std::span<const float> a, size_t r) {
  const size_t out = w0.u.rows, in = w0.v.rows, k = w0.sigma.size();
  if (b.size() != out * r || t.size() != r * r || a.size() != r * in) {
    throw Error(ErrorCode::Internal, "an adapter of another shape was held against a frozen weight");
  }
  const QR qr_b(view(b, out, r).cast<double>()), qr_a(view(a, r, in).transpose().cast<double>());
  const MatrixXd core = r_of(qr_b) * view(t, r, r).cast<double>() * r_of(qr_a).transpose();  // BTA = Q_B core Q_Aᵀ
  if (!core.allFinite()) throw Error(ErrorCode::Diverged, "the adapter holds a value that is not finite");
  const Svd delta = svd(core);
  // A direction of the null space has no place of its own.
  const VectorXd present = (delta.sigma.array() > kRankTolerance * delta.sigma(0)).cast<double>();
  const MatrixXd overlap_u = present.asDiagonal() * (times_q(qr_b, delta.u).transpose() * view(w0.u)).cwiseAbs();
  const MatrixXd overlap_v = present.asDiagonal() * (times_q(qr_a, delta.v).transpose() * view(w0.v)).cwiseAbs();
  WeightAlignment alignment;
  alignment.sigma = to_vector(delta.sigma);
  alignment.overlap_u = to_matrix(overlap_u);
  alignment.overlap_v = to_matrix(overlap_v);
  alignment.share_u = shares(overlap_u);
  alignment.share_v = shares(overlap_v);
  alignment.chance_u = static_cast<double>(k) / static_cast<double>(out);
  alignment.chance_v = static_cast<double>(k) / static_cast<double>(in);
  return alignment;
}

}  // namespace mtlora
