// One run as the pages draw it: its settings and its events sorted into series. Plain values.
#pragma once

#include <QString>
#include <optional>
#include <vector>

#include "api/api.h"
#include "score_text.h"

namespace mtlora::ui {

struct RunData {
  Path folder;
  RunConfig config;
  QString name;
  std::vector<std::string> labels;  // of a classification

  int64_t total_steps = 0, trainable_parameters = 0;
  double started = 0, last_time = 0;  // Unix seconds of the first and the last event
  std::vector<StepDone> steps;
  std::vector<EvalDone> evals;
  std::vector<GeometryRecorded> geometry;
  std::vector<CheckpointSaved> checkpoints;
  std::vector<SampleMade> samples;                // what a language model wrote at its evaluations
  std::map<std::string, double> end_scores;       // of a run that has ended, test_* among them
  std::string default_metric;                     // the task's first, where it is known
  std::vector<Event> log;                         // commands, evaluations, checkpoints, start and end, in order
  std::vector<std::pair<int64_t, double>> times;  // (step, seconds of training): the axis "time"
  double clock_zero = 0;                          // Unix seconds at which the axis "time" is 0; moves on a resume
  std::optional<RunFinished> finished;

  void add(const Event& event);
  int64_t step() const;                                     // the last one known
  double secondsAt(int64_t step) const;                     // of training, between known times; NaN while unknown
  double epochAt(int64_t step) const;                       // NaN while unknown
  std::optional<double> score(const EvalDone& eval) const;  // of metric()
  double seconds_left() const;                              // from the last rates; NaN while unknown
  // The score that chooses the best checkpoint: as configured, else the task's first, else the first evaluated.
  QString metric() const;
  std::optional<std::pair<int64_t, double>> best() const;  // (step, score) of that metric
};

RunData run_data(const RunRecord& record);

}  // namespace mtlora::ui
