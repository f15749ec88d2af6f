// How T rotates and scales the adapter's singular vectors (design, section 2). All in float64.
#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "geometry/matrix.h"

namespace mtlora {

// A factor is of full rank where its smallest singular value is above this part of its largest. (At the border K, whose
// error grows with the condition number of B, still has about four digits.)
inline constexpr double kRankTolerance = 1e-12;

// What is recorded of one adapted module at one step. Everything else is derived from it.
//
// Singular directions always stand by falling σ(BA), so sigma_ba and K are what their definitions give at this step
// alone. Two things make a sequence of steps continuous: signs of a pair (u_i, v_i) are those that continue the
// previous recorded step, and `track` says which direction of that step i continues where two singular values changed
// places. A view that plays over time follows a track: the i with track[i] == label.
struct ModuleSnapshot {
  std::string module;            // "bert.encoder.layer.0.attention.self.query"
  std::vector<double> sigma_ba;  // [r] singular values of s·B·A, falling
  std::vector<size_t> track;  // [r] label of direction i, each of 0 … r−1 once; 0, 1, … r−1 at the first step
  Matrix k;                   // [r, r]; empty where B or A is not of full rank
  std::vector<double> sigma_bta;  // [r] singular values of s·B·T·A, falling (kept for where K is not defined)
  double condition_b = 0, condition_a = 0;  // of R_B and R_A; infinite where not of full rank
  double delta_fro = 0, delta_spectral = 0;
  double delta_relative = 0;  // ‖delta W‖_F / ‖W0‖_F; 0 where W0 is zero
};

// The singular frames of B A at one step, kept between steps to match the singular vectors.
struct Frame {
  Matrix u, v;                // [out, r], [in, r]
  std::vector<size_t> track;  // [r]
};

// B [out, r], T [r, r] (I for lora), A [r, in], row-major float32 as trained. `previous` (or nullptr) is the frame of
// the last recorded step, of the same shapes; `frame` (or nullptr) receives this one's, and may be the same object.
// Without `previous` the largest component of each u_i is positive. O((in + out) r²), on the calling thread. Throws
// Error(Diverged) naming the module where a value is not finite.
ModuleSnapshot snapshot_module(const std::string& module, std::span<const float> b, std::span<const float> t,
                               std::span<const float> a, size_t out, size_t in, size_t r, double scaling,
                               double weight_fro, const Frame* previous, Frame* frame);

// Everything that the views show, from a snapshot alone. What needs K is empty, or NaN, where K is not defined.
struct ModuleGeometry {
  bool has_k = false;
  std::vector<double> sigma_ba, sigma_bta, sigma_k;
  std::vector<size_t> track;
  double effective_rank = 0, effective_rank_ba = 0;  // exp(entropy of σ/Σσ) of BTA and of BA; 0 where all σ are 0
  double first_share = 0;                            // of the first direction of BTA: σ1/Σσ; 0 where all σ are 0
  double delta_fro = 0, delta_spectral = 0, delta_relative = 0;
  double condition_b = 0, condition_a = 0;
  // [first, last] of two or more singular values of BA, each within 1 % of the one before.
  std::vector<std::pair<size_t, size_t>> groups;

  Matrix k, r, s;                                 // K = R·S; r is empty where σ_min(K)/σ_max(K) < 1e-6
  std::vector<std::complex<double>> eigenvalues;  // of K (those of T), by falling modulus, +i before −i of a pair
  // One an eigenvalue of R but for the lone −1 of a reflection, in [0, 180], falling; empty where R is not shown. Both
  // eigenvalues of a turn count, so a turn of one plane by θ is θ, θ.
  std::vector<double> rotation_degrees;
  double mean_rotation_degrees = 0;  // over rotation_degrees (0 for r = 1); NaN where R is not shown
  int reflection = 0;                // 1: det R < 0, a lone −1 counted apart
  std::vector<double> stretches;     // eigenvalues of S, falling
  Matrix stretch_axes;               // [r, r], columns, in the frame of U
  // Of K: σ_max/σ_min (infinite where singular), Σ log σ (natural; −infinite where singular), ‖K‖_F² − Σ|λ|².
  double condition = 0, log_abs_det = 0, departure_from_normality = 0;

  Matrix map_u, map_v;  // [r, r] |<u_i(BA), u_j(BTA)>| and the same of v
  std::vector<size_t> match_u,
      match_v;  // [r] the direction of BTA that goes with i: the assignment with the largest Σ|cos|
  std::vector<double> matched_angle_u, matched_angle_v;  // degrees between direction i of BA and its match, in [0, 90]
};
ModuleGeometry derive_geometry(const ModuleSnapshot& snapshot);

// Principal angles between the spaces of the first `count` (1 … r) left singular vectors of BA and of BTA, in degrees,
// rising; of the right ones with `right`. Empty where K is not defined. (For count = r all are 0 unless T is singular.)
// Björck and Golub 1973.
std::vector<double> principal_angles(const ModuleSnapshot& snapshot, size_t count, bool right);

// K in the plane of two different directions u_i, u_j: unit circle -> ellipse.
struct PlaneView {
  Matrix k2;                                        // [2, 2] the part of K inside the plane
  double semi_major = 0, semi_minor = 0;            // of the ellipse
  double angle_degrees = 0;                         // of the major axis from u_i to u_j, in (−90, 90]; 0 for a circle
  double image_i[2] = {0, 0}, image_j[2] = {0, 0};  // K u_i and K u_j within the plane
  double leaves_i = 0, leaves_j = 0;                // part of ‖K u‖² outside the plane, 0 to 1
};
PlaneView plane_view(const Matrix& k, size_t i, size_t j);

// Snapshots as files: geometry/STEP.safetensors, with the tensors sigma_ba, sigma_bta, k, track and measures (the five
// numbers) under each module's name, and in the metadata the format version, the step and the modules in their order.
// Reading throws Error(File) or Error(BadInput) that names the file and the tensor.
void write_snapshot(const Path& path, int64_t step, const std::vector<ModuleSnapshot>& modules);
std::vector<ModuleSnapshot> read_snapshot(const Path& path);

// Steps of the snapshots in a run folder's geometry/, rising; none where there is no such folder.
std::vector<int64_t> snapshot_steps(const Path& run_folder);

}  // namespace mtlora
