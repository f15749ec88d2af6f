// Rows of CSV, TSV, JSON-lines and Parquet files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace mtlora {

enum class TableFormat { Csv, Tsv, JsonLines, Parquet };

// By the file's ending: csv, tsv, jsonl, json (as JSON lines), parquet.
std::optional<TableFormat> format_of_ending(const Path& path);
// csv, tsv, jsonl, parquet, or "" for the file's ending. Throws Error(BadInput).
TableFormat table_format(const std::string& name, const Path& path);

struct RowProblem {
  int64_t row;                  // data rows from 1, the header and empty lines not counted; 0: the header
  std::string message;          // goes on from "row 3 of 'a.csv' "
  bool too_few_fields = false;  // the kind that a task may say to skip
  bool left_out = false;        // the format itself has such rows be left out: counted, not refused
};

struct Table {
  std::vector<std::string> columns;            // the header; of JSON lines: keys in order of first appearance
  std::vector<std::vector<std::string>> rows;  // each as wide as `columns`
  std::vector<RowProblem> problems;            // rows left out of `rows`, with the reason
  std::vector<int64_t> row_numbers;            // of each of `rows` in the file, from 1
};

// Reads until there are `max_rows` rows (0: all), and no further. CSV is quoted as in RFC 4180 (a field may span
// lines); TSV is not quoted at all; a byte-order mark is passed over; a line ends at "\n" or "\r\n"; lines with nothing
// in them are passed over. A JSON line is an object: strings as they are, null and absent keys as "", anything else as
// JSON prints it; Parquet as read_parquet says. Rows with too few or too many fields, bytes that are not UTF-8 and
// broken JSON lines go to `problems`. `columns` names the columns of a file that has no header. Blocks. Throws
// Error(File), or Error(BadInput) for an empty file or a header that can't be read.
Table read_table(const Path& path, TableFormat format, int64_t max_rows = 0,
                 const std::vector<std::string>& columns = {});

// The fields of the first line of a CSV or TSV file, whatever they hold. Throws as read_table.
std::vector<std::string> read_first_line(const Path& path, TableFormat format);

}  // namespace mtlora
