#include "compare/plan.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json_keys.h"
#include "base/paths.h"
#include "config/option_table.h"
#include "config/run_file.h"

namespace mtlora {

using nlohmann::json;

namespace {

class PlanKeys : public JsonKeys {
 public:
  using JsonKeys::JsonKeys;

  // A list of {"name": ..., "settings": {...}}.
  std::vector<NamedSettings> take_named(const std::string& key) {
    std::vector<json> objects;
    take(key, objects);
    std::vector<NamedSettings> all;
    for (json& object : objects) {
      JsonKeys keys(std::move(object), place_ + "'" + key + "' " + std::to_string(all.size() + 1) + ": ");
      NamedSettings& named = all.emplace_back();
      keys.take_needed("name", named.name);
      keys.take("settings", named.settings);
      keys.refuse_others();
      if (named.name.empty()) keys.fail("its name is empty");
      if (std::ranges::count(all, named.name, &NamedSettings::name) > 1) {
        fail("'" + key + "' has '" + named.name + "' twice", "Give each a name of its own.");
      }
    }
    return all;
  }
};

void lay_over(const Settings& settings, RunConfig& config) {
  for (const auto& [key, value] : settings) find_option(key).set(config, value);
}

// A name as part of a folder's name.
std::string plain(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (is_plain || lower != c) {
      text += lower;
    } else if (!text.empty() && text.back() != '-') {
      text += '-';
    }
  }
  while (text.ends_with('-')) text.pop_back();
  return text.empty() ? "x" : text;
}

// Every combination of the values to choose among: {} where there are none.
std::vector<Settings> all_choices(const Plan& plan) {
  std::vector<Settings> all = {{}};
  for (const auto& [key, values] : plan.choose) {
    std::vector<Settings> longer;
    for (const Settings& before : all) {
      for (const json& value : values) {
        longer.push_back(before);
        longer.back()[key] = value;
      }
    }
    all = std::move(longer);
  }
  return all;
}

// Files and folders beside the plan, as those of a run file.
void make_absolute(Plan& plan, const Path& folder) {
  for (auto& [group, settings] : plan.run.items()) {
    if (!settings.is_object()) continue;
    for (auto& [key, value] : settings.items()) {
      const auto option = std::ranges::find(option_table(), group + "." + key, &Option::key);
      if (option != option_table().end()) value = absolute_path(*option, value, folder);
    }
  }
  for (std::vector<NamedSettings>* all : {&plan.tasks, &plan.variants}) {
    for (NamedSettings& named : *all) {
      for (auto& [key, value] : named.settings) value = absolute_path(find_option(key), value, folder);
    }
  }
}

PlannedRun run_of(const Plan& plan, const NamedSettings& task, const NamedSettings& variant, const Settings& choice,
                  int64_t seed) {
  PlannedRun run;
  run.task = task.name;
  run.variant = variant.name;
  run.seed = seed;
  run.choice = choice;
  run.config = run_config_from_json(plan.run, "the plan's run");
  lay_over(task.settings, run.config);
  lay_over(variant.settings, run.config);
  lay_over(choice, run.config);
  run.config.train.seed = seed;
  run.id = plain(task.name) + "-" + plain(variant.name);
  if (!choice.empty()) {
    const std::vector<Settings> all = all_choices(plan);
    run.id += "-c" + std::to_string(std::ranges::find(all, choice) - all.begin());
  }
  run.id += "-seed" + std::to_string(seed);
  return run;
}

}  // namespace

