#include "data/table_reader.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "data/parquet_reader.h"

namespace mtlora {

namespace {

// JSON inside a field may be nested this deep: printing it back is recursive, and a file must not overflow the stack.
constexpr int max_json_depth = 64;

struct Record {
  std::string_view bytes;  // as they stand in the file
  std::vector<std::string> fields;
  std::string fault;  // why it can't be used, or ""
};

// Where the first byte stands that is not UTF-8 as RFC 3629 has it (no overlong form, no surrogate, at most U+10FFFF).
size_t find_invalid_utf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t at = 0;
  while (at < text.size()) {
    uint64_t eight = 0;  // most text is ASCII: eight bytes at a time
    if (text.size() - at >= sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080ULL) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const unsigned char lead = byte(at);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - at < length) return at;
    const unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(at + 1) < lowest || byte(at + 1) > highest) return at;
    for (size_t i = 2; i < length; ++i) {
      if (byte(at + i) < 0x80 || byte(at + i) > 0xBF) return at;
    }
    at += length;
  }
  return std::string_view::npos;
}

// "" if the record is UTF-8.
std::string utf8_fault(std::string_view bytes) {
  const size_t at = find_invalid_utf8(bytes);
  if (at == std::string_view::npos) return {};
  const auto value = static_cast<unsigned char>(bytes[at]);
  std::string hex = "0x";
  hex += "0123456789ABCDEF"[value >> 4];
  hex += "0123456789ABCDEF"[value & 15];
  return "is not UTF-8 (its byte " + std::to_string(at + 1) + " is " + hex + ")";
}

// Takes a line, without its end, off `rest`.
std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Record take_tsv(std::string_view& rest) {
  Record record;
  record.bytes = take_line(rest);
  for (size_t at = 0;;) {
    const size_t end = std::min(record.bytes.find('\t', at), record.bytes.size());
    record.fields.emplace_back(record.bytes.substr(at, end - at));
    if (end == record.bytes.size()) return record;
    at = end + 1;
  }
}

// RFC 4180: a field that begins with a quote ends at the next single one; two stand for one; it may hold line ends.
Record take_csv(std::string_view& rest) {
  Record record;
  for (size_t at = 0;;) {
    std::string& field = record.fields.emplace_back();
    const bool quoted = at < rest.size() && rest[at] == '"';
    if (quoted) {
      for (++at;;) {
        const size_t quote = rest.find('"', at);
        if (quote == std::string_view::npos) {
          record.fault = "has a quote that opens in field " + std::to_string(record.fields.size()) +
                         " and is never closed, so that the rest of the file is inside it";
          at = rest.size();
          break;
        }
        field.append(rest, at, quote - at);
        at = quote + 1;
        if (at == rest.size() || rest[at] != '"') break;
        field += '"';
        ++at;
      }
    }
    size_t end = at;
    while (end < rest.size() && rest[end] != ',' && rest[end] != '\n') ++end;
    const bool last = end == rest.size() || rest[end] == '\n';
    std::string_view plain = rest.substr(at, end - at);
    if (last && plain.ends_with('\r')) plain.remove_suffix(1);
    if (quoted && !plain.empty()) {
      record.fault = "has text after the closing quote of field " + std::to_string(record.fields.size());
    }
    field += plain;
    if (last) {
      record.bytes = rest.substr(0, end);
      if (record.bytes.ends_with('\r')) record.bytes.remove_suffix(1);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      return record;
    }
    at = end + 1;
  }
}

Record take_record(std::string_view& rest, TableFormat format) {
  return format == TableFormat::Csv ? take_csv(rest) : take_tsv(rest);
}

bool enough(const Table& table, int64_t max_rows) { return max_rows > 0 && std::ssize(table.rows) >= max_rows; }

void read_separated(std::string_view rest, TableFormat format, int64_t max_rows, const Path& path, Table& table) {
  bool header = table.columns.empty();
  for (int64_t row = header ? 0 : 1; !rest.empty() && !enough(table, max_rows);) {
    Record record = take_record(rest, format);
    if (record.bytes.empty()) continue;
    if (record.fault.empty()) record.fault = utf8_fault(record.bytes);
    if (header) {
      if (!record.fault.empty()) {
        throw bad_input("the header of '" + path.string() + "' " + record.fault, "Save the file as UTF-8 text.");
      }
      table.columns = std::move(record.fields);
      header = false;
    } else {
      const size_t found = record.fields.size(), expected = table.columns.size();
      const bool misfit = record.fault.empty() && found != expected;
      if (misfit) {
        record.fault = "has " + std::to_string(found) + (found == 1 ? " field" : " fields") + " where " +
                       std::to_string(expected) + " are expected";
      }
      if (record.fault.empty()) {
        table.rows.push_back(std::move(record.fields));
        table.row_numbers.push_back(row);
      } else {
        table.problems.push_back({row, std::move(record.fault), misfit && found < expected});
      }
    }
    ++row;
  }
}

