#include "data/dialogue_records.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace mtlora {

using nlohmann::json;

namespace {

constexpr std::string_view spaces = " \t\r\n\v\f";

std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

// False to end.
bool take_items(const json& list, const TakeRecord& take, const LeaveOut& leave_out) {
  int64_t row = 0;
  for (const json& item : list) {
    ++row;
    if (!item.is_object()) {
      leave_out(row, "is " + kind_of(item) + " where a JSON object is expected");
    } else if (!take(row, item)) {
      return false;
    }
  }
  return true;
}

// The list that an object of a whole file holds, or nullptr.
const json* list_of(const json& object) {
  for (const char* key : {"entries", "data"}) {
    if (const auto found = object.find(key); found != object.end() && found->is_array()) return &*found;
  }
  return nullptr;
}

void read_lines(std::string_view text, const TakeRecord& take, const LeaveOut& leave_out) {
  for (int64_t row = 0; !text.empty();) {
    const std::string_view line = take_line(text);
    if (line.find_first_not_of(spaces) == line.npos) continue;
    ++row;
    json value;
    try {
      value = parse_json(line, "");
    } catch (const Error& error) {
      leave_out(row, std::string("can't be read").append(error.what()));
      continue;
    }
    if (!value.is_object()) {
      leave_out(row, "is " + kind_of(value) + " where a JSON object is expected");
    } else if (const json* list = list_of(value); list && row == 1 && text.find_first_not_of(spaces) == text.npos) {
      take_items(*list, take, leave_out);
    } else if (!take(row, value)) {
      return;
    }
  }
}

void read_json_file(const Path& path, std::string_view text, const TakeRecord& take, const LeaveOut& leave_out) {
  const json value = parse_json(text, quoted(path));
  const json* list = value.is_array() ? &value : list_of(value);
  if (list) {
    take_items(*list, take, leave_out);
  } else {
    take(1, value);
  }
}

void read_rows(const Path& path, const TakeRecord& take, const LeaveOut& leave_out) {
  const std::string ending = path.extension().string();
  const Table table = read_table(path, ending == ".tsv" ? TableFormat::Tsv : TableFormat::Csv);
  for (const RowProblem& problem : table.problems) leave_out(problem.row, problem.message);
  for (size_t i = 0; i < table.rows.size(); ++i) {
    json record = json::object();
    for (size_t column = 0; column < table.columns.size(); ++column) {
      record[table.columns[column]] = table.rows[i][column];
    }
    if (!take(table.row_numbers[i], record)) return;
  }
}

}  // namespace

void read_records(const Path& path, std::string_view text, const TakeRecord& take, const LeaveOut& leave_out) {
  text = stripped(text);
  if (!text.starts_with('{') && !text.starts_with('[')) return read_rows(path, take, leave_out);
  std::string_view rest = text;
  // A line that is an object begins JSON lines; a file that is one object in several lines begins with half of it.
  if (text.starts_with('{') && stripped(take_line(rest)).ends_with('}')) return read_lines(text, take, leave_out);
  read_json_file(path, text, take, leave_out);
}

std::string kind_of(const json& value) {
  if (value.is_string()) return "a text";
  if (value.is_number()) return "a number";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return value.is_null() ? "null" : "true or false";
}

std::string optional_text(const json& record, const std::string& key) {
  const auto found = record.find(key);
  if (found == record.end() || found->is_null()) return "";
  if (!found->is_string())
    throw UnusableRecord{"has " + kind_of(*found) + " as '" + key + "' where a text is expected"};
  return found->get<std::string>();
}

std::string text_at(const json& record, const std::string& key) {
  if (!record.contains(key)) throw UnusableRecord{"lacks '" + key + "'"};
  std::string text = optional_text(record, key);
  if (stripped(text).empty()) throw UnusableRecord{"has an empty '" + key + "'"};
  return text;
}

std::string_view stripped(std::string_view text) {
  const size_t begin = text.find_first_not_of(spaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
}

Dialogue pair_of(std::string context, std::string answer) {
  return {{{"user", std::move(context)}, {"assistant", std::move(answer)}}, "", 0};
}

}  // namespace mtlora
