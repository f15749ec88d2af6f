// How T rotates and scales the adapter's singular vectors (design, section 2). All in float64.
#pragma once

#include <complex>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "geometry/matrix.h"

namespace mtlora {

// What is recorded of one adapted module at one step. Everything else is derived from it.
struct ModuleSnapshot {
  std::string module;             // "bert.encoder.layer.0.attention.self.query"
  std::vector<double> sigma_ba;   // [r] singular values of s·B·A, falling
  Matrix k;                       // [r, r]; empty where B or A is not of full rank
  std::vector<double> sigma_bta;  // [r] singular values of s·B·T·A, falling (kept for where K is not defined)
  double condition_b = 0, condition_a = 0;  // of R_B and R_A; infinite where not of full rank
  double delta_fro = 0, delta_spectral = 0;
  double delta_relative = 0;  // ‖delta W‖_F / ‖W0‖_F
};

// The singular frames of B A at one step, kept between steps to match signs and order of singular vectors.
struct Frame {
  Matrix u, v;  // [out, r], [in, r]
};

// B [out, r], T [r, r], A [r, in], row-major float32 as trained. `previous` (or nullptr) is the frame of the last
// recorded step; `frame` receives this one's. O((in + out) r²).
ModuleSnapshot snapshot_module(const std::string& module, std::span<const float> b, std::span<const float> t,
                               std::span<const float> a, size_t out, size_t in, size_t r, double scaling,
                               double weight_fro, const Frame* previous, Frame* frame);

// Everything that the views show, from a snapshot alone.
struct ModuleGeometry {
  bool has_k = false;
  std::vector<double> sigma_ba, sigma_bta, sigma_k;
  double effective_rank = 0, effective_rank_ba = 0;  // exp(entropy of σ/Σσ) of BTA and of BA
  double first_share = 0;                            // of the first direction of BTA: σ1/Σσ
  double delta_fro = 0, delta_spectral = 0, delta_relative = 0;
  double condition_b = 0, condition_a = 0;
  std::vector<std::pair<size_t, size_t>> groups;  // [first, last] of singular values of BA within 1 % of each other

  Matrix k, r, s;                                 // K = R·S; r is empty where σ_min(K)/σ_max(K) < 1e-6
  std::vector<std::complex<double>> eigenvalues;  // of K (those of T), by falling modulus
  std::vector<double> rotation_degrees;           // one an eigenvalue of R, in [0, 180], falling
  double mean_rotation_degrees = 0;               // NaN where R is not shown
  int reflection = 0;                             // 1: det R < 0, a lone −1 counted apart
  std::vector<double> stretches;                  // eigenvalues of S, falling
  Matrix stretch_axes;                            // [r, r], columns, in the frame of U
  double condition = 0, log_abs_det = 0, departure_from_normality = 0;

  Matrix map_u, map_v;                                   // |<u_i(BA), u_j(BTA)>| and the same of v
  std::vector<double> matched_angle_u, matched_angle_v;  // degrees between direction i of BA and its match in BTA
};
ModuleGeometry derive_geometry(const ModuleSnapshot& snapshot);

// K in the plane of two directions u_i, u_j: unit circle -> ellipse.
struct PlaneView {
  Matrix k2;                                        // [2, 2] the part of K inside the plane
  double semi_major = 0, semi_minor = 0;            // of the ellipse
  double angle_degrees = 0;                         // of the major axis against u_i
  double image_i[2] = {0, 0}, image_j[2] = {0, 0};  // K u_i and K u_j within the plane
  double leaves_i = 0, leaves_j = 0;                // part of ‖K u‖² outside the plane, 0 to 1
};
PlaneView plane_view(const Matrix& k, size_t i, size_t j);

// Snapshots as files: geometry/STEP.safetensors.
void write_snapshot(const Path& path, int64_t step, const std::vector<ModuleSnapshot>& modules);
std::vector<ModuleSnapshot> read_snapshot(const Path& path);

// Steps of the snapshots in a run folder's geometry/, rising.
std::vector<int64_t> snapshot_steps(const Path& run_folder);

}  // namespace mtlora
