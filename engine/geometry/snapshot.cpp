// What is measured of one module at one step: QR of B and Aᵀ, then everything r × r.
#include <cmath>
#include <limits>

#include "base/error.h"
#include "geometry/assignment.h"
#include "geometry/geometry.h"
#include "geometry/linear_algebra.h"

namespace mtlora {

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
double condition_number(const MatrixXd& triangular) {
  const VectorXd sigma = singular_values(triangular);
  const double largest = sigma(0), smallest = sigma(sigma.size() - 1);
  return smallest > kRankTolerance * largest ? largest / smallest : std::numeric_limits<double>::infinity();
}

// Labels of the directions and the signs that make them continue those of the previous frame: pairs whose rank-one
// parts u vᵀ have the largest |inner products|, ⟨u vᵀ, u' v'ᵀ⟩ = ⟨u, u'⟩⟨v, v'⟩.
VectorXd follow(const MatrixXd& u, const MatrixXd& v, const Frame& previous, std::vector<size_t>& track) {
  const MatrixXd cos_u = u.transpose() * view(previous.u);
  const MatrixXd cos_v = v.transpose() * view(previous.v);
  const std::vector<size_t> match = best_assignment(to_matrix(cos_u.cwiseProduct(cos_v).cwiseAbs()));
  VectorXd sign(u.cols());
  for (size_t i = 0; i < match.size(); ++i) {
    const Eigen::Index row = index_of(i), column = index_of(match[i]);
    sign(row) = cos_u(row, column) + cos_v(row, column) < 0 ? -1.0 : 1.0;
    track[i] = previous.track[match[i]];
  }
  return sign;
}

// Without a previous frame: the largest component of each u is positive.
VectorXd sign_of_largest(const MatrixXd& u) {
  VectorXd sign(u.cols());
  for (Eigen::Index i = 0; i < u.cols(); ++i) {
    Eigen::Index row = 0;
    u.col(i).cwiseAbs().maxCoeff(&row);
    sign(i) = u(row, i) < 0 ? -1.0 : 1.0;
  }
  return sign;
}

}  // namespace

ModuleSnapshot snapshot_module(const std::string& module, std::span<const float> b, std::span<const float> t,
                               std::span<const float> a, size_t out, size_t in, size_t r, double scaling,
                               double weight_fro, const Frame* previous, Frame* frame) {
  if (r == 0 || out == 0 || in == 0 || b.size() != out * r || t.size() != r * r || a.size() != r * in) {
    throw Error(ErrorCode::Internal, "module '" + module + "': A, B or T has a size that does not fit its shape");
  }
  const MatrixXd b64 = view(b, out, r).cast<double>();              // [out, r]
  const MatrixXd t64 = view(t, r, r).cast<double>();                // [r, r]
  const MatrixXd at64 = view(a, r, in).transpose().cast<double>();  // [in, r]
  if (!b64.allFinite() || !t64.allFinite() || !at64.allFinite()) {
    throw Error(ErrorCode::Diverged, "module '" + module + "': the adapter holds a value that is not finite");
  }
  const QR qr_b(b64), qr_a(at64);
  const MatrixXd r_b = r_of(qr_b), r_a = r_of(qr_a);  // [r, r]
  const Svd ba = svd(r_b * r_a.transpose());

  MatrixXd u = times_q(qr_b, ba.u);  // [out, r]
  MatrixXd v;                        // [in, r], for the frame alone
  if (previous || frame) v = times_q(qr_a, ba.v);

  ModuleSnapshot snapshot;
  snapshot.module = module;
  snapshot.track.resize(r);
  for (size_t i = 0; i < r; ++i) snapshot.track[i] = i;
  const VectorXd sign = previous ? follow(u, v, *previous, snapshot.track) : sign_of_largest(u);
  snapshot.sigma_ba = to_vector(std::abs(scaling) * ba.sigma);

  const MatrixXd delta = scaling * (r_b * t64 * r_a.transpose());  // s·B·T·A = Q_B · delta · Q_Aᵀ
  snapshot.sigma_bta = to_vector(singular_values(delta));
  snapshot.delta_fro = delta.norm();
  snapshot.delta_spectral = snapshot.sigma_bta[0];
  snapshot.delta_relative = weight_fro > 0 ? snapshot.delta_fro / weight_fro : 0;

  snapshot.condition_b = condition_number(r_b);
  snapshot.condition_a = condition_number(r_a);
  if (std::isfinite(snapshot.condition_b) && std::isfinite(snapshot.condition_a)) {
    // R_B T R_B⁻¹ is the X of X R_B = R_B T; its product with the signed U_M on both sides is K.
    const MatrixXd x = r_b.triangularView<Eigen::Upper>().solve<Eigen::OnTheRight>(MatrixXd(r_b * t64));
    const MatrixXd u_m = ba.u * sign.asDiagonal();
    snapshot.k = to_matrix(u_m.transpose() * x * u_m);
  }
  if (frame) {
    frame->u = to_matrix(u * sign.asDiagonal());
    frame->v = to_matrix(v * sign.asDiagonal());
    frame->track = snapshot.track;
  }
  return snapshot;
}

}  // namespace mtlora
