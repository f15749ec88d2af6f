// Everything that is shown of a snapshot, from σ(BA), σ(BTA) and K.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "geometry/assignment.h"
#include "geometry/geometry.h"
#include "geometry/linear_algebra.h"

namespace mtlora {

namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kDegrees = 180.0 / std::numbers::pi;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kGroupGap = 0.01;       // singular values closer than this, relatively, are a group
constexpr double kRotationFloor = 1e-6;  // σ_min(K)/σ_max(K) below which R is not shown
constexpr double kRoundEllipse = 1e-12;  // relative difference of the half axes below which an ellipse is a circle

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

// exp(H(σ/Σσ)): Roy and Vetterli 2007.
double effective_rank(const std::vector<double>& sigma) {
  const double total = sum(sigma);
  if (!(total > 0)) return 0;
  double entropy = 0;
  for (const double value : sigma) {
    const double share = value / total;
    if (share > 0) entropy -= share * std::log(share);
  }
  return std::exp(entropy);
}

std::vector<std::pair<size_t, size_t>> groups_of(const std::vector<double>& sigma) {
  std::vector<std::pair<size_t, size_t>> groups;
  for (size_t i = 1; i < sigma.size(); ++i) {
    if (!(sigma[i] > 0) || sigma[i] < (1 - kGroupGap) * sigma[i - 1]) continue;
    if (!groups.empty() && groups.back().second == i - 1) {
      groups.back().second = i;
    } else {
      groups.emplace_back(i - 1, i);
    }
  }
  return groups;
}

std::vector<std::complex<double>> eigenvalues_of(const MatrixXd& m) {
  const Eigen::EigenSolver<MatrixXd> solver(m, false);
  if (solver.info() != Eigen::Success) {
    throw Error(ErrorCode::Internal, "the eigenvalues of a geometry matrix could not be computed");
  }
  std::vector<std::complex<double>> values(solver.eigenvalues().begin(), solver.eigenvalues().end());
  std::sort(values.begin(), values.end(), [](const auto& a, const auto& b) {
    const double size_a = std::abs(a), size_b = std::abs(b);
    if (size_a != size_b) return size_a > size_b;
    return a.real() != b.real() ? a.real() > b.real() : a.imag() > b.imag();
  });
  return values;
}

// The angles of an orthogonal matrix, and whether it also reflects.
void rotation_of(const MatrixXd& r, ModuleGeometry& geometry) {
  std::vector<std::complex<double>> values = eigenvalues_of(r);
  if (r.determinant() < 0) {
    // An odd number of eigenvalues is −1. One is the reflection; the others pair up to turns by 180°.
    geometry.reflection = 1;
    auto lone = values.end();
    for (auto it = values.begin(); it != values.end(); ++it) {
      if (it->imag() == 0 && (lone == values.end() || it->real() < lone->real())) lone = it;
    }
    if (lone != values.end()) values.erase(lone);
  }
  for (const auto& value : values) {
    geometry.rotation_degrees.push_back(kDegrees * std::atan2(std::abs(value.imag()), value.real()));
  }
  std::sort(geometry.rotation_degrees.rbegin(), geometry.rotation_degrees.rend());
  const auto count = static_cast<double>(values.size());
  geometry.mean_rotation_degrees = values.empty() ? 0 : sum(geometry.rotation_degrees) / count;
}

// K = R·S with S = Z σ Zᵀ and R = W Zᵀ from the SVD K = W σ Zᵀ.
void polar_decomposition(const MatrixXd& k, ModuleGeometry& geometry) {
  Svd parts = svd(k);
  for (Eigen::Index i = 0; i < k.cols(); ++i) {  // an axis has no direction: its largest component is positive
    Eigen::Index row = 0;
    parts.v.col(i).cwiseAbs().maxCoeff(&row);
    if (parts.v(row, i) >= 0) continue;
    parts.v.col(i) *= -1;
    parts.u.col(i) *= -1;
  }
  const double largest = parts.sigma(0), smallest = parts.sigma(parts.sigma.size() - 1);
  geometry.sigma_k = geometry.stretches = to_vector(parts.sigma);
  geometry.stretch_axes = to_matrix(parts.v);
  geometry.s = to_matrix(parts.v * parts.sigma.asDiagonal() * parts.v.transpose());
  geometry.condition = smallest > 0 ? largest / smallest : std::numeric_limits<double>::infinity();
  geometry.log_abs_det = parts.sigma.array().log().sum();
  if (smallest > 0 && smallest >= kRotationFloor * largest) {
    const MatrixXd r = parts.u * parts.v.transpose();
    geometry.r = to_matrix(r);
    rotation_of(r, geometry);
  }
}

// From the cosines C(i, j) between direction i before and j after T: the map, and each direction's match. The columns
// of C are unit vectors, so the angle is taken from both its legs (the arc cosine alone loses half the digits near 0).
void match_directions(const MatrixXd& cosines, Matrix& map, std::vector<size_t>& match, std::vector<double>& angle) {
  map = to_matrix(cosines.cwiseAbs());
  match = best_assignment(map);
  for (size_t i = 0; i < match.size(); ++i) {
    VectorXd column = cosines.col(index_of(match[i]));
    const double along = std::abs(column(index_of(i)));
    column(index_of(i)) = 0;
    angle.push_back(kDegrees * std::atan2(column.norm(), along));
  }
}

// BTA = U (K Σ) Vᵀ: with the SVD K Σ = P Σ' Qᵀ its singular vectors are U P and V Q, so P and Q hold the cosines
// ⟨u_i(BA), u_j(BTA)⟩ and ⟨v_i(BA), v_j(BTA)⟩.
Svd directions_after(const ModuleSnapshot& snapshot) {
  const Eigen::Map<const VectorXd> sigma(snapshot.sigma_ba.data(), index_of(snapshot.sigma_ba.size()));
  return svd(view(snapshot.k) * sigma.asDiagonal());
}

}  // namespace

