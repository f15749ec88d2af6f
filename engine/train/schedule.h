// Learning rate schedules, as transformers' get_scheduler has them.
#pragma once

#include <cstdint>
#include <string>

namespace mtlora {

// The factor on the learning rate of optimiser step `step` (from 0) of `total`, after `warmup` steps: step / warmup
// while warming up. linear falls to 0 at `total`; cosine falls along half a cosine; constant ignores warm-up;
// constant_with_warmup stays at 1. Throws Error(BadInput) for another name.
double schedule_factor(const std::string& type, int64_t step, int64_t warmup, int64_t total);

}  // namespace mtlora
