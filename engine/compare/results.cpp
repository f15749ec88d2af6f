#include "compare/results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>

#include "base/json.h"
#include "eval/metrics.h"
#include "eval/text_metrics.h"
#include "record/event_file.h"
#include "store/run_facts.h"
#include "store/run_lock.h"

namespace mtlora {

using nlohmann::json;

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

std::optional<double> number_at(const json& object, const std::string& key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

// "test_accuracy" -> "accuracy"
std::string without_test(const std::string& metric) {
  if (metric == "test_loss") return "eval_loss";
  return metric.starts_with("test_") ? metric.substr(5) : metric;
}

double scale_of(const std::string& metric) {
  const auto& names = metric_names();
  return std::find(names.begin(), names.end(), without_test(metric)) != names.end() ? 100 : 1;
}

void read_summary(const json& summary, const std::string& metric, ComparedRun& run) {
  const json scores = summary.value("scores", json::object());
  run.choosing_score = number_at(scores, metric);
  const std::string of_test = metric == "eval_loss" ? "test_loss" : "test_" + metric;
  run.metric = scores.contains(of_test) ? of_test : metric;
  run.score = number_at(scores, run.metric);
  run.trainable_parameters = static_cast<int64_t>(number_at(summary, "trainable_parameters").value_or(0));
  run.peak_mib = number_at(summary, "peak_rss_mib").value_or(0);
}

void read_geometry(const std::vector<Event>& events, ComparedRun& run) {
  run.rotation_degrees = run.condition = undefined;
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    const auto* geometry = std::get_if<GeometryRecorded>(&event->body);
    if (!geometry) continue;
    double degrees = 0, logarithms = 0, count = 0;
    for (const auto& [module, values] : geometry->modules) {
      if (!std::isfinite(values.mean_rotation_degrees) || !std::isfinite(values.condition)) continue;
      degrees += values.mean_rotation_degrees;
      logarithms += std::log(values.condition);
      count += 1;
    }
    if (count > 0) run.rotation_degrees = degrees / count, run.condition = std::exp(logarithms / count);
    return;
  }
}

ComparedState state_of(const RunRow& row, const Path& folder) {
  switch (row.status) {
    case RunStatus::Completed: return ComparedState::Completed;
    case RunStatus::Failed: return ComparedState::Failed;
    case RunStatus::Stopped: return ComparedState::Stopped;
    default: break;
  }
  if (!RunLock::is_held(folder)) return ComparedState::Stopped;  // it was killed; it will go on
  return row.status == RunStatus::Paused ? ComparedState::Paused : ComparedState::Running;
}

// The mean over the tasks under each seed that all of `of_tasks` have: the rows of one variant.
ComparedVariant average_over_tasks(const std::vector<const ComparedVariant*>& of_tasks) {
  ComparedVariant average;
  average.variant = of_tasks.front()->variant;
  average.metric = "average";
  average.scale = 100;
  std::map<int64_t, std::vector<double>> by_seed;
  std::vector<double> rotations, conditions;
  bool have_one_range = true;
  for (const ComparedVariant* row : of_tasks) {
    have_one_range = have_one_range && (row->scores.empty() || row->scale == 100);
    for (size_t i = 0; i < row->scores.size(); ++i) by_seed[row->seeds[i]].push_back(row->scores[i]);
    average.trainable_parameters = std::max(average.trainable_parameters, row->trainable_parameters);
    average.seconds += row->seconds;
    average.peak_mib = std::max(average.peak_mib, row->peak_mib);
    average.planned = std::max(average.planned, row->planned);
    average.failed += row->failed;
    if (std::isfinite(row->rotation_degrees)) rotations.push_back(row->rotation_degrees);
    if (std::isfinite(row->condition)) conditions.push_back(std::log(row->condition));
  }
  for (const auto& [seed, scores] : by_seed) {
    if (!have_one_range || scores.size() < of_tasks.size()) continue;
    average.seeds.push_back(seed);
    average.scores.push_back(spread_of(scores).mean);
  }
  average.score = spread_of(average.scores);
  average.rotation_degrees = rotations.empty() ? undefined : spread_of(rotations).mean;
  average.condition = conditions.empty() ? undefined : std::exp(spread_of(conditions).mean);
  return average;
}

// Paired by seed; nothing without a pair.
std::optional<Difference> difference_between(const ComparedVariant& row, const ComparedVariant& reference) {
  std::vector<double> a, b;
  for (size_t i = 0; i < row.seeds.size(); ++i) {
    const auto pair = std::find(reference.seeds.begin(), reference.seeds.end(), row.seeds[i]);
    if (pair == reference.seeds.end()) continue;
    a.push_back(row.scores[i]);
    b.push_back(reference.scores[static_cast<size_t>(pair - reference.seeds.begin())]);
  }
  return a.empty() ? std::nullopt : std::optional(paired_difference(a, b));
}

// `rows`: one a variant.
void compare_with_reference(const Plan& plan, std::span<ComparedVariant> rows) {
  const auto reference =
      std::find_if(rows.begin(), rows.end(), [&](const ComparedVariant& row) { return row.variant == plan.reference; });
  for (ComparedVariant& row : rows) {
    if (&row != &*reference) row.to_reference = difference_between(row, *reference);
  }
}

}  // namespace

