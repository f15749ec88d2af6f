// Exponential smoothing of a noisy curve.
#pragma once

#include <cmath>

namespace mtlora::ui {

// m ← 0.6 m + 0.4 x from m = 0, divided by 1 − 0.6ⁿ, so that the first values are not pulled to zero (the bias
// correction of Adam's moments). Values that are not finite are passed over.
class Smoothing {
 public:
  static constexpr double factor = 0.6;
  double next(double x) {
    if (std::isfinite(x)) {
      mean_ = factor * mean_ + (1 - factor) * x;
      weight_ = factor * weight_ + (1 - factor);
    }
    return weight_ > 0 ? mean_ / weight_ : x;
  }

 private:
  double mean_ = 0, weight_ = 0;  // weight_ is 1 − 0.6ⁿ
};

}  // namespace mtlora::ui
