// What a few seeds say about a difference.
#pragma once

#include <cstdint>
#include <span>

namespace mtlora {

struct Spread {
  int64_t count = 0;
  double mean = 0;
  double deviation = 0;  // standard deviation of the sample (divided by n − 1); NaN for one value
};
Spread spread_of(std::span<const double> values);

inline constexpr int64_t enough_pairs = 5;

// Of paired values: the mean difference a − b with its 95 % interval from Student's t distribution of n − 1 degrees of
// freedom (the paired t test's). Not corrected for there being several comparisons.
struct Difference {
  int64_t pairs = 0;
  double mean = 0, low = 0, high = 0;                    // low and high are infinite for fewer than two pairs
  bool too_few() const { return pairs < enough_pairs; }  // to conclude anything
  bool is_clear() const { return !too_few() && (low > 0 || high < 0); }  // the interval does not cross zero
};
Difference paired_difference(std::span<const double> a, std::span<const double> b);

// The t with P(|T| <= t) = probability, for `degrees` >= 1 degrees of freedom.
double student_t(double probability, int64_t degrees);

}  // namespace mtlora
