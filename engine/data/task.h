// Task descriptors: datasets/NAME.json says which files, columns, labels and metrics a task has.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "config/run_config.h"

namespace mtlora {

enum class TaskKind { Classification, Regression };  // a pair where text_pair_column is named

struct Task {
  std::string name, title, description;
  TaskKind kind = TaskKind::Classification;
  Path train_file, validation_file, test_file;  // absolute; empty: the user names it (train) or there is none
  std::string format;  // csv (RFC 4180), tsv (unquoted, as GLUE), jsonl; empty: by the file's ending
  std::string text_column, text_pair_column, label_column;
  std::vector<std::string> labels;   // in the order of their ids; empty: found in the training file, sorted
  std::vector<std::string> metrics;  // the first chooses the best checkpoint
  bool skip_short_rows = false;      // rows with too few fields are counted and listed, not an error
  bool bundled = false;
  std::string licence, attribution;  // of bundled data
};

// Of datasets/*.json, by name. Throws Error(BadInput) that names a broken descriptor.
std::vector<Task> list_tasks();

// The named task ("" or "own" is the user's own file) with the run's files and columns laid over it.
// Throws Error(BadInput) with `field` data.task for an unknown one.
Task resolve_task(const DataOptions& options);

}  // namespace mtlora
