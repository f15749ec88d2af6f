#include "config/run_file.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/paths.h"
#include "config/option_table.h"

namespace mtlora {

using nlohmann::json;

namespace {

// Group and name within it: "train", "learning_rate".
std::pair<std::string, std::string> parts(const std::string& key) {
  const size_t dot = key.find('.');
  return {key.substr(0, dot), key.substr(dot + 1)};
}

void check_format(const json& file, const std::string& name) {
  const auto found = file.find("format");
  if (found == file.end()) return;  // written by hand
  if (!found->is_number_integer() || *found < 1)
    throw bad_input(name + ": format: expected a whole number of at least 1, found " + json_text(*found), "", "format");
  if (*found > run_format)
    throw bad_input(name + ": has run format " + found->dump() + ", which is newer than this program knows (" +
                        std::to_string(run_format) + ")",
                    "Update MTLoRA Studio to open it.", "format");
}

void check_group(const json& file, const std::string& group, const std::string& name) {
  std::vector<std::string> groups;
  for (const Option& option : option_table())
    if (groups.empty() || groups.back() != parts(option.key).first) groups.push_back(parts(option.key).first);
  if (std::find(groups.begin(), groups.end(), group) == groups.end()) {
    std::string near = nearest_name(group, groups.data(), groups.size());
    if (near.empty())  // a setting outside its group?
      for (const Option& option : option_table())
        if (parts(option.key).second == group) near = option.key;
    throw bad_input(
        name + ": no group of settings has the name " + group + (near.empty() ? "" : "; the nearest is " + near), "",
        group);
  }
  if (!file[group].is_object())
    throw bad_input(name + ": " + group + ": expected an object of settings, found " + file[group].type_name(), "",
                    group);
}

bool is_path(const Option& option, const std::string& text, const Path& base) {
  if (option.type == OptionType::File || option.type == OptionType::Folder) return true;
  std::error_code error;
  return option.key == "model.name_or_path" &&
         (text.starts_with("~") || std::filesystem::is_directory(base / text, error));
}

void make_absolute(RunConfig& config, const Option& option, const Path& base) {
  const json value = option.get(config);
  if (json absolute = absolute_path(option, value, base); absolute != value) option.set(config, absolute);
}

}  // namespace

json absolute_path(const Option& option, const json& value, const Path& base) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) return value;
  const std::string text = value;
  if (!is_path(option, text, base)) return value;
  return (base / expand_user(text)).lexically_normal().string();
}

json to_json(const RunConfig& config) {
  json file = {{"format", run_format}};
  for (const Option& option : option_table()) {
    const auto [group, key] = parts(option.key);
    json& settings = file[group];
    if (settings.is_null()) settings = json::object();
    json value = option.get(config);
    if (!value.is_null()) settings[key] = std::move(value);
  }
  return file;
}

RunConfig run_config_from_json(const json& file, const std::string& name) {
  if (!file.is_object())
    throw bad_input(name + ": expected an object with groups of settings, found " + file.type_name());
  check_format(file, name);
  RunConfig config;
  for (const auto& [group, settings] : file.items()) {
    if (group == "format" || group == "versions" || group == "sha256") continue;
    check_group(file, group, name);
    for (const auto& [key, value] : settings.items()) {
      try {
        find_option(group + "." + key).set(config, value);
      } catch (const Error& error) {
        throw bad_input(name + ": " + error.what(), error.hint(), error.field());
      }
    }
  }
  return config;
}

RunConfig load_run_file(const Path& path, const std::vector<std::pair<std::string, std::string>>& overrides) {
  RunConfig config = run_config_from_json(read_json(path), quoted(path));
  const Path folder = std::filesystem::absolute(path).parent_path();
  for (const Option& option : option_table()) make_absolute(config, option, folder);
  for (const auto& [key, text] : overrides) {
    const Option& option = find_option(key);
    option.set(config, parse_option_text(option, text));
    make_absolute(config, option, std::filesystem::current_path());
  }
  return config;
}

void save_run_file(const RunConfig& config, const Path& path) {
  write_file(path, json_text(to_json(config), 2) + "\n");
}

std::vector<FieldProblem> check_run_config(const RunConfig& config) {
  const AdapterOptions& adapter = config.adapter;
  const TrainOptions& train = config.train;
  const DataOptions& data = config.data;
  std::vector<FieldProblem> problems;
  const auto rule = [&](bool broken, const char* field, const std::string& message) {
    if (broken) problems.push_back({field, message});
  };

  rule(config.model.name_or_path.empty(), "model.name_or_path", "name a model, or the folder of one");

  rule((data.task.empty() || data.task == "own") && data.train_file.empty(), "data.train_file",
       "a task of your own needs a training file");
  rule(!data.text_pair_column.empty() && data.text_pair_column == data.text_column, "data.text_pair_column",
       "is the same column as the first text");
  rule(!data.label_column.empty() &&
           (data.label_column == data.text_column || data.label_column == data.text_pair_column),
       "data.label_column", "is the same column as a text");

  const bool full = adapter.method == "full";
  const bool has_t = !full && adapter.method != "lora";
  const std::string trains_all = "has no effect with method full, which trains every weight and adds no adapter";
  rule(full && adapter.lora_dropout > 0, "adapter.lora_dropout", trains_all + ": set it to 0");
  rule(full && adapter.use_rslora, "adapter.use_rslora", trains_all + ": turn it off");
  rule(full && adapter.split_fused, "adapter.split_fused", trains_all + ": turn it off");
  rule(full && !adapter.layers_to_transform.empty(), "adapter.layers_to_transform", trains_all + ": leave it unset");
  rule(full && !adapter.adapter_name_or_path.empty(), "adapter.adapter_name_or_path", trains_all + ": leave it empty");
  rule(!full && adapter.target_modules == TargetModules{{}, ""}, "adapter.target_modules",
       "names no layer: nothing would carry an adapter");
  rule(!has_t && train.t_learning_rate_ratio != 1, "train.t_learning_rate_ratio",
       "has no effect with method " + adapter.method + ", which has no T to train: set it to 1");
  rule(!has_t && train.t_weight_decay, "train.t_weight_decay",
       "has no effect with method " + adapter.method + ", which has no T to train: leave it unset");

  const bool warms_up = train.warmup_ratio > 0 || train.warmup_steps > 0;
  const std::string warmup_field = train.warmup_steps > 0 ? "train.warmup_steps" : "train.warmup_ratio";
  rule(train.warmup_ratio > 0 && train.warmup_steps > 0, "train.warmup_ratio",
       "the warm-up is given twice, as a share and as steps: set one of them to 0");
  rule(warms_up && train.lr_scheduler_type == "constant", warmup_field.c_str(),
       "has no effect with a constant rate: choose constant_with_warmup, or set it to 0");

  // No task that the program describes brings a validation file of its own.
  const bool evaluates = !data.validation_file.empty() || data.validation_split > 0;
  const std::string no_evaluation = "needs evaluations, and there is no validation file and the validation share is 0";
  rule(!evaluates && config.eval.early_stopping_patience, "eval.early_stopping_patience", no_evaluation);
  rule(!evaluates && !config.eval.metric_for_best_model.empty(), "eval.metric_for_best_model", no_evaluation);
  return problems;
}

}  // namespace mtlora
