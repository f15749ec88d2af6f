#include "data/dataset.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "data/columns.h"
#include "data/generation_data.h"

namespace mtlora {

namespace {

constexpr uint64_t validation_split_purpose = 0x76616C6964;  // of the random stream

// Labels, and other ways to write them, to class ids.
class LabelIds {
 public:
  LabelIds(const std::vector<std::string>& labels, const std::map<std::string, std::string>& aliases)
      : labels_(labels) {
    for (size_t i = 0; i < labels.size(); ++i) ids_.emplace(labels[i], i);
    for (const auto& [alias, label] : aliases) {
      if (const auto found = ids_.find(label); found != ids_.end()) ids_.emplace(alias, found->second);
    }
  }
  std::optional<float> find(const std::string& label) const {
    const auto found = ids_.find(label);
    return found == ids_.end() ? std::nullopt : std::optional(static_cast<float>(found->second));
  }
  std::string hint(const std::string& label) const {
    const std::string nearest = nearest_name(label, labels_.data(), labels_.size());
    if (!nearest.empty()) return "Did you mean " + quote(nearest) + "?";
    std::string list = "Known labels are ";
    for (size_t i = 0; i < std::min<size_t>(labels_.size(), 10); ++i) list += (i ? ", " : "") + quote(labels_[i]);
    return list + (labels_.size() > 10 ? ", ..." : ".");
  }
  size_t size() const { return labels_.size(); }

