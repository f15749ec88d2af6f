#include "data/task.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/error.h"
#include "base/json_keys.h"
#include "base/paths.h"
#include "config/option_table.h"
#include "config/run_file.h"
#include "data/columns.h"

namespace mtlora {

namespace {

// The keys of one descriptor, or of an object inside it.
class Descriptor : public JsonKeys {
 public:
  explicit Descriptor(const Path& path) : Descriptor(path, read_json(path), "") {}
  // `part`: the place of an object inside, "'presets' 2: "
  Descriptor(Path path, nlohmann::json json, const std::string& part)
      : JsonKeys(std::move(json), "task descriptor '" + path.string() + "' can't be used: " + part),
        path_(std::move(path)) {}

  void take_file(const std::string& key, Path& path) {
    std::string name;
    take(key, name);
    if (!name.empty()) path = path_.parent_path() / name;
  }
  void take_labels(const std::string& key, std::vector<std::string>& labels) {
    if (json_.contains(key) && json_[key].is_string()) {
      json_[key] = read_json(path_.parent_path() / json_[key].get<std::string>());
    }
    take(key, labels);
  }
  // A name, or a list of a name and others that stand for it.
  void take_names(const std::string& key, std::string& name, std::vector<std::string>& others) {
    if (!json_.contains(key) || !json_[key].is_array()) return take(key, name);
    take(key, others);
    if (others.empty()) fail("'" + key + "' names no column");
    name = others.front();
    others.erase(others.begin());
  }
  std::vector<Descriptor> take_objects(const std::string& key) {
    std::vector<nlohmann::json> objects;
    take(key, objects);
    std::vector<Descriptor> parts;
    for (nlohmann::json& object : objects) {
      parts.emplace_back(path_, std::move(object), "'" + key + "' " + std::to_string(parts.size() + 1) + ": ");
    }
    return parts;
  }

