// A model's answers on examples, and their scores.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/loader.h"
#include "model/model.h"

namespace mtlora {

struct Evaluation {
  double loss = 0;  // mean over the examples; of a language model over the tokens of their answers
  std::map<std::string, double> scores;
};

// In batches of `batch_size`, without gradients and dropout. `metrics`: names of metrics.h, and perplexity (e to the
// loss) of a language model; those of written texts are passed over. `go_on` is asked between batches; false ends early
// with no scores. Blocks.
Evaluation evaluate(Model& model, const std::vector<Example>& examples, TaskKind kind, int64_t batch_size,
                    const std::vector<std::string>& metrics, const std::function<bool()>& go_on = {});

// Logits of each example, [examples, outputs] in fp32 on the CPU; undefined where `go_on` ended it. Blocks.
at::Tensor predict_logits(Model& model, const std::vector<Example>& examples, int64_t batch_size,
                          const std::function<bool()>& go_on = {});

// What those logits say: class ids, or the values of a regression. [examples] in fp32, contiguous.
at::Tensor answers_of(const at::Tensor& logits, TaskKind kind);

}  // namespace mtlora
