#include "data/columns.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <unordered_set>

#include "base/error.h"

namespace mtlora {

namespace {

// In lower case, the likeliest first.
constexpr std::array label_column_names = {"label",     "labels", "category", "intent",     "class", "target", "score",
                                           "sentiment", "rating", "stars",    "gold_label", "topic", "quality"};
constexpr std::array text_column_names = {"text",    "sentence", "question", "review",    "query",  "utterance",
                                          "comment", "message",  "content",  "document",  "body",   "tweet",
                                          "article", "title",    "abstract", "statement", "prompt", "headline"};
constexpr std::array<std::pair<const char*, const char*>, 9> pair_column_names = {{{"sentence1", "sentence2"},
                                                                                   {"sentence_1", "sentence_2"},
                                                                                   {"text1", "text2"},
                                                                                   {"text_1", "text_2"},
                                                                                   {"text_a", "text_b"},
                                                                                   {"question1", "question2"},
                                                                                   {"premise", "hypothesis"},
                                                                                   {"#1 string", "#2 string"},
                                                                                   {"question", "sentence"}}};
constexpr size_t looked_at = 1000;   // rows, to tell columns apart by what they hold
constexpr size_t most_classes = 50;  // more different numbers than this are values, not classes

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// The column of that name, case aside, or "".
std::string named(const Table& table, const std::string& name) {
  const auto found = std::ranges::find(table.columns, name, lower);
  return found == table.columns.end() ? "" : *found;
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr size_t most = 20;
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), most); ++i) list += (i ? ", " : "") + quote(names[i]);
  return names.size() > most ? list + ", ..." : list;
}

size_t find_column(const Table& table, const std::string& name, const std::vector<std::string>& others,
                   const std::string& field, const Path& path, Labels labels = Labels::Needed) {
  const auto count = std::ranges::count(table.columns, name);
  if (count == 1) return static_cast<size_t>(std::ranges::find(table.columns, name) - table.columns.begin());
  if (count > 1) {
    throw bad_input("'" + path.string() + "' has " + std::to_string(count) + " columns named " + quote(name),
                    "Give each column a name of its own.", field);
  }
  for (const std::string& other : others) {
    if (std::ranges::find(table.columns, other) != table.columns.end()) {
      return find_column(table, other, {}, field, path);
    }
  }
  if (labels == Labels::MayLack) return no_column;
  const std::string found = "its columns are " + list_of(table.columns);
  if (name.empty()) {
    throw bad_input("it can't be told which column of '" + path.string() + "' to take: " + found,
                    "Name the column in " + field + ".", field);
  }
  std::string names = quote(name);
  for (const std::string& other : others) names += " or " + quote(other);
  const std::string nearest = nearest_name(name, table.columns.data(), table.columns.size());
  std::string hint = "Name the right column in " + field + ".";
  if (!nearest.empty()) hint = "Did you mean " + quote(nearest) + "? " + hint;
  if (table.columns.size() == 1 && table.columns[0].find_first_of(",;\t") != std::string::npos) {
    hint = "Its fields seem to be separated by another character: a .csv has commas, a .tsv has tabs.";
  }
  throw bad_input("'" + path.string() + "' has no column " + names + "; " + found, hint, field);
}

// Whether the first line names the task's text column. (A row of data hardly holds just that.)
bool has_header(const Task& task, const Path& path, TableFormat format) {
  const std::vector<std::string> fields = read_first_line(path, format);
  const auto named = [&](const std::string& name) { return std::ranges::find(fields, name) != fields.end(); };
  return named(task.text_column) || std::ranges::any_of(task.other_text_columns, named);
}

struct ColumnContent {
  size_t different = 0, bytes = 0;
};
ColumnContent content_of(const Table& table, size_t column) {
  std::unordered_set<std::string_view> values;
  ColumnContent content;
  for (size_t i = 0; i < std::min(table.rows.size(), looked_at); ++i) {
    values.insert(table.rows[i][column]);
    content.bytes += table.rows[i][column].size();
  }
  content.different = values.size();
  return content;
}

}  // namespace

