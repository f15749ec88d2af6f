// run.json: a RunConfig as a file that a person can write by hand.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "config/option_table.h"
#include "config/run_config.h"

namespace mtlora {

inline constexpr int run_format = 1;

// Every setting, grouped, with "format". Optional ones that are unset are left out.
nlohmann::json to_json(const RunConfig& config);

// Refuses a newer format, unknown groups and keys (naming the nearest known one), wrong types, values out of range.
// `name` stands for the file in messages. Keys "versions" and "sha256", which a run folder adds, are passed over.
RunConfig run_config_from_json(const nlohmann::json& json, const std::string& name);

// Relative paths in the file (data files, model folder where such a folder exists, output folder) are made absolute
// against the file's folder; with `overrides` ("train.max_steps", "60") applied after the file, relative paths in them
// against the current folder. Reads the file. Throws Error(File) where it can't be read, Error(BadInput) as above.
RunConfig load_run_file(const Path& path, const std::vector<std::pair<std::string, std::string>>& overrides = {});

// A setting that is a path, from `base` on; any other value, and one that is absolute, as it is. A model's name is a
// path only where such a folder exists.
nlohmann::json absolute_path(const Option& option, const nlohmann::json& value, const Path& base);

void save_run_file(const RunConfig& config, const Path& path);

struct FieldProblem {
  std::string field;  // "train.learning_rate"
  std::string message;
};

// What is wrong with values that are each in range (warm-up given twice, ...): rules between fields that need no file
// to be read. Empty: nothing.
std::vector<FieldProblem> check_run_config(const RunConfig& config);

}  // namespace mtlora
