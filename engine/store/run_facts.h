// What the files of one run folder say about the run. A header of store/ alone.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/files.h"
#include "store/run_index.h"

namespace mtlora {

// Changes whenever a file that read_run_facts reads does (inode, size, modification time); "" where there is no
// run.json. Costs a few system calls.
std::string run_stamp(const Path& folder);

// All of a row but what depends on who owns the folder now: where the run has no end, status is Running or Paused.
// Never throws for what the files hold: that is the row's `problem`.
RunRow read_run_facts(const Path& folder, const DefaultMetric& default_metric);

// A row for the cache and back (without its folder).
nlohmann::json to_json(const RunRow& row);
RunRow run_row_from_json(const nlohmann::json& json);

}  // namespace mtlora