Table read_task_file(const Task& task, const Path& path, const std::string& field, int64_t max_rows) {
  try {
    const TableFormat format = format_of_ending(path).value_or(table_format(task.format, path));
    const bool separated = format == TableFormat::Csv || format == TableFormat::Tsv;
    const bool headless = separated && !task.columns.empty() && !has_header(task, path, format);
    return read_table(path, format, max_rows, headless ? task.columns : std::vector<std::string>());
  } catch (const Error& error) {
    throw Error(error.code(), error.what(), error.hint(), error.field().empty() ? field : error.field());
  }
}

Columns find_columns(const Table& table, const Task& task, const Path& path, Labels labels) {
  Columns columns;
  columns.text = find_column(table, task.text_column, task.other_text_columns, "data.text_column", path);
  if (!task.text_pair_column.empty()) {
    columns.text_pair =
        find_column(table, task.text_pair_column, task.other_text_pair_columns, "data.text_pair_column", path);
  }
  columns.label = find_column(table, task.label_column, task.other_label_columns, "data.label_column", path, labels);
  return columns;
}

void guess_columns(const Table& table, Task& task) {
  std::vector<ColumnContent> contents(table.columns.size());
  for (size_t i = 0; i < contents.size(); ++i) contents[i] = content_of(table, i);
  const auto taken = [&](const std::string& column) {
    return column == task.text_column || column == task.text_pair_column || column == task.label_column;
  };

  if (task.text_column.empty() && task.text_pair_column.empty()) {
    for (const auto& [first, second] : pair_column_names) {
      const std::string text = named(table, first), pair = named(table, second);
      if (text.empty() || pair.empty() || taken(text) || taken(pair)) continue;
      task.text_column = text;
      task.text_pair_column = pair;
      break;
    }
  }
  for (const char* name : text_column_names) {
    if (const std::string column = named(table, name); task.text_column.empty() && !taken(column)) {
      task.text_column = column;
    }
  }
  for (const char* name : label_column_names) {
    if (const std::string column = named(table, name); task.label_column.empty() && !taken(column)) {
      task.label_column = column;
    }
  }

  if (task.label_column.empty()) {
    size_t fewest = std::min(table.rows.size(), looked_at) / 2 + 1;  // labels come again and again
    for (size_t i = 0; i < contents.size(); ++i) {
      if (taken(table.columns[i]) || contents[i].different < 2 || contents[i].different >= fewest) continue;
      fewest = contents[i].different;
      task.label_column = table.columns[i];
    }
  }
  if (task.text_column.empty()) {
    size_t longest = 0;
    for (size_t i = 0; i < contents.size(); ++i) {
      if (taken(table.columns[i]) || contents[i].bytes <= longest) continue;
      longest = contents[i].bytes;
      task.text_column = table.columns[i];
    }
  }
  // With two columns the label is the other one, whatever it holds.
  if (task.label_column.empty() && !task.text_column.empty() && table.columns.size() == 2) {
    task.label_column = table.columns[task.text_column == table.columns[0] ? 1 : 0];
  }
}

TaskKind kind_of_labels(const Table& table, size_t label_column) {
  bool fraction = false;
  std::set<float> values;
  for (const auto& row : table.rows) {
    if (row[label_column].empty()) continue;  // unusable either way
    const std::optional<float> value = parse_number(row[label_column]);
    if (!value) return TaskKind::Classification;
    fraction = fraction || *value != std::floor(*value);
    values.insert(*value);
  }
  if (fraction) return TaskKind::Regression;
  if (values.size() <= most_classes) return TaskKind::Classification;
  const float first = *values.begin(), last = *values.rbegin();
  const bool numbered = (first == 0 || first == 1) && last - first == static_cast<float>(values.size() - 1);
  return numbered ? TaskKind::Classification : TaskKind::Regression;
}

std::vector<std::string> default_metrics(TaskKind kind) {
  if (kind == TaskKind::Generation) return {"perplexity"};
  if (kind == TaskKind::Regression) return {"pearson", "spearman"};
  return {"accuracy", "f1_macro"};
}

std::string quote(const std::string& value) {
  constexpr size_t longest = 60;
  std::string text = value.substr(0, longest);
  if (value.size() > longest) {
    while (!text.empty() && (text.back() & 0xC0) == 0x80) text.pop_back();  // no half of a UTF-8 sequence
    if (!text.empty() && (text.back() & 0x80) != 0) text.pop_back();
    text += "...";
  }
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return "'" + text + "'";
}

std::optional<float> parse_number(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto single = static_cast<float>(value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(single)) return std::nullopt;
  return single;
}

}  // namespace mtlora