 private:
  const std::vector<std::string>& labels_;
  std::unordered_map<std::string, size_t> ids_;
};

struct Fault {
  std::string message, hint;  // the message goes on from "row 3 of 'a.csv' "; "": none
};

bool is_no_label(const Task& task, const std::string& label) {
  return label.empty() || std::ranges::find(task.no_label, label) != task.no_label.end();
}

// The label of a row. `labels` null: a regression.
Fault take_label(const Task& task, const std::string& label, const LabelIds* labels, TextRow& row) {
  if (is_no_label(task, label)) return {"has no label", "Leave the row out, or give it one."};
  const std::optional<float> value = labels ? labels->find(label) : parse_number(label);
  if (!value && labels) {
    return {"has the label " + quote(label) + ", which is not one of the " + std::to_string(labels->size()) + " known",
            labels->hint(label)};
  }
  if (!value) return {"has " + quote(label) + " where a number is expected", "Is it the right label column?"};
  row.label = *value;
  return {};
}

// Takes a row of the table apart.
Fault take_row(const Task& task, std::vector<std::string>& fields, const Columns& columns, const LabelIds* labels,
               TextRow& row) {
  row.label = unlabelled;
  if (columns.label != no_column) {
    if (Fault fault = take_label(task, fields[columns.label], labels, row); !fault.message.empty()) return fault;
  }
  row.text = std::move(fields[columns.text]);
  if (columns.text_pair != no_column) row.text_pair = std::move(fields[columns.text_pair]);
  if (row.text.empty() && row.text_pair.empty()) return {"has no text", "Leave the row out, or give it one."};
  return {};
}

// The labels of a table, each once: numbers by value, others by their bytes.
std::vector<std::string> sorted_labels(const Table& table, size_t column) {
  std::unordered_map<std::string_view, float> values;
  bool numbers = true;
  for (const auto& row : table.rows) {
    if (row[column].empty() || values.contains(row[column])) continue;
    const std::optional<float> value = parse_number(row[column]);
    numbers = numbers && value;
    values.emplace(row[column], value.value_or(0));
  }
  std::vector<std::string> labels;
  for (const auto& [label, value] : values) labels.emplace_back(label);
  std::ranges::sort(labels, {}, [&](const std::string& label) {
    return std::pair<float, const std::string&>(numbers ? values.at(label) : 0, label);
  });
  return labels;
}

// A file of the task. A classification whose `labels` are empty gets those of this file.
Split load_split(const Task& task, const Path& path, const std::string& field, int64_t max_rows, Labels in_file,
                 std::vector<std::string>& labels) {
  Table table = read_task_file(task, path, field, max_rows);
  const std::string name = "'" + path.string() + "'";
  Columns columns = find_columns(table, task, path, in_file);

  Split split;
  for (RowProblem& problem : table.problems) {
    if (!task.skip_short_rows || !problem.too_few_fields) {
      throw bad_input("row " + std::to_string(problem.row) + " of " + name + " " + problem.message,
                      "Put the row right, or leave it out.", field);
    }
    split.skipped_rows.push_back(std::move(problem));
  }
  split.skipped = std::ssize(split.skipped_rows);
  if (table.rows.empty()) {
    throw bad_input(name + " has no rows" + (task.header ? " below its header" : ""),
                    "It needs one row for each example.", field);
  }

  const bool all_kept_back = columns.label == no_column || std::ranges::all_of(table.rows, [&](const auto& row) {
                               return is_no_label(task, row[columns.label]);
                             });
  if (in_file == Labels::MayLack && all_kept_back) {
    split.labelled = false;
    columns.label = no_column;
  }
  const bool classes = task.kind == TaskKind::Classification;
  if (classes && labels.empty() && split.labelled) {
    labels = sorted_labels(table, columns.label);
    if (labels.size() == 1) {
      throw bad_input("all rows of " + name + " have the same label " + quote(labels[0]) +
                          ", where at least two are needed to learn from",
                      "Is '" + task.label_column + "' the right label column?", "data.label_column");
    }
  }
  const LabelIds ids(labels, task.label_aliases);
  split.rows.resize(table.rows.size());
  for (size_t i = 0; i < table.rows.size(); ++i) {
    TextRow& row = split.rows[i];
    row.row = table.row_numbers[i];
    if (Fault fault = take_row(task, table.rows[i], columns, classes ? &ids : nullptr, row); !fault.message.empty()) {
      throw bad_input("row " + std::to_string(row.row) + " of " + name + " " + fault.message, fault.hint, field);
    }
  }
  return split;
}

// How many of each class to hold out: `share` of its rows rounded down, and one more of those classes that lost most by
// that, until the sum is right. A class keeps at least one row. Ties are broken by `random`.
std::map<float, size_t> hold_out_counts(const std::map<float, std::vector<size_t>>& classes, size_t rows, double share,
                                        RandomStream& random) {
  struct Remainder {
    float label;
    double lost;
  };
  std::map<float, size_t> counts;
  std::vector<Remainder> remainders;
  auto missing = std::max<int64_t>(1, std::llround(share * static_cast<double>(rows)));
  for (const auto& [label, members] : classes) {
    const double exact = share * static_cast<double>(members.size());
    const size_t count = std::min(static_cast<size_t>(exact), members.size() - 1);
    counts[label] = count;
    missing -= static_cast<int64_t>(count);
    if (count + 1 < members.size()) remainders.push_back({label, exact - static_cast<double>(count)});
  }
  shuffle(remainders, random);
  std::ranges::stable_sort(remainders, std::ranges::greater{}, &Remainder::lost);
  for (const Remainder& remainder : remainders) {
    if (missing-- <= 0) break;
    ++counts[remainder.label];
  }
  return counts;
}

// Moves a share of `train` to `validation`.
void hold_out(bool stratified, double share, int64_t seed, std::vector<TextRow>& train,
              std::vector<TextRow>& validation) {
  RandomStream random(static_cast<uint64_t>(seed), validation_split_purpose);
  std::map<float, std::vector<size_t>> classes;  // class: its rows. A map, so that the order is always the same.
  for (size_t i = 0; i < train.size(); ++i) classes[stratified ? train[i].label : 0].push_back(i);
  const auto counts = hold_out_counts(classes, train.size(), share, random);

  std::vector<size_t> held_out;
  for (auto& [label, members] : classes) {
    shuffle(members, random);
    held_out.insert(held_out.end(), members.begin(), members.begin() + static_cast<ptrdiff_t>(counts.at(label)));
  }
  shuffle(held_out, random);  // files are often sorted by class, and max_eval_samples takes the first

  std::vector<bool> moved(train.size());
  for (const size_t i : held_out) {
    validation.push_back(std::move(train[i]));
    moved[i] = true;
  }
  size_t kept = 0;
  for (size_t i = 0; i < train.size(); ++i) {
    if (moved[i]) continue;
    if (kept != i) train[kept] = std::move(train[i]);
    ++kept;
  }
  train.resize(kept);
}

}  // namespace

Rows load_rows(const Task& task, const DataOptions& options, int64_t seed) {
  if (task.train_file.empty() && !task.trained_on.empty()) {
    throw bad_input("the task '" + task.name + "' has no training rows: it is scored by a model that was trained on '" +
                        task.trained_on + "'",
                    "Train on '" + task.trained_on + "', and evaluate the result on this task's file.", "data.task");
  }
  if (task.train_file.empty()) {
    throw bad_input("the task '" + task.name + "' has no training file",
                    "Name your training file in data.train_file" +
                        (task.name == "own" ? std::string(".") : ": this task's data do not come with the program."),
                    "data.train_file");
  }
  if (task.kind == TaskKind::Generation) return load_dialogue_rows(task, options, seed);
  const int64_t max_eval = options.max_eval_samples.value_or(0);
  Rows rows;
  if (task.kind == TaskKind::Classification) rows.labels = task.labels;
  rows.train = load_split(task, task.train_file, "data.train_file", options.max_train_samples.value_or(0),
                          Labels::Needed, rows.labels);
  if (!task.validation_file.empty()) {
    rows.validation =
        load_split(task, task.validation_file, "data.validation_file", max_eval, Labels::Needed, rows.labels);
  } else if (options.validation_split > 0 && options.validation_split < 1) {
    hold_out(task.kind == TaskKind::Classification, options.validation_split, seed, rows.train.rows,
             rows.validation.rows);
    if (max_eval > 0 && std::ssize(rows.validation.rows) > max_eval) {
      rows.validation.rows.resize(static_cast<size_t>(max_eval));
    }
  }
  if (!task.test_file.empty()) {
    rows.test = load_split(task, task.test_file, "data.test_file", max_eval, Labels::MayLack, rows.labels);
  }
  for (const AlsoScored& also : task.also_scored) {
    if (!also.validation_file.empty()) {
      rows.also.push_back(
          {also.name, false, also.submission_file,
           load_split(task, also.validation_file, "data.validation_file", max_eval, Labels::Needed, rows.labels)});
    }
    if (!also.test_file.empty()) {
      rows.also.push_back({also.name, true, also.submission_file,
                           load_split(task, also.test_file, "data.test_file", max_eval, Labels::MayLack, rows.labels)});
    }
  }
  return rows;
}

Split load_file(const Task& task, const Path& path, const std::vector<std::string>& labels, Labels in_file) {
  Task settled = task;
  settled.kind = labels.empty() ? TaskKind::Regression : TaskKind::Classification;
  if (task.text_column.empty() || task.label_column.empty()) guess_columns(read_task_file(task, path), settled);
  std::vector<std::string> known = labels;
  return load_split(settled, path, "", 0, in_file, known);
}

std::vector<Example> tokenize(const std::vector<TextRow>& rows, bool pair, const Tokenizer& tokenizer,
                              int64_t max_seq_length, int threads) {
  std::vector<Example> examples(rows.size());
  parallel_ranges(
      rows.size(), 128,
      [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) {
          const std::string_view second = rows[i].text_pair;
          Encoding encoding = tokenizer.encode(rows[i].text, pair ? &second : nullptr, max_seq_length);
          Example& example = examples[i];
          example.input_ids = std::move(encoding.input_ids);
          example.token_type_ids = std::move(encoding.token_type_ids);
          example.label = rows[i].label;
          example.tokens_cut = encoding.tokens_cut;
          example.row = rows[i].row;
        }
      },
      threads);
  return examples;
}

