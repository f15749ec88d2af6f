// From files to examples: everything between the settings and the first batch that has to do with data.
#pragma once

#include <memory>

#include "data/generation_data.h"

namespace mtlora {

struct LeftOut {
  int64_t row = 0;     // in its file, from 1
  int64_t tokens = 0;  // before the cut
};
struct PreparedData {
  Task task;
  Rows rows;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::vector<Example> train, validation, test;
  std::vector<std::vector<Example>> also;  // of each of rows.also
  ChatFormat chat;                         // of a task of kind Generation
  // Examples left out, because the length limit leaves nothing of their answer; of the training rows each, without ids.
  int64_t unscored = 0;
  std::vector<LeftOut> left_out;

  bool regression() const { return task.kind == TaskKind::Regression; }
  bool generation() const { return task.kind == TaskKind::Generation; }
  int64_t num_labels() const { return regression() ? 1 : static_cast<int64_t>(rows.labels.size()); }
};

// Reads the task's files and tokenizes them with the tokenizer of `model_folder`. Blocks. Throws Error with its field.
PreparedData prepare_data(const DataOptions& options, int64_t seed, const Path& model_folder);

}  // namespace mtlora
