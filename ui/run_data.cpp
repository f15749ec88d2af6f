#include "run_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mtlora::ui {

namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

// A run that goes on from a checkpoint has lost what came after it.
template <typename T>
void keepUpTo(std::vector<T>& values, int64_t step) {
  std::erase_if(values, [step](const T& value) { return value.step > step; });
}

}  // namespace

void RunData::add(const Event& event) {
  if (started == 0) started = clock_zero = event.time;
  last_time = event.time;
  const auto secondsNow = [&] { return event.time - clock_zero; };

  if (const auto* begun = std::get_if<RunStarted>(&event.body)) {
    total_steps = begun->total_steps;
    trainable_parameters = begun->trainable_parameters;
    finished.reset();
    keepUpTo(steps, begun->step);
    keepUpTo(evals, begun->step);
    keepUpTo(geometry, begun->step);
    keepUpTo(checkpoints, begun->step);
    keepUpTo(samples, begun->step);
    end_scores.clear();
    std::erase_if(times, [&](const auto& time) { return time.first > begun->step; });
    // The time axis counts training, not the night between a crash and the resume.
    if (!times.empty()) clock_zero = event.time - times.back().second;
    log.push_back(event);
  } else if (const auto* done = std::get_if<StepDone>(&event.body)) {
    steps.push_back(*done);
    times.emplace_back(done->step, secondsNow());
  } else if (const auto* eval = std::get_if<EvalDone>(&event.body)) {
    evals.push_back(*eval);
    times.emplace_back(eval->step, secondsNow());
    log.push_back(event);
  } else if (const auto* recorded = std::get_if<GeometryRecorded>(&event.body)) {
    geometry.push_back(*recorded);
  } else if (const auto* saved = std::get_if<CheckpointSaved>(&event.body)) {
    checkpoints.push_back(*saved);
    log.push_back(event);
  } else if (const auto* sample = std::get_if<SampleMade>(&event.body)) {
    samples.push_back(*sample);
  } else if (const auto* end = std::get_if<RunFinished>(&event.body)) {
    finished = *end;
    log.push_back(event);
  } else {
    log.push_back(event);
  }
}

int64_t RunData::step() const {
  int64_t last = steps.empty() ? 0 : steps.back().step;
  if (!evals.empty()) last = std::max(last, evals.back().step);
  if (finished) last = std::max(last, finished->step);
  return last;
}

double RunData::secondsAt(int64_t step) const {
  if (times.empty()) return not_known;
  auto after = std::lower_bound(times.begin(), times.end(), step,
                                [](const auto& time, int64_t value) { return time.first < value; });
  if (after == times.end()) return times.back().second;
  if (after->first == step) return after->second;
  const auto before = after == times.begin() ? std::pair<int64_t, double>{0, 0.0} : *(after - 1);
  const double part = static_cast<double>(step - before.first) / static_cast<double>(after->first - before.first);
  return before.second + part * (after->second - before.second);
}

double RunData::epochAt(int64_t step) const {
  if (steps.empty() || steps.back().step == 0) return not_known;
  return static_cast<double>(step) * steps.back().epoch / static_cast<double>(steps.back().step);
}

double RunData::seconds_left() const {
  if (finished) return 0;
  if (steps.empty() || total_steps <= 0) return not_known;
  // The median of the last rates: one slow interval (an evaluation, another program) does not swing it.
  std::vector<double> rates;
  for (auto it = steps.rbegin(); it != steps.rend() && rates.size() < 9; ++it)
    if (std::isfinite(it->examples_per_second) && it->examples_per_second > 0) rates.push_back(it->examples_per_second);
  if (rates.empty()) return not_known;
  std::nth_element(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2), rates.end());
  const double examplesPerStep = static_cast<double>(config.train.per_device_train_batch_size) *
                                 static_cast<double>(config.train.gradient_accumulation_steps);
  return static_cast<double>(total_steps - step()) * examplesPerStep / rates[rates.size() / 2];
}

QString RunData::metric() const {
  if (!config.eval.metric_for_best_model.empty()) return QString::fromStdString(config.eval.metric_for_best_model);
  if (!default_metric.empty()) return QString::fromStdString(default_metric);
  for (const EvalDone& eval : evals)
    if (!eval.scores.empty()) return QString::fromStdString(eval.scores.begin()->first);
  return {};
}

std::optional<double> RunData::score(const EvalDone& eval) const {
  const std::string chosen = metric().toStdString();
  if (const auto found = eval.scores.find(chosen); found != eval.scores.end()) return found->second;
  if (chosen == "loss" || chosen == "eval_loss") return eval.eval_loss;
  return std::nullopt;
}

std::optional<std::pair<int64_t, double>> RunData::best() const {
  const bool lower = lowerIsBetter(metric());
  std::optional<std::pair<int64_t, double>> best;
  for (const EvalDone& eval : evals) {
    const auto value = score(eval);
    if (!value || !std::isfinite(*value)) continue;
    if (!best || (lower ? *value < best->second : *value > best->second)) best = {eval.step, *value};
  }
  return best;
}

RunData run_data(const RunRecord& record) {
  RunData run;
  run.folder = record.row.folder;
  run.config = record.config;
  run.name = QString::fromStdString(record.row.name.empty() ? record.row.folder.filename().string() : record.row.name);
  run.labels = record.labels;
  run.default_metric = record.row.metric;
  for (const Event& event : record.events) run.add(event);
  if (run.finished) run.end_scores = end_scores(record.row.folder);
  if (run.total_steps == 0) run.total_steps = record.row.total_steps;
  return run;
}

}  // namespace mtlora::ui
