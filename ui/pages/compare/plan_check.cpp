#include "plan_check.h"

#include <algorithm>
#include <set>

#include "config/run_file.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

constexpr int quickDelay = 60, slowDelay = 500;  // ms

struct Known {  // how long a step took
  std::string model, task;
  double seconds = 0;
};

std::string model_name(const RunConfig& config) {
  const Path model = Path(config.model.name_or_path).lexically_normal();
  return (model.has_filename() ? model : model.parent_path()).filename().string();
}

// Of every completed run, of this page and of Runs. Reads folders.
std::vector<Known> known_runs() {
  std::vector<Known> known;
  std::set<Path> seen;  // a run of a comparison that was opened stands in the list too
  for (const Path& folder : list_comparisons()) {
    try {
      for (const ComparedRun& run : read_comparison(folder).runs) {
        seen.insert(run.folder);
        if (run.state == ComparedState::Completed && run.step > 0)
          known.push_back(
              {model_name(run.run.config), run.run.config.data.task, run.seconds / static_cast<double>(run.step)});
      }
    } catch (const Error&) {
      continue;  // the page says what is wrong with it
    }
  }
  for (const RunRow& row : list_runs())
    if (row.status == RunStatus::Completed && row.step > 0 && !seen.contains(row.folder))
      known.push_back({row.model, row.task, row.seconds / static_cast<double>(row.step)});
  return known;
}

// The first run of each task: its variants and seeds have the same data and steps.
std::vector<RunConfig> one_run_of_each_task(const Plan& plan) {
  std::vector<RunConfig> configs;
  std::set<std::string> seen;
  for (const PlannedRun& run : first_runs(plan))
    if (seen.insert(run.task).second) configs.push_back(run.config);
  return configs;
}

std::string key_of(const RunConfig& config) { return to_json(config).dump(); }

struct Sized {
  PlanSizes sizes;
  std::map<std::string, RunPlan> planned;
};

Sized size_of(const Plan& plan, std::map<std::string, RunPlan> planned) {
  Sized sized{{}, std::move(planned)};
  PlanSizes& sizes = sized.sizes;
  sizes.runs = run_count(plan);
  sizes.variants = std::ssize(plan.variants);
  const std::vector<Known> known = known_runs();
  const std::vector<RunConfig> configs = one_run_of_each_task(plan);
  double seconds = 0;
  bool all_known = true;
  sizes.same_tasks = true;
  for (const RunConfig& config : configs) {
    auto found = sized.planned.find(key_of(config));
    if (found == sized.planned.end()) found = sized.planned.emplace(key_of(config), plan_run(config)).first;
    for (const std::string& warning : found->second.warnings)
      if (const QString text = QString::fromStdString(warning); !sizes.warnings.contains(text)) sizes.warnings << text;
    double sum = 0, count = 0, of_model = 0, models = 0;
    for (const Known& run : known) {
      if (run.model != model_name(config)) continue;
      of_model += run.seconds, models += 1;
      if (run.task == config.data.task) sum += run.seconds, count += 1;
    }
    if (models == 0) all_known = false;
    if (count == 0) sizes.same_tasks = false, sum = of_model, count = models;
    if (count > 0) seconds += sum / count * static_cast<double>(found->second.total_steps);
    sizes.known_runs += static_cast<int64_t>(count);
  }
  if (all_known && !configs.empty())
    sizes.seconds = seconds / static_cast<double>(configs.size()) * static_cast<double>(sizes.runs);
  return sized;
}

}  // namespace

PlanCheck::PlanCheck(QObject* parent) : QObject(parent), quick_(quickDelay, this), slow_(slowDelay, this) {
  for (Latest* each : {&quick_, &slow_}) connect(each, &Latest::busyChanged, this, &PlanCheck::busyChanged);
}

void PlanCheck::drop() {
  quick_.drop();
  slow_.drop();
}

void PlanCheck::check(const PlanDraft& draft) {
  slow_.drop();
  quick_.ask([draft] { return plan_from_json(plan_json(draft), "the comparison", std::filesystem::current_path()); },
             [this](const Plan& plan) {
               Q_EMIT valid(plan);
               size(plan);
             },
             [this](const Failure& failure) { Q_EMIT failed(sentences(failure.message, failure.hint)); });
}

void PlanCheck::size(const Plan& plan) {
  slow_.ask([plan, planned = planned_] { return size_of(plan, planned); },
            [this](const Sized& sized) {
              planned_ = sized.planned;
              Q_EMIT this->sized(sized.sizes);
            },
            [this](const Failure& failure) { Q_EMIT failed(sentences(failure.message, failure.hint)); });
}

}  // namespace mtlora::ui
