// From files to examples: everything between the settings and the first batch that has to do with data.
#pragma once

#include <memory>

#include "data/dataset.h"

namespace mtlora {

struct PreparedData {
  Task task;
  Rows rows;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::vector<Example> train, validation, test;

  bool regression() const { return task.kind == TaskKind::Regression; }
  int64_t num_labels() const { return regression() ? 1 : static_cast<int64_t>(rows.labels.size()); }
};

// Reads the task's files and tokenizes them with the tokenizer of `model_folder`. Blocks. Throws Error with its field.
PreparedData prepare_data(const DataOptions& options, int64_t seed, const Path& model_folder);

}  // namespace mtlora
