// A model's answers on examples, and their scores.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/loader.h"
#include "model/model.h"

namespace mtlora {

// Logits of each example, [examples, outputs] on the CPU, in batches of `batch_size`. No gradients, no dropout. `go_on`
// is asked between batches; false ends early with an undefined tensor. Blocks.
at::Tensor predict_logits(Model& model, const std::vector<Example>& examples, int64_t batch_size, bool regression,
                          const std::function<bool()>& go_on = {});

struct Evaluation {
  double loss = 0;  // mean over the examples
  std::map<std::string, double> scores;
};
// `metrics`: names of metrics.h.
Evaluation score_logits(const at::Tensor& logits, const std::vector<Example>& examples, bool regression,
                        const std::vector<std::string>& metrics);

}  // namespace mtlora
