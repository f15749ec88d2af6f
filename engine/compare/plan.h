// A comparison's plan: variants of a run, on several tasks and under several seeds.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "config/run_config.h"

namespace mtlora {

// Settings by option key, laid over those before them.
using Settings = std::map<std::string, nlohmann::json>;

struct NamedSettings {
  std::string name;
  Settings settings;
};

// The file PLAN.json. Each of `variants` is trained on each of `tasks` under each of `seeds`. Where `choose` has values
// to choose among, each variant's own are chosen on each task first, by the mean score under `choosing_seeds`, which
// are others than those that are reported.
struct Plan {
  std::string name = "comparison";
  nlohmann::json run = nlohmann::json::object();  // settings of all runs, as in a run file
  std::vector<NamedSettings> tasks;
  std::vector<NamedSettings> variants;
  std::string reference;       // the variant that the others are compared with; left out: the first
  std::vector<int64_t> seeds;  // train.seed of the runs that are reported
  std::map<std::string, std::vector<nlohmann::json>> choose;  // option key: values
  std::vector<int64_t> choosing_seeds;
};

// Throws Error(BadInput) that names the file and the key: unknown ones with the nearest, settings that the option table
// refuses, names that come twice, a seed on both sides, a reference that is no variant.
Plan read_plan(const Path& path);
Plan plan_from_json(const nlohmann::json& json, const std::string& source, const Path& folder);
nlohmann::json to_json(const Plan& plan);

// One run of a plan.
struct PlannedRun {
  std::string id;  // its folder's name: "mrpc-ctcm-seed3", with the choice where there is one: "...-c2-seed100"
  std::string task, variant;
  int64_t seed = 0;
  Settings choice;          // of the values to choose among
  bool is_reported = true;  // false: to choose by
  RunConfig config;         // its output_dir is left empty
};

// All runs that choose; all that are reported where nothing is to be chosen.
std::vector<PlannedRun> first_runs(const Plan& plan);
// The reported runs with the choices made: by task and variant.
using Choices = std::map<std::pair<std::string, std::string>, Settings>;
std::vector<PlannedRun> reported_runs(const Plan& plan, const Choices& choices);

}  // namespace mtlora
