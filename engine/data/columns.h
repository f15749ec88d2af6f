// Which columns of a table hold the texts and the label, and what kind of label that is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/table_reader.h"
#include "data/task.h"

namespace mtlora {

// A file of the task, in the format that its ending says, else in the task's. Blocks. Throws as read_table, with
// `field` (the setting that names the file).
Table read_task_file(const Task& task, const Path& path, const std::string& field = {}, int64_t max_rows = 0);

inline constexpr size_t no_column = static_cast<size_t>(-1);

struct Columns {
  size_t text = no_column, text_pair = no_column, label = no_column;  // positions in Table::columns
};
enum class Labels { Needed, MayLack };
// Under the task's names or their other ones. Throws Error(BadInput) with `field` data.text_column, ... for one that
// `table` lacks or that is not named; a column of labels only where they are needed.
Columns find_columns(const Table& table, const Task& task, const Path& path, Labels labels = Labels::Needed);

// Fills in the columns that the task does not name: by the names that such columns usually have, else the label is the
// column with the fewest different values and the text the longest of the others. What can't be told stays empty.
// A second text is only looked for where the first is not named either.
void guess_columns(const Table& table, Task& task);

// The kind of these labels, as resolve_task says.
TaskKind kind_of_labels(const Table& table, size_t label_column);

// What a task is scored by that names no metrics.
std::vector<std::string> default_metrics(TaskKind kind);

// A value from a file as part of a message: in quotes, on one line and not endless.
std::string quote(const std::string& value);

// A finite decimal number, with nothing but spaces around it.
std::optional<float> parse_number(std::string_view text);

}  // namespace mtlora