ModuleGeometry derive_geometry(const ModuleSnapshot& snapshot) {
  ModuleGeometry geometry;
  geometry.has_k = !snapshot.k.empty();
  geometry.sigma_ba = snapshot.sigma_ba;
  geometry.sigma_bta = snapshot.sigma_bta;
  geometry.track = snapshot.track;
  geometry.effective_rank = effective_rank(snapshot.sigma_bta);
  geometry.effective_rank_ba = effective_rank(snapshot.sigma_ba);
  const double total = sum(snapshot.sigma_bta);
  geometry.first_share = total > 0 ? snapshot.sigma_bta[0] / total : 0;
  geometry.delta_fro = snapshot.delta_fro;
  geometry.delta_spectral = snapshot.delta_spectral;
  geometry.delta_relative = snapshot.delta_relative;
  geometry.condition_b = snapshot.condition_b;
  geometry.condition_a = snapshot.condition_a;
  geometry.groups = groups_of(snapshot.sigma_ba);
  geometry.mean_rotation_degrees = kNaN;
  if (!geometry.has_k) {
    geometry.condition = geometry.log_abs_det = geometry.departure_from_normality = kNaN;
    return geometry;
  }
  const MatrixXd k = view(snapshot.k);
  geometry.k = snapshot.k;
  polar_decomposition(k, geometry);
  geometry.eigenvalues = eigenvalues_of(k);
  double normal_part = 0;
  for (const auto& value : geometry.eigenvalues) normal_part += std::norm(value);
  geometry.departure_from_normality = std::max(0.0, k.squaredNorm() - normal_part);  // below 0 by rounding alone

  const Svd after = directions_after(snapshot);
  match_directions(after.u, geometry.map_u, geometry.match_u, geometry.matched_angle_u);
  match_directions(after.v, geometry.map_v, geometry.match_v, geometry.matched_angle_v);
  return geometry;
}

std::vector<double> principal_angles(const ModuleSnapshot& snapshot, size_t count, bool right) {
  if (count == 0 || count > snapshot.sigma_ba.size()) {
    throw bad_input("principal angles were asked for " + std::to_string(count) + " of " +
                    std::to_string(snapshot.sigma_ba.size()) + " directions");
  }
  std::vector<double> angles;
  if (snapshot.k.empty()) return angles;
  const Svd after = directions_after(snapshot);
  const MatrixXd& cosines = right ? after.v : after.u;
  const Eigen::Index n = index_of(count), rest = cosines.rows() - n;
  const Svd parts = svd(cosines.topLeftCorner(n, n));  // falling cosines, so rising angles
  // The sine of an angle is what its principal vector has outside the first space (rows n and on).
  const MatrixXd outside = cosines.bottomLeftCorner(rest, n) * parts.v;
  for (Eigen::Index i = 0; i < n; ++i) {
    angles.push_back(kDegrees * std::atan2(rest > 0 ? outside.col(i).norm() : 0.0, parts.sigma(i)));
  }
  return angles;
}

PlaneView plane_view(const Matrix& k, size_t i, size_t j) {
  if (k.rows != k.cols || i >= k.rows || j >= k.rows || i == j) {
    throw bad_input("a plane needs two different directions of the " + std::to_string(k.rows) + "; " +
                    std::to_string(i + 1) + " and " + std::to_string(j + 1) + " were given");
  }
  PlaneView plane;
  plane.k2 = Matrix(2, 2);
  const size_t directions[2] = {i, j};
  double* const images[2] = {plane.image_i, plane.image_j};
  double* const leaves[2] = {&plane.leaves_i, &plane.leaves_j};
  for (size_t c = 0; c < 2; ++c) {
    double inside = 0, outside = 0;
    for (size_t row = 0; row < k.rows; ++row) {
      const double value = k(row, directions[c]);
      (row == i || row == j ? inside : outside) += value * value;
    }
    for (size_t row = 0; row < 2; ++row) images[c][row] = plane.k2(row, c) = k(directions[row], directions[c]);
    *leaves[c] = outside > 0 ? outside / (inside + outside) : 0;
  }
  const Svd ellipse = svd(view(plane.k2));
  plane.semi_major = ellipse.sigma(0);
  plane.semi_minor = ellipse.sigma(1);
  if (plane.semi_major - plane.semi_minor > kRoundEllipse * plane.semi_major) {
    double x = ellipse.u(0, 0), y = ellipse.u(1, 0);
    if (x < 0 || (x == 0 && y < 0)) x = -x, y = -y;  // an axis has no direction
    plane.angle_degrees = kDegrees * std::atan2(y, x);
    if (plane.angle_degrees <= -90) plane.angle_degrees = 90;
  }
  return plane;
}

}  // namespace mtlora
