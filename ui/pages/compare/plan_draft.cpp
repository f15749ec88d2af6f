#include "plan_draft.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <set>

#include "base/error.h"
#include "config/option_table.h"
#include "config/run_file.h"
#include "pages/new_run/option_texts.h"

namespace mtlora::ui {

using nlohmann::json;

namespace {

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string method_title(const std::string& method) {
  if (method == "lora") return "LoRA";
  if (method == "full") return "Full";
  std::string title = method;
  std::ranges::transform(title, title.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return title;
}

void add_variant(json& variants, const PlanDraft& draft, const std::string& title, const json& settings) {
  struct Start {
    const char *name, *suffix;
  };
  std::vector<Start> starts;
  const bool has_start = settings.at("adapter.method") != "full";
  const bool both = draft.paper && draft.identity && has_start;
  if (draft.paper || !draft.identity || !has_start) starts.push_back({"paper", both ? ", paper" : ""});
  if (draft.identity && has_start) starts.push_back({"identity", both ? ", identity" : ""});
  // What is chosen among, or has one value, is no part of a variant.
  const std::vector<int64_t> ranks =
      draft.choose || draft.ranks.size() < 2 || !has_start ? std::vector<int64_t>{0} : draft.ranks;
  const std::vector<double> rates = draft.choose || draft.rates.size() < 2 ? std::vector<double>{0} : draft.rates;
  for (const Start& start : starts) {
    for (const int64_t rank : ranks) {
      for (const double rate : rates) {
        json own = settings;
        std::string name = title;
        if (has_start) own["adapter.init"] = start.name;
        if (rank > 0) own["adapter.r"] = rank, name += ", r " + std::to_string(rank);
        if (rate > 0) own["train.learning_rate"] = rate, name += ", rate " + number_text(rate);
        variants.push_back({{"name", name + start.suffix}, {"settings", own}});
      }
    }
  }
}

}  // namespace

json plan_json(const PlanDraft& draft) {
  RunConfig config = draft.settings;
  config.output = {};
  config.model.name_or_path = draft.model;
  if (draft.ranks.size() == 1) config.adapter.r = draft.ranks[0];
  if (draft.rates.size() == 1) config.train.learning_rate = draft.rates[0];

  json tasks = json::array();
  std::set<std::string> names;
  for (const TaskDraft& task : draft.tasks) {
    json settings = {{"data.task", task.task},
                     {"data.train_file", task.train_file},
                     {"data.validation_file", task.validation_file},
                     {"data.test_file", task.test_file}};
    // Columns and a metric of another task say nothing about this one.
    if (task.task != draft.settings.data.task) {
      for (const char* key :
           {"data.text_column", "data.text_pair_column", "data.label_column", "eval.metric_for_best_model"})
        settings[key] = "";
    }
    if (task.epochs) settings["train.num_train_epochs"] = *task.epochs, settings["train.max_steps"] = -1;
    std::string name = task.title;
    for (int number = 2; !names.insert(name).second; ++number) name = task.title + " " + std::to_string(number);
    tasks.push_back({{"name", name}, {"settings", settings}});
  }

  json variants = json::array();
  for (const std::string& method : draft.methods) {
    add_variant(variants, draft, method_title(method), {{"adapter.method", method}});
    if (method == "shim" && draft.shim_twice)
      add_variant(variants, draft, "SHIM twice the rate",
                  {{"adapter.method", method}, {"train.t_learning_rate_ratio", 2}});
  }
  if (draft.shim_twice && std::ranges::find(draft.methods, "shim") == draft.methods.end())
    add_variant(variants, draft, "SHIM twice the rate",
                {{"adapter.method", "shim"}, {"train.t_learning_rate_ratio", 2}});

  json seeds = json::array(), choosing = json::array(), choose = json::object();
  for (int64_t i = 0; i < draft.seeds; ++i) seeds.push_back(draft.first_seed + i);
  if (draft.choose) {
    if (draft.ranks.size() > 1) choose["adapter.r"] = draft.ranks;
    if (draft.rates.size() > 1) choose["train.learning_rate"] = draft.rates;
    if (!choose.empty())
      for (int64_t i = 0; i < draft.choosing_seeds; ++i) choosing.push_back(draft.first_seed + draft.seeds + i);
  }
  json plan = {{"name", draft.name},        {"run", to_json(config)}, {"tasks", tasks},
               {"variants", variants},      {"seeds", seeds},         {"choose", choose},
               {"choosing_seeds", choosing}};
  for (const json& variant : variants)
    if (variant["name"] == draft.reference) plan["reference"] = draft.reference;
  return plan;
}

PlanDraft draft_of(const Plan& plan) {
  PlanDraft draft;
  draft.name = plan.name;
  draft.settings = run_config_from_json(plan.run, "run");
  draft.model = draft.settings.model.name_or_path;
  const DataOptions& data = draft.settings.data;
  for (const NamedSettings& task : plan.tasks) {
    const auto text = [&](const char* key, const std::string& otherwise) {
      const auto found = task.settings.find(key);
      return found == task.settings.end() ? otherwise : found->second.get<std::string>();
    };
    TaskDraft one = {text("data.task", data.task),
                     task.name,
                     text("data.train_file", data.train_file),
                     text("data.validation_file", data.validation_file),
                     text("data.test_file", data.test_file),
                     {}};
    if (const auto epochs = task.settings.find("train.num_train_epochs"); epochs != task.settings.end())
      one.epochs = epochs->second.get<double>();
    draft.tasks.push_back(one);
  }
  draft.paper = draft.identity = false;
  const auto add = [](auto& list, const json& value) {
    const auto own = value.get<typename std::decay_t<decltype(list)>::value_type>();
    if (std::ranges::find(list, own) == list.end()) list.push_back(own);
  };
  for (const NamedSettings& variant : plan.variants) {
    const auto value = [&](const char* key, const json& otherwise) {
      const auto found = variant.settings.find(key);
      return found == variant.settings.end() ? otherwise : found->second;
    };
    const std::string method = value("adapter.method", draft.settings.adapter.method);
    const bool twice = method == "shim" && value("train.t_learning_rate_ratio", 1) == 2;
    if (twice)
      draft.shim_twice = true;
    else
      add(draft.methods, method);
    if (method != "full")
      (value("adapter.init", draft.settings.adapter.init) == "identity" ? draft.identity : draft.paper) = true;
    if (const json rank = value("adapter.r", nullptr); !rank.is_null()) add(draft.ranks, rank);
    if (const json rate = value("train.learning_rate", nullptr); !rate.is_null()) add(draft.rates, rate);
  }
  draft.paper = draft.paper || !draft.identity;
  draft.choose = !plan.choose.empty();
  for (const auto& [key, values] : plan.choose) {
    for (const json& value : values) {
      if (key == "adapter.r") add(draft.ranks, value);
      if (key == "train.learning_rate") add(draft.rates, value);
    }
  }
  draft.reference = plan.reference;
  draft.seeds = std::ssize(plan.seeds);
  draft.first_seed = *std::ranges::min_element(plan.seeds);
  if (!plan.choosing_seeds.empty()) draft.choosing_seeds = std::ssize(plan.choosing_seeds);
  return draft;
}

bool form_holds(const Plan& plan) {
  const json made = plan_json(draft_of(plan));
  const auto runs_of = [](const Plan& one) {  // what is trained, whatever it is called
    std::set<std::string> runs;
    for (const PlannedRun& run : first_runs(one)) runs.insert(to_json(run.config).dump());
    return runs;
  };
  try {
    const Plan again = plan_from_json(made, "the form", {});
    return runs_of(again) == runs_of(plan) && again.seeds == plan.seeds && again.choose == plan.choose;
  } catch (const Error&) {
    return false;  // such as no files of a task's own
  }
}

std::optional<std::vector<double>> parse_numbers(const std::string& text) {
  std::vector<double> numbers;
  const char* const separators = ",; \t";
  for (size_t at = text.find_first_not_of(separators); at != std::string::npos;) {
    const size_t end = std::min(text.find_first_of(separators, at), text.size());
    double value = 0;
    const auto [last, error] = std::from_chars(text.data() + at, text.data() + end, value);
    if (error != std::errc() || last != text.data() + end) return std::nullopt;
    if (std::ranges::find(numbers, value) == numbers.end()) numbers.push_back(value);
    at = text.find_first_not_of(separators, end);
  }
  return numbers;
}

int64_t run_count(const Plan& plan) {
  const int64_t reported = std::ssize(plan.tasks) * std::ssize(plan.variants) * std::ssize(plan.seeds);
  return plan.choose.empty() ? reported : reported + std::ssize(first_runs(plan));
}

std::string settings_text(const RunConfig& config) {
  std::string text;
  const RunConfig defaults;
  for (const Option& option : option_table()) {
    if (option.key.starts_with("data.") && option.key != "data.max_seq_length") continue;  // the task's
    static const std::set<std::string> elsewhere = {"adapter.method", "adapter.init", "train.seed",
                                                    "model.name_or_path", "output.output_dir"};
    if (elsewhere.contains(option.key)) continue;
    if (const bool always = option.key == "adapter.r" || option.key == "train.learning_rate" ||
                            option.key == "train.num_train_epochs" || option.key == "train.per_device_train_batch_size";
        always || option.get(config) != option.get(defaults)) {
      const std::string value = option_text(option, option.get(config));
      text += (text.empty() ? "" : " · ") + optionLabel(option).toStdString() + " " + (value.empty() ? "–" : value);
    }
  }
  return text;
}

}  // namespace mtlora::ui
