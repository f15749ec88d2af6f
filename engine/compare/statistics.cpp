#include "compare/statistics.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace mtlora {

namespace {

// P(|T| <= t): Abramowitz and Stegun, 26.7.3 and 26.7.4.
double within(double t, int64_t degrees) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1, sum = degrees == 1 ? 0 : term;
  for (int64_t k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= cosine * cosine * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (angle + sine * sum) : sine * sum;
}

}  // namespace

Spread spread_of(std::span<const double> values) {
  Spread spread;
  spread.count = std::ssize(values);
  for (const double value : values) spread.mean += value;
  spread.mean /= static_cast<double>(spread.count);
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = spread.count < 2 ? std::numeric_limits<double>::quiet_NaN()
                                      : std::sqrt(squares / static_cast<double>(spread.count - 1));
  return spread;
}

double student_t(double probability, int64_t degrees) {
  double low = 0, high = 1;
  while (within(high, degrees) < probability) high *= 2;
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (within(middle, degrees) < probability ? low : high) = middle;
  }
  return high;
}

Difference paired_difference(std::span<const double> a, std::span<const double> b) {
  std::vector<double> differences;
  for (size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  const Spread spread = spread_of(differences);
  Difference result;
  result.pairs = spread.count;
  result.mean = spread.mean;
  const double half = spread.count < 2 ? std::numeric_limits<double>::infinity()
                                       : student_t(0.95, spread.count - 1) * spread.deviation /
                                             std::sqrt(static_cast<double>(spread.count));
  result.low = spread.mean - half;
  result.high = spread.mean + half;
  return result;
}

}  // namespace mtlora