std::string name_of(ComparedState state) {
  switch (state) {
    case ComparedState::Waiting: return "waiting";
    case ComparedState::Running: return "running";
    case ComparedState::Paused: return "paused";
    case ComparedState::Completed: return "completed";
    case ComparedState::Stopped: return "stopped";
    case ComparedState::Failed: return "failed";
  }
  return "";
}

ComparedRun read_compared_run(const PlannedRun& planned, const Path& folder) {
  ComparedRun run;
  run.run = planned;
  run.folder = folder;
  run.rotation_degrees = run.condition = undefined;
  std::error_code error;
  try {
    json summary;
    if (std::filesystem::exists(folder / "summary.json", error)) summary = read_json(folder / "summary.json");
    if (summary.is_object() && summary.value("status", "") == "failed") {
      run.state = ComparedState::Failed;
      run.message = summary.value("message", "");
      return run;
    }
    if (!std::filesystem::exists(folder / "events.jsonl", error)) return run;
    const RunRow row = read_run_facts(folder, {});
    run.state = state_of(row, folder);
    run.step = row.step;
    run.total_steps = row.total_steps;
    run.seconds = row.seconds;
    const std::vector<Event> events = read_events(folder / "events.jsonl");
    std::string metric = planned.config.eval.metric_for_best_model;
    if (run.state != ComparedState::Completed) return run;
    if (metric.empty()) metric = summary.value("metric", "");
    read_summary(summary, metric, run);
    read_geometry(events, run);
  } catch (const std::exception& problem) {
    run.state = ComparedState::Failed;
    run.message = problem.what();
  }
  return run;
}

std::string verdict_of(const ComparedVariant& variant) {
  if (!variant.to_reference) return "";
  const Difference& difference = *variant.to_reference;
  if (difference.too_few()) return "too few seeds";
  if (!difference.is_clear()) return "not told apart";
  return (difference.mean > 0) == variant.larger_is_better ? "better" : "worse";
}

std::vector<ComparedVariant> compare_variants(const Plan& plan, const std::vector<ComparedRun>& runs) {
  std::vector<ComparedVariant> rows;
  for (const NamedSettings& task : plan.tasks) {
    for (const NamedSettings& variant : plan.variants) {
      ComparedVariant row;
      row.task = task.name;
      row.variant = variant.name;
      std::vector<double> rotations, conditions;
      double completed = 0;
      for (const ComparedRun& run : runs) {
        if (!run.run.is_reported || run.run.task != task.name || run.run.variant != variant.name) continue;
        ++row.planned;
        row.choice = run.run.choice;
        if (run.state == ComparedState::Failed) ++row.failed;
        if (run.state != ComparedState::Completed || !run.score) continue;
        row.metric = run.metric;
        row.scale = scale_of(run.metric);
        row.larger_is_better = larger_is_better(without_test(run.metric));
        row.scores.push_back(*run.score * row.scale);
        row.seeds.push_back(run.run.seed);
        row.trainable_parameters = run.trainable_parameters;
        row.seconds += run.seconds;
        row.peak_mib += run.peak_mib;
        completed += 1;
        if (std::isfinite(run.rotation_degrees)) rotations.push_back(run.rotation_degrees);
        if (std::isfinite(run.condition)) conditions.push_back(std::log(run.condition));
      }
      if (completed > 0) {
        row.score = spread_of(row.scores);
        row.seconds /= completed;
        row.peak_mib /= completed;
      }
      row.rotation_degrees = rotations.empty() ? undefined : spread_of(rotations).mean;
      row.condition = conditions.empty() ? undefined : std::exp(spread_of(conditions).mean);
      rows.push_back(std::move(row));
    }
  }
  const size_t variants = plan.variants.size(), tasks = plan.tasks.size();
  if (tasks > 1) {
    for (size_t i = 0; i < variants; ++i) {
      std::vector<const ComparedVariant*> of_tasks;
      for (size_t task = 0; task < tasks; ++task) of_tasks.push_back(&rows[task * variants + i]);
      ComparedVariant average = average_over_tasks(of_tasks);
      rows.push_back(std::move(average));
    }
  }
  for (size_t first = 0; first < rows.size(); first += variants) {
    compare_with_reference(plan, std::span(rows).subspan(first, variants));
  }
  return rows;
}

Choices choose(const std::vector<ComparedRun>& runs) {
  struct Sum {
    double sum = 0, count = 0;
    bool larger = true;
  };
  std::map<std::pair<std::string, std::string>, std::map<Settings, Sum>> sums;
  for (const ComparedRun& run : runs) {
    if (run.run.is_reported || !run.choosing_score) continue;
    Sum& sum = sums[{run.run.task, run.run.variant}][run.run.choice];
    sum.sum += *run.choosing_score;
    sum.count += 1;
    sum.larger = larger_is_better(without_test(run.metric));
  }
  Choices choices;
  for (const auto& [key, of_choice] : sums) {
    // A value of which a seed failed is not judged by its lucky ones while others have all.
    const auto best = std::max_element(of_choice.begin(), of_choice.end(), [](const auto& a, const auto& b) {
      if (a.second.count != b.second.count) return a.second.count < b.second.count;
      const double first = a.second.sum / a.second.count, second = b.second.sum / b.second.count;
      return a.second.larger ? first < second : first > second;
    });
    choices[key] = best->first;
  }
  return choices;
}

}  // namespace mtlora
