// Examples: text and label as the model will see them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/table_reader.h"
#include "data/task.h"
#include "text/tokenizer.h"

namespace mtlora {

struct Example {
  std::vector<int32_t> input_ids, token_type_ids;
  float label = 0;         // class id, or the value of a regression
  int64_t tokens_cut = 0;  // by truncation
};

struct TextRow {
  std::string text, text_pair;  // the second empty where the task has no pair
  float label = 0;
  int64_t row = 0;  // number in its file, from 1
};

struct Split {
  std::vector<TextRow> rows;
  int64_t skipped = 0;  // short rows that the task says to skip
  std::vector<RowProblem> skipped_rows;
};

struct Rows {
  std::vector<std::string> labels;  // of a classification, in the order of their ids
  Split train, validation, test;    // validation or test empty where there is none
};

// Reads the task's files. Where there is no validation file and 0 < validation_split < 1, a stratified part of the
// training rows is held out by `seed`. max_train_samples takes the first rows (before the split), max_eval_samples the
// first of the validation and of the test rows. Throws Error(BadInput) naming file, row and column: a missing column, a
// label that is not in the list, a row with too few fields, bytes that are not UTF-8, no rows.
// `need_train` false (evaluation): only `data.test_file` is read, and `labels` must be given.
Rows load_rows(const Task& task, const DataOptions& options, int64_t seed);

// One file with known labels, for `mtlora eval`.
Split load_file(const Task& task, const Path& path, const std::vector<std::string>& labels);

// Tokenizes on `threads` threads, in order. Truncates at max_seq_length.
std::vector<Example> tokenize(const std::vector<TextRow>& rows, bool pair, const Tokenizer& tokenizer,
                              int64_t max_seq_length, int threads);

// Does not throw for bad rows: they are what the person wants to see.
struct DataPreview {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // the first 100
  std::vector<RowProblem> problems;            // over the whole file: rows that can't be used under the given mapping
  int64_t usable_rows = 0;
  std::vector<std::pair<std::string, int64_t>>
      labels;  // label and how many rows have it, most frequent first, at most 1,000
  std::string text_column, text_pair_column, label_column;  // as given, else guessed from names and contents
};
DataPreview preview_file(const Task& task, const Path& path);

}  // namespace mtlora
