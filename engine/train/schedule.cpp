#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace mtlora {

double schedule_factor(const std::string& type, int64_t step, int64_t warmup, int64_t total) {
  if (type == "constant") return 1;
  if (step < warmup) return static_cast<double>(step) / static_cast<double>(warmup);
  if (type == "constant_with_warmup") return 1;
  const double done = static_cast<double>(step - warmup) / static_cast<double>(std::max<int64_t>(1, total - warmup));
  if (type == "linear") return std::max(0.0, 1 - done);
  if (type == "cosine") return std::max(0.0, 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, done))));
  throw bad_input("train.lr_scheduler_type: unknown schedule '" + type + "'",
                  "Known: linear, cosine, constant, constant_with_warmup.", "train.lr_scheduler_type");
}

}  // namespace mtlora
