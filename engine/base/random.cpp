#include "base/random.h"

#include <cmath>
#include <numbers>

namespace mtlora {

double RandomStream::normal() {
  // Box–Muller; the second value is not kept, so that the counter alone is the state.
  const double u = 1.0 - uniform();  // in (0, 1]
  const double v = uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

uint64_t RandomStream::below(uint64_t n) {
  const uint64_t limit =
      ~uint64_t{0} - (~uint64_t{0} % n + 1) % n;  // the largest value below which every rest is as likely
  uint64_t x = next();
  while (x > limit) x = next();
  return x % n;
}

}  // namespace mtlora