Plan plan_from_json(const json& object, const std::string& source, const Path& folder) {
  PlanKeys reader(object, source + ": ");
  Plan plan;
  reader.take("name", plan.name);
  reader.take("run", plan.run);
  plan.tasks = reader.take_named("tasks");
  plan.variants = reader.take_named("variants");
  if (!plan.variants.empty()) plan.reference = plan.variants[0].name;
  reader.take("reference", plan.reference);
  reader.take("seeds", plan.seeds);
  reader.take("choose", plan.choose);
  reader.take("choosing_seeds", plan.choosing_seeds);
  reader.refuse_others();

  if (plan.tasks.empty()) reader.fail("'tasks' is empty", "Name at least one, such as {\"name\": \"banking77\"}.");
  if (plan.variants.empty()) reader.fail("'variants' is empty", "Name at least one, such as lora.");
  if (plan.seeds.empty()) reader.fail("'seeds' is empty", "Five or more seeds tell a difference from luck.");
  if (std::ranges::find(plan.variants, plan.reference, &NamedSettings::name) == plan.variants.end()) {
    reader.fail("'reference' is '" + plan.reference + "', which is none of the variants");
  }
  if (!plan.choose.empty() && plan.choosing_seeds.empty()) {
    reader.fail("there are values to choose among and no choosing_seeds",
                "Name seeds to choose by, other than those that are reported.");
  }
  std::set<int64_t> seen;
  for (const std::vector<int64_t>* seeds : {&plan.seeds, &plan.choosing_seeds}) {
    for (const int64_t seed : *seeds) {
      if (!seen.insert(seed).second) {
        reader.fail("seed " + std::to_string(seed) + " stands twice in seeds and choosing_seeds",
                    "What is reported must not be what was chosen by.");
      }
    }
  }
  for (const auto& [key, values] : plan.choose) {
    if (values.empty()) reader.fail("'choose', " + key + ": expected a list of values, found an empty one");
  }
  // A setting that the option table refuses is named with its place.
  const auto check = [&](const std::string& place, const Settings& settings) {
    RunConfig probe;
    try {
      lay_over(settings, probe);
    } catch (const Error& error) {
      reader.fail(place + ": " + error.what(), error.hint());
    }
  };
  try {
    run_config_from_json(plan.run, "run");
  } catch (const Error& error) {
    reader.fail(error.what(), error.hint());
  }
  for (const NamedSettings& task : plan.tasks) check("the task '" + task.name + "'", task.settings);
  for (const NamedSettings& variant : plan.variants) check("the variant '" + variant.name + "'", variant.settings);
  for (const auto& [key, values] : plan.choose) {
    for (const json& value : values) check("'choose'", {{key, value}});
  }
  make_absolute(plan, std::filesystem::current_path() / folder);
  std::set<std::string> ids;
  for (const std::vector<PlannedRun>& runs : {first_runs(plan), reported_runs(plan, {})}) {
    for (const PlannedRun& run : runs) {
      const std::vector<FieldProblem> problems = check_run_config(run.config);
      if (!problems.empty()) {
        reader.fail("the run " + run.id + " can't be used: " + problems.front().field + ": " +
                    problems.front().message);
      }
    }
  }
  for (const PlannedRun& run : reported_runs(plan, {})) {
    if (!ids.insert(run.id).second) {
      reader.fail("two runs would have the folder '" + run.id + "'", "Choose names that differ in letters or digits.");
    }
  }
  return plan;
}

Plan read_plan(const Path& path) {
  return plan_from_json(parse_json(read_file(path), "'" + path.string() + "'"), "'" + path.string() + "'",
                        std::filesystem::absolute(path).parent_path());
}

json to_json(const Plan& plan) {
  const auto named = [](const std::vector<NamedSettings>& all) {
    json list = json::array();
    for (const NamedSettings& one : all) list.push_back({{"name", one.name}, {"settings", one.settings}});
    return list;
  };
  return {{"name", plan.name},           {"run", plan.run},
          {"tasks", named(plan.tasks)},  {"variants", named(plan.variants)},
          {"reference", plan.reference}, {"seeds", plan.seeds},
          {"choose", plan.choose},       {"choosing_seeds", plan.choosing_seeds}};
}

std::vector<PlannedRun> first_runs(const Plan& plan) {
  if (plan.choose.empty()) return reported_runs(plan, {});
  std::vector<PlannedRun> runs;
  for (const NamedSettings& task : plan.tasks) {
    for (const int64_t seed : plan.choosing_seeds) {
      for (const NamedSettings& variant : plan.variants) {
        for (const Settings& choice : all_choices(plan)) {
          runs.push_back(run_of(plan, task, variant, choice, seed));
          runs.back().is_reported = false;
        }
      }
    }
  }
  return runs;
}

// Seed by seed, so that a comparison that is cut short has whole pairs.
std::vector<PlannedRun> reported_runs(const Plan& plan, const Choices& choices) {
  std::vector<PlannedRun> runs;
  for (const NamedSettings& task : plan.tasks) {
    for (const int64_t seed : plan.seeds) {
      for (const NamedSettings& variant : plan.variants) {
        const auto chosen = choices.find({task.name, variant.name});
        runs.push_back(run_of(plan, task, variant, chosen == choices.end() ? Settings() : chosen->second, seed));
      }
    }
  }
  return runs;
}

}  // namespace mtlora