DataPreview preview_file(const Task& task, const Path& path) {
  constexpr size_t most_rows = 100, most_labels = 1000;
  Table table = read_task_file(task, path);
  Task settled = task;
  guess_columns(table, settled);

  DataPreview preview;
  preview.columns = table.columns;
  preview.rows.assign(table.rows.begin(),
                      table.rows.begin() + static_cast<ptrdiff_t>(std::min(most_rows, table.rows.size())));
  preview.text_column = settled.text_column;
  preview.text_pair_column = settled.text_pair_column;
  preview.label_column = settled.label_column;

  Columns columns;
  try {
    columns = find_columns(table, settled, path);
  } catch (const Error& error) {
    preview.problems = std::move(table.problems);
    preview.problems.insert(preview.problems.begin(), {0, error.what()});
    return preview;
  }
  preview.text_column = table.columns[columns.text];
  if (columns.text_pair != no_column) preview.text_pair_column = table.columns[columns.text_pair];
  preview.label_column = table.columns[columns.label];
  if (task.auto_kind) settled.kind = kind_of_labels(table, columns.label);

  std::unordered_map<std::string, int64_t> counts;
  for (const auto& row : table.rows) ++counts[row[columns.label]];
  preview.labels.assign(counts.begin(), counts.end());
  std::ranges::sort(preview.labels, {}, [](const auto& label) {
    return std::pair<int64_t, const std::string&>(-label.second, label.first);
  });
  if (preview.labels.size() > most_labels) preview.labels.resize(most_labels);

  const bool classes = settled.kind == TaskKind::Classification;
  const std::vector<std::string> labels = task.labels.empty() ? sorted_labels(table, columns.label) : task.labels;
  const LabelIds ids(labels, task.label_aliases);
  for (size_t i = 0; i < table.rows.size(); ++i) {
    TextRow row;
    Fault fault = take_row(task, table.rows[i], columns, classes ? &ids : nullptr, row);
    if (fault.message.empty()) {
      ++preview.usable_rows;
    } else {
      table.problems.push_back({table.row_numbers[i], std::move(fault.message)});
    }
  }
  std::ranges::sort(table.problems, {}, &RowProblem::row);
  preview.problems = std::move(table.problems);
  return preview;
}

}  // namespace mtlora
