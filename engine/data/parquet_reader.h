// Parquet files, through the Arrow C++ library that the pyarrow package carries. A build without it reads none.
#pragma once

#include "data/table_reader.h"

namespace mtlora {

bool reads_parquet();  // whether this build does

// Texts as they are (their bytes unchecked); null, and a number that is NaN, as ""; anything else (numbers, truth
// values, lists, structs) as JSON prints it; values of a dictionary as what they stand for. Stops at `max_rows` rows
// (0: all). Blocks. Throws Error(File), or Error(BadInput) for a file that is damaged, and for any where this build
// reads none.
Table read_parquet(const Path& path, int64_t max_rows);

}  // namespace mtlora