bool nested_too_deep(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_json_depth) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// "" and `object`, or why the line can't be used.
std::string parse_json_line(std::string_view line, nlohmann::ordered_json& object) {
  if (std::string fault = utf8_fault(line); !fault.empty()) return fault;
  if (nested_too_deep(line)) return "nests JSON deeper than " + std::to_string(max_json_depth) + " levels";
  try {
    object = nlohmann::ordered_json::parse(line);
  } catch (const nlohmann::ordered_json::exception& error) {
    const auto* parse_error = dynamic_cast<const nlohmann::ordered_json::parse_error*>(&error);
    return "is not valid JSON" + (parse_error ? " (at its byte " + std::to_string(parse_error->byte) + ")" : "");
  }
  return object.is_object() ? "" : "is not a JSON object";
}

void read_json_lines(std::string_view rest, int64_t max_rows, Table& table) {
  std::unordered_map<std::string, size_t> index;
  for (size_t i = 0; i < table.columns.size(); ++i) index.emplace(table.columns[i], i);
  nlohmann::ordered_json object;
  for (int64_t row = 1; !rest.empty() && !enough(table, max_rows);) {
    const std::string_view line = take_line(rest);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (std::string fault = parse_json_line(line, object); !fault.empty()) {
      table.problems.push_back({row++, std::move(fault)});
      continue;
    }
    std::vector<std::string> fields(table.columns.size());
    for (auto& [key, value] : object.items()) {
      const auto [place, is_new] = index.emplace(key, table.columns.size());
      if (is_new) {
        table.columns.push_back(key);
        fields.emplace_back();
      }
      fields[place->second] = value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
    }
    table.rows.push_back(std::move(fields));
    table.row_numbers.push_back(row++);
  }
  for (auto& fields : table.rows) fields.resize(table.columns.size());
}

// The file's text without its byte-order mark.
std::string_view text_of(const MappedFile& file) {
  std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    throw bad_input("'" + file.path().string() + "' is UTF-16 text where UTF-8 is expected",
                    "Save the file as UTF-8 text.");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    throw bad_input("'" + file.path().string() + "' is empty");
  }
  return text;
}

// Moves rows with a text that is not UTF-8 to the problems.
Table without_bad_texts(Table table) {
  size_t kept = 0;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    std::string fault;
    for (const std::string& field : table.rows[i]) {
      if (fault.empty()) fault = utf8_fault(field);
    }
    if (!fault.empty()) {
      table.problems.push_back({table.row_numbers[i], std::move(fault)});
      continue;
    }
    if (kept != i) {
      table.rows[kept] = std::move(table.rows[i]);
      table.row_numbers[kept] = table.row_numbers[i];
    }
    ++kept;
  }
  table.rows.resize(kept);
  table.row_numbers.resize(kept);
  return table;
}

}  // namespace

std::optional<TableFormat> format_of_ending(const Path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (ending == ".csv") return TableFormat::Csv;
  if (ending == ".tsv") return TableFormat::Tsv;
  if (ending == ".jsonl" || ending == ".json") return TableFormat::JsonLines;
  if (ending == ".parquet") return TableFormat::Parquet;
  return std::nullopt;
}

TableFormat table_format(const std::string& name, const Path& path) {
  const auto format = format_of_ending(name.empty() ? path : Path("." + name + "." + name));
  if (format && name != "json") return *format;
  throw bad_input(name.empty() ? "the ending of '" + path.string() + "' does not say what kind of table it is"
                               : "'" + name + "' is not a table format (csv, tsv, jsonl, parquet)",
                  name.empty() ? "Name it .csv (commas), .tsv (tabs, unquoted), .jsonl (a JSON object a line) or "
                                 ".parquet."
                               : "");
}

Table read_table(const Path& path, TableFormat format, int64_t max_rows, const std::vector<std::string>& columns) {
  if (format == TableFormat::Parquet) return without_bad_texts(read_parquet(path, max_rows));
  const MappedFile file(path);
  std::string_view text = text_of(file);
  if (format == TableFormat::JsonLines && text[text.find_first_not_of(" \t\r\n")] == '[') {
    throw bad_input("'" + path.string() + "' begins with a JSON array where one JSON object a line is expected",
                    "Write each record on a line of its own, without the brackets around them all.");
  }

  Table table;
  table.columns = columns;
  if (format == TableFormat::JsonLines) {
    read_json_lines(text, max_rows, table);
  } else {
    read_separated(text, format, max_rows, path, table);
  }
  return table;
}

std::vector<std::string> read_first_line(const Path& path, TableFormat format) {
  const MappedFile file(path);
  std::string_view rest = text_of(file);
  for (;;) {
    Record record = take_record(rest, format);
    if (!record.bytes.empty()) return std::move(record.fields);
  }
}

}  // namespace mtlora
