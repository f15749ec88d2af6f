// mtlora options, tasks, models, runs.
#include <cmath>
#include <cstdio>
#include <iostream>

#include "api/api.h"
#include "commands.h"

namespace mtlora::cli {

namespace {

using nlohmann::json;
bool as_json = false;

std::string type_text(OptionType type) {
  switch (type) {
    case OptionType::Text: return "text";
    case OptionType::File: return "file";
    case OptionType::Folder: return "folder";
    case OptionType::Choice: return "choice";
    case OptionType::Bool: return "true or false";
    case OptionType::Integer: return "whole number";
    case OptionType::Real: return "number";
    case OptionType::Names: return "names or pattern";
    case OptionType::IntegerList: return "whole numbers";
    case OptionType::StepsOrEpoch: return "steps or \"epoch\"";
  }
  return "";
}

void options() {
  const RunConfig defaults;
  json list = json::array();
  for (const Option& option : option_table()) {
    list.push_back({{"key", option.key},
                    {"label", option.label},
                    {"type", type_text(option.type)},
                    {"unit", option.unit},
                    {"default", option.get(defaults)},
                    {"choices", option.choices},
                    {"minimum", std::isfinite(option.minimum) ? json(option.minimum) : json()},
                    {"maximum", std::isfinite(option.maximum) ? json(option.maximum) : json()},
                    {"advanced", option.advanced},
                    {"help", option.help}});
  }
  if (as_json) {
    std::cout << list.dump(2) << "\n";
    return;
  }
  for (const json& option : list) {
    std::cout << option["key"].get<std::string>() << " = " << option["default"].dump() << "  ("
              << option["type"].get<std::string>();
    if (!option["unit"].get<std::string>().empty()) std::cout << ", " << option["unit"].get<std::string>();
    std::cout << ")\n    " << option["help"].get<std::string>() << "\n";
  }
}

void tasks() {
  json list = json::array();
  for (const Task& task : list_tasks()) {
    list.push_back({{"name", task.name},
                    {"title", task.title},
                    {"description", task.description},
                    {"kind", task.auto_kind ? "auto" : task_kind_name(task.kind)},
                    {"labels", task.labels},
                    {"metrics", task.metrics},
                    {"bundled", task.bundled},
                    {"text_column", task.text_column},
                    {"text_pair_column", task.text_pair_column},
                    {"label_column", task.label_column},
                    {"licence", task.licence},
                    {"attribution", task.attribution}});
    json presets = json::array();
    for (const TaskPreset& preset : task.presets) {
      presets.push_back({{"name", preset.name},
                         {"source", preset.source},
                         {"published", preset.published},
                         {"note", preset.note},
                         {"settings", preset.settings}});
    }
    list.back()["presets"] = presets;
  }
  if (as_json) {
    std::cout << list.dump(2) << "\n";
    return;
  }
  for (const json& task : list) {
    std::printf("%-12s %-15s %s%s\n", task["name"].get<std::string>().c_str(), task["kind"].get<std::string>().c_str(),
                task["title"].get<std::string>().c_str(), task["bundled"].get<bool>() ? " (bundled)" : "");
  }
}

void models() {
  json list = json::array();
  for (const ModelEntry& model : list_models()) {
    list.push_back({{"name", model.name},
                    {"folder", model.folder.string()},
                    {"family", model.family},
                    {"bytes", model.bytes},
                    {"bundled", model.bundled},
                    {"problem", model.problem}});
  }
  if (as_json) {
    std::cout << list.dump(2) << "\n";
    return;
  }
  for (const json& model : list) {
    const std::string problem = model["problem"].get<std::string>();
    std::printf("%-32s %-12s %8.1f MB  %s\n", model["name"].get<std::string>().c_str(),
                model["family"].get<std::string>().c_str(), model["bytes"].get<double>() / 1e6,
                problem.empty() ? model["folder"].get<std::string>().c_str() : problem.c_str());
  }
}

void runs() {
  json list = json::array();
  for (const RunRow& run : list_runs()) {
    list.push_back({{"folder", run.folder.string()},
                    {"name", run.name},
                    {"note", run.note},
                    {"method", run.method},
                    {"model", run.model},
                    {"task", run.task},
                    {"status", name_of(run.status)},
                    {"step", run.step},
                    {"total_steps", run.total_steps},
                    {"metric", run.metric},
                    {"score", run.score ? json(*run.score) : json()},
                    {"loss", run.loss ? json(*run.loss) : json()},
                    {"started", run.started},
                    {"seconds", run.seconds},
                    {"problem", run.problem}});
  }
  if (as_json) {
    std::cout << list.dump(2) << "\n";
    return;
  }
  for (const json& run : list) {
    std::printf("%-36s %-5s %-10s %6lld/%-6lld %s %s\n", run["name"].get<std::string>().c_str(),
                run["method"].get<std::string>().c_str(), run["status"].get<std::string>().c_str(),
                static_cast<long long>(run["step"].get<int64_t>()),
                static_cast<long long>(run["total_steps"].get<int64_t>()), run["metric"].get<std::string>().c_str(),
                run["score"].is_null() ? "" : run["score"].dump().c_str());
  }
}

}  // namespace

void add_lists(CLI::App& app) {
  const auto add = [&app](const char* name, const char* description, void (*print)()) {
    CLI::App* command = app.add_subcommand(name, description);
    command->add_flag("--json", as_json, "As JSON");
    command->callback(print);
  };
  add("options", "Every setting with its type, default and help", options);
  add("tasks", "The known tasks", tasks);
  add("models", "The models that can be named", models);
  add("runs", "The runs on this machine", runs);
}

}  // namespace mtlora::cli
