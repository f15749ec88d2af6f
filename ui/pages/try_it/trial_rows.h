// What a run's task asks, and rows of it that the run did not train on.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "model_pair.h"

namespace mtlora::ui {

struct TaskFacts {
  bool pair = false, regression = false;
  bool writes = false;                             // the answer is a text that a language model writes
  std::string text_name, pair_name;                // columns: "sentence1"
  std::map<std::string, std::string> label_names;  // "1" -> "positive", where the task names them for people
};
// Blocks (of an own file the columns may have to be found by reading it). Throws Error.
TaskFacts taskFacts(const RunConfig& config);

struct TrialRow {
  Question question;
  std::string label;                    // of a classification
  double value = 0;                     // of a regression
  std::vector<Message> messages;        // of a text to be written: what it answers
  std::vector<std::string> references;  // and how it might read
};
struct TrialRows {
  std::vector<TrialRow> rows;  // at most ten
  bool test = false;           // of the test file: there are no validation rows
  int64_t available = 0;
};
// Ten rows, spread over all validation rows (those that the run itself holds out), else over the test rows; another
// `turn` gives others. Empty: the run has neither. Blocks: reads the run's data files. Throws Error.
TrialRows trialRows(const RunConfig& config, int64_t turn);

}  // namespace mtlora::ui
