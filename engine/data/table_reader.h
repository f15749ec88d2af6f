// Rows of CSV, TSV and JSON-lines files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/files.h"

namespace mtlora {

enum class TableFormat { Csv, Tsv, JsonLines };

// csv, tsv, jsonl, or "" for the file's ending (.json counts as JSON lines). Throws Error(BadInput).
TableFormat table_format(const std::string& name, const Path& path);

struct RowProblem {
  int64_t row;  // data rows from 1, the header not counted
  std::string message;
};

struct Table {
  std::vector<std::string> columns;            // CSV and TSV: the header; JSON lines: keys in order of first appearance
  std::vector<std::vector<std::string>> rows;  // each as wide as `columns`
  std::vector<RowProblem> problems;            // rows left out of `rows`, with the reason
  std::vector<int64_t> row_numbers;            // of each of `rows` in the file, from 1
};

// Reads the first `max_rows` rows (0: all). CSV is quoted as in RFC 4180 (a field may span lines); TSV is not quoted at
// all; a byte-order mark is passed over; a line ends at "\n" or "\r\n" (CSV, TSV). Rows with too few or too many
// fields, bytes that are not UTF-8 and broken JSON lines go to `problems`. Throws Error(File), or Error(BadInput) for
// an empty file.
Table read_table(const Path& path, TableFormat format, int64_t max_rows = 0);

}  // namespace mtlora