 private:
  Path path_;
};

TaskPreset read_preset(Descriptor descriptor) {
  TaskPreset preset;
  descriptor.take_needed("name", preset.name);
  descriptor.take_needed("source", preset.source);
  descriptor.take_needed("published", preset.published);
  descriptor.take("note", preset.note);
  descriptor.take_needed("settings", preset.settings);
  descriptor.refuse_others();
  if (!preset.settings.is_object()) descriptor.fail("'settings' is not a JSON object");
  RunConfig config;
  try {
    apply_preset(preset, config);
  } catch (const Error& error) {
    descriptor.fail(error.what(), error.hint());
  }
  for (const FieldProblem& problem : check_run_config(config)) {
    descriptor.fail("'" + problem.field + "': " + problem.message);
  }
  return preset;
}

AlsoScored read_also_scored(Descriptor descriptor) {
  AlsoScored also;
  descriptor.take_needed("name", also.name);
  descriptor.take_needed("replace", also.replace);
  descriptor.take_needed("with", also.with);
  descriptor.take("submission_file", also.submission_file);
  descriptor.refuse_others();
  if (also.replace.empty()) descriptor.fail("'replace' is empty");
  if (also.submission_file.empty()) also.submission_file = also.name + ".tsv";
  return also;
}

Task read_task(const Path& path) {
  Descriptor descriptor(path);
  Task task;
  task.name = path.stem().string();
  std::string kind = "classification";
  descriptor.take("title", task.title);
  descriptor.take("description", task.description);
  descriptor.take("kind", kind);
  descriptor.take_file("train_file", task.train_file);
  descriptor.take_file("validation_file", task.validation_file);
  descriptor.take_file("test_file", task.test_file);
  descriptor.take("format", task.format);
  descriptor.take("chat_template", task.chat_template);
  descriptor.take("header", task.header);
  descriptor.take("columns", task.columns);
  descriptor.take_names("text_column", task.text_column, task.other_text_columns);
  descriptor.take_names("text_pair_column", task.text_pair_column, task.other_text_pair_columns);
  descriptor.take_names("label_column", task.label_column, task.other_label_columns);
  descriptor.take_labels("labels", task.labels);
  descriptor.take("label_names", task.label_names);
  descriptor.take("label_aliases", task.label_aliases);
  descriptor.take("no_label", task.no_label);
  std::vector<double> range;
  descriptor.take("label_range", range);
  descriptor.take("metrics", task.metrics);
  descriptor.take("lowercase", task.lowercase);
  descriptor.take("tokenize", task.tokenize);
  descriptor.take("max_references", task.max_references);
  descriptor.take("skip_short_rows", task.skip_short_rows);
  descriptor.take("trained_on", task.trained_on);
  for (Descriptor& also : descriptor.take_objects("also_scored")) {
    task.also_scored.push_back(read_also_scored(std::move(also)));
  }
  descriptor.take("submission_file", task.submission_file);
  for (Descriptor& preset : descriptor.take_objects("presets")) {
    task.presets.push_back(read_preset(std::move(preset)));
  }
  descriptor.take("licence", task.licence);
  descriptor.take("attribution", task.attribution);
  descriptor.refuse_others();

  if (kind != "classification" && kind != "regression" && kind != "generation" && kind != "auto") {
    descriptor.fail("'kind' is '" + kind + "' where classification, regression, generation or auto is expected");
  }
  if (task.header == !task.columns.empty()) descriptor.fail("'columns' and \"header\": false belong together");
  if (!task.label_names.empty() && task.label_names.size() != task.labels.size()) {
    descriptor.fail("it has " + std::to_string(task.label_names.size()) + " label_names for " +
                    std::to_string(task.labels.size()) + " labels");
  }
  for (const auto& [alias, label] : task.label_aliases) {
    if (std::ranges::find(task.labels, label) == task.labels.end()) {
      descriptor.fail("'label_aliases' has '" + alias + "' for '" + label + "', which is not one of its labels");
    }
  }
  if (!range.empty() && (range.size() != 2 || !(range[0] < range[1]))) {
    descriptor.fail("'label_range' is not a list of the least value and the greatest");
  }
  if (!range.empty()) task.label_range = {range[0], range[1]};
  task.kind = kind == "regression"   ? TaskKind::Regression
              : kind == "generation" ? TaskKind::Generation
                                     : TaskKind::Classification;
  task.auto_kind = kind == "auto";
  if (task.metrics.empty() && !task.auto_kind) task.metrics = default_metrics(task.kind);
  task.bundled = !task.train_file.empty();
  if (task.title.empty()) task.title = task.name;
  if (task.submission_file.empty()) task.submission_file = "predictions.tsv";
  return task;
}

void lay_over(const std::string& given, std::string& value, std::vector<std::string>& others) {
  if (given.empty()) return;
  value = given;
  others.clear();
}
void lay_over(const std::string& given, Path& value) {
  if (!given.empty()) value = std::filesystem::absolute(expand_user(given));
}

// The file that `also` finds beside `file`, or "".
Path beside(const Path& file, const AlsoScored& also) {
  std::string name = file.string();
  const size_t at = name.rfind(also.replace);
  if (at == std::string::npos) return {};
  name.replace(at, also.replace.size(), also.with);
  std::error_code error;
  return std::filesystem::is_regular_file(name, error) ? Path(name) : Path();
}

}  // namespace

void apply_preset(const TaskPreset& preset, RunConfig& config) {
  for (const auto& [key, value] : preset.settings.items()) find_option(key).set(config, value);
}

std::string task_kind_name(TaskKind kind) {
  switch (kind) {
    case TaskKind::Classification: return "classification";
    case TaskKind::Regression: return "regression";
    case TaskKind::Generation: return "generation";
  }
  return "";
}

std::vector<Task> list_tasks() {
  std::error_code error;
  std::vector<Task> tasks;
  for (const auto& entry : std::filesystem::directory_iterator(datasets_dir(), error)) {
    if (entry.path().extension() == ".json") tasks.push_back(read_task(entry.path()));
  }
  if (error) throw file_error("folder '" + datasets_dir().string() + "' could not be read: " + error.message());
  std::ranges::sort(tasks, {},
                    [](const Task& task) { return std::tuple(task.name == "own", !task.bundled, task.name); });
  return tasks;
}

Task resolve_task(const DataOptions& options) {
  const std::vector<Task> tasks = list_tasks();
  const std::string name = options.task.empty() ? "own" : options.task;
  const auto found = std::ranges::find(tasks, name, &Task::name);
  if (found == tasks.end()) {
    std::vector<std::string> names;
    for (const Task& known : tasks) names.push_back(known.name);
    const std::string nearest = nearest_name(name, names.data(), names.size());
    throw bad_input("there is no task '" + name + "'",
                    nearest.empty() ? "'mtlora tasks' lists those that there are; 'own' takes any file."
                                    : "Did you mean '" + nearest + "'?",
                    "data.task");
  }

  Task task = *found;
  lay_over(options.train_file, task.train_file);
  lay_over(options.validation_file, task.validation_file);
  lay_over(options.test_file, task.test_file);
  lay_over(options.text_column, task.text_column, task.other_text_columns);
  lay_over(options.text_pair_column, task.text_pair_column, task.other_text_pair_columns);
  lay_over(options.label_column, task.label_column, task.other_label_columns);
  for (AlsoScored& also : task.also_scored) {
    also.validation_file = beside(task.validation_file, also);
    also.test_file = beside(task.test_file, also);
  }

  const auto& [sample, field] = !task.train_file.empty() ? std::pair(task.train_file, "data.train_file")
                                : !task.validation_file.empty()
                                    ? std::pair(task.validation_file, "data.validation_file")
                                    : std::pair(task.test_file, "data.test_file");
  if (!sample.empty() && task.kind != TaskKind::Generation &&
      (task.auto_kind || task.text_column.empty() || task.label_column.empty())) {
    const Table table = read_task_file(task, sample, field, options.max_train_samples.value_or(0));
    guess_columns(table, task);
    if (task.auto_kind) task.kind = kind_of_labels(table, find_columns(table, task, sample).label);
    task.auto_kind = false;
  }
  if (task.metrics.empty()) task.metrics = default_metrics(task.kind);
  return task;
}

}  // namespace mtlora
