// What a metric of texts gives: the registry (eval/text_metrics.cpp) adds its name and how many decimals are printed.
#pragma once

#include <string>

#include "eval/text_metrics.h"

namespace mtlora {

struct MetricResult {
  double value = 0;
  std::string details;  // its signature, or what it did without
};

}  // namespace mtlora
