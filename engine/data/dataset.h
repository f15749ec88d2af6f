// Examples: text and label as the model will see them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/columns.h"
#include "data/dialogue.h"
#include "data/table_reader.h"
#include "data/task.h"
#include "text/tokenizer.h"

namespace mtlora {

struct Example {
  std::vector<int32_t> input_ids = {}, token_type_ids = {};
  float label = 0;                   // class id, or the value of a regression
  int64_t tokens_cut = 0;            // by truncation
  int64_t row = 0;                   // in its file, from 1
  std::vector<uint8_t> answer = {};  // of a text to be written: 1 for each token that the model is to write
};

inline constexpr float unlabelled = -100;  // the label of a row without one

struct TextRow {
  std::string text, text_pair;  // the second empty where the task has no pair
  float label = 0;              // or `unlabelled`
  int64_t row = 0;              // number in its file, from 1
};

struct Split {
  std::vector<TextRow> rows;
  bool labelled = true;             // false: a test file whose labels are kept back, so that it can't be scored
  std::vector<Dialogue> dialogues;  // in their place, of a task of kind Generation
  int64_t skipped = 0;              // rows left out: short ones that the task says to skip, texts without an answer
  std::vector<RowProblem> skipped_rows;
};

// A set that the task has scored beside its validation or test rows (Task::also_scored).
struct AlsoSplit {
  std::string name;  // "mismatched"
  bool test = false;
  std::string submission_file;
  Split split;
};

struct Rows {
  std::vector<std::string> labels;  // of a classification, in the order of their ids
  Split train, validation, test;    // validation or test empty where there is none
  std::vector<AlsoSplit> also;
};

// Reads the files of a resolved task. Blocks. max_train_samples takes the first rows (before the split),
// max_eval_samples the first of the validation and of the test rows; no file is read further than that.
//
// Where there is no validation file and 0 < validation_split < 1, round(validation_split · rows) of the training rows,
// at least one, are held out by `seed`, in an order of its own, while the others keep the file's. A classification is
// stratified: each class loses its share, rounded down or up so that the sum is right, and keeps at least one row.
//
// A test file without a column of labels, or whose labels are all nothing or the task's no_label, gives unlabelled
// rows.
//
// Throws Error(BadInput) naming file, row and column, with the setting at fault as `field`: no training file, a missing
// column, a row with too few fields (unless the task skips them), bytes that are not UTF-8, no text, a label that is
// not in the list or not a number, no rows, a training file with a single label.
Rows load_rows(const Task& task, const DataOptions& options, int64_t seed);

// One file, for `mtlora eval`; a classification if there are `labels` (those that the model knows), else a regression.
// Columns that the task does not name are guessed. Blocks. Throws as load_rows, and for a file without labels unless it
// may lack them.
Split load_file(const Task& task, const Path& path, const std::vector<std::string>& labels,
                Labels in_file = Labels::Needed);

// Tokenizes on `threads` threads, in order. Truncates at max_seq_length (tokens; 0: no limit). Blocks.
std::vector<Example> tokenize(const std::vector<TextRow>& rows, bool pair, const Tokenizer& tokenizer,
                              int64_t max_seq_length, int threads);

// Does not throw for bad rows: they are what the person wants to see. A column that is missing or can't be told is a
// problem of row 0 (its message a whole sentence), and then no row is usable.
struct DataPreview {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // the first 100
  std::vector<RowProblem> problems;            // over the whole file: rows that can't be used under the given mapping
  int64_t usable_rows = 0;
  std::vector<std::pair<std::string, int64_t>>
      labels;  // label and how many rows have it, most frequent first, at most 1,000
  std::string text_column, text_pair_column, label_column;  // as given, else guessed from names and contents
};
// Blocks. Throws for a file that can't be read or is empty.
DataPreview preview_file(const Task& task, const Path& path);

}  // namespace mtlora
