// How the adapter's update lies to the frozen weight: the overlap of the singular directions of delta W with the
// leading ones of W0 (design, section 2).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "geometry/matrix.h"

namespace mtlora {

// The `count` leading singular values and directions of a frozen weight.
struct LeadingDirections {
  std::vector<double> sigma;  // [k], falling
  Matrix u, v;                // [out, k], [in, k]
};

// Of W0 [out, in], row-major. k = count, or min(out, in) where that is less. By a randomised SVD: subspace iteration
// from count + 32 Gaussian vectors with 10 power iterations, orthonormalised between products, in float32; the small
// SVD in float64 (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1). Of a MiniLM weight [384, 1536], whose
// spectrum falls slowly, the 32 found have on average 99.9 % of their squared length inside the true leading 32, the
// worst of them 98.9 %. About 4·(power_iterations + 1)·(count + 32)·out·in operations, on the calling thread: for the
// background. Throws Error(BadInput) where W0 holds a value that is not finite.
LeadingDirections leading_directions(std::span<const float> w0, size_t out, size_t in, size_t count = 32,
                                     uint64_t seed = 0, int power_iterations = 10);

struct WeightAlignment {
  std::vector<double> sigma;  // [r] singular values of B·T·A (without the scaling), falling
  Matrix overlap_u;           // [r, k] |<u_i(BTA), u_j(W0)>|
  Matrix overlap_v;           // [r, k] the same of the right singular vectors
  // [r] the part of direction i inside the space of the k: Σ_j overlap², 0 to 1.
  std::vector<double> share_u, share_v;
  double chance_u = 0, chance_v = 0;  // what a random direction would have: k/out, k/in
};

// B [out, r], T [r, r] (I for lora), A [r, in], row-major, of the module whose frozen weight `w0` describes. Where BTA
// is of lower rank, the rows of its zero singular values are 0. O((in + out) (r² + r k)).
WeightAlignment align_with_weight(const LeadingDirections& w0, std::span<const float> b, std::span<const float> t,
                                  std::span<const float> a, size_t r);

}  // namespace mtlora
