// Task descriptors: datasets/NAME.json says which files, columns, labels and metrics a task has.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "config/run_config.h"

namespace mtlora {

// The first two of a text, or of a pair where text_pair_column is named; the third writes a text.
enum class TaskKind { Classification, Regression, Generation };
std::string task_kind_name(TaskKind kind);  // "classification", as descriptors name it

// Settings under which somebody published a figure, to fill the form with.
struct TaskPreset {
  std::string name;         // "MTLoRA release, RoBERTa-base"
  std::string source;       // where the settings stand
  std::string published;    // which figure belongs to them, and by which metric
  std::string note;         // what the person has to add, or ""
  nlohmann::json settings;  // {"train.learning_rate": 4e-4, ...}: keys and values of the option table
};
// Settings that the preset does not name stay as they are.
void apply_preset(const TaskPreset& preset, RunConfig& config);

// Files that are scored beside the validation or test file, as another set of the task (MNLI's mismatched one): each
// is found by replacing the last `replace` in the path of that file by `with`.
struct AlsoScored {
  std::string name, replace, with, submission_file;
  Path validation_file, test_file;  // by resolve_task; empty where there is none
};

// A descriptor has these keys, those left out at their default, with files relative to datasets/. `kind` may be "auto":
// see resolve_task. `labels` is a list, or the name of a JSON file that holds one. A column is a name, or a list of
// names of which a file has the one or the other.
struct Task {
  std::string name, title, description;
  TaskKind kind = TaskKind::Classification;
  bool auto_kind = false;                       // "auto", and the labels have not been looked at yet
  Path train_file, validation_file, test_file;  // absolute; empty: the user names it (train) or there is none
  // csv (RFC 4180), tsv (unquoted, as GLUE), jsonl, parquet: of files whose ending does not say. Of a generation: of
  // dialogue_formats(); empty: by the content.
  std::string format;
  std::string chat_template;  // of a generation: how its rows become text; empty: as the model's own chats
  bool header = true;  // false: files whose first line does not name the text column hold `columns`, without a header
  std::vector<std::string> columns;
  std::string text_column, text_pair_column, label_column;
  std::vector<std::string> other_text_columns, other_text_pair_columns, other_label_columns;  // other names of these
  std::vector<std::string> labels;       // in the order of their ids; empty: found in the training file, sorted
  std::vector<std::string> label_names;  // for people, one of each label ("negative"); empty: the labels themselves
  std::map<std::string, std::string> label_aliases;      // how else a file may write a label: {"0": "entailment"}
  std::vector<std::string> no_label;                     // what stands for a label that is kept back, beside nothing
  std::optional<std::pair<double, double>> label_range;  // of a regression: least and greatest value
  std::vector<std::string> metrics;                      // the first chooses the best checkpoint
  bool lowercase = false;                                // texts that are written are scored in lower case
  bool tokenize = false;                                 // and with words and marks apart
  int64_t max_references = 0;                            // and against only the first so many references; 0: all
  bool skip_short_rows = false;  // rows with too few fields are counted and listed, not an error
  std::string trained_on;        // a task without training rows: the one whose models it scores
  std::vector<AlsoScored> also_scored;
  std::string submission_file;  // name of the file of predictions for rows without labels ("CoLA.tsv")
  std::vector<TaskPreset> presets;
  bool bundled = false;              // its descriptor names a training file
  std::string licence, attribution;  // of bundled data
};

// Of datasets/*.json: bundled ones first, the user's own file last, by name between. Throws Error(BadInput) that names
// a broken descriptor, presets whose settings the option table refuses included.
std::vector<Task> list_tasks();

// The named task ("" or "own" is the user's own file) with the run's files and columns laid over it, and the files
// that are also scored looked for.
// Throws Error(BadInput) with `field` data.task for an unknown one.
//
// Of the user's own file, what the run does not say is found by looking: the training file (else the validation, else
// the test file; where none is named nothing is settled) is read, which blocks and may throw what load_rows throws.
// Columns: by their names, then by what they hold. Kind: a regression if all labels are numbers and some has a
// fraction, or there are more than 50 different ones that are not just 0 ... k−1 or 1 ... k; else a classification.
Task resolve_task(const DataOptions& options);

}  // namespace mtlora
