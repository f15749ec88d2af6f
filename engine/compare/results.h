// What the runs of a comparison say, read from their folders.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compare/plan.h"
#include "compare/statistics.h"

namespace mtlora {

enum class ComparedState { Waiting, Running, Paused, Completed, Stopped, Failed };
std::string name_of(ComparedState state);

struct ComparedRun {
  PlannedRun run;
  Path folder;
  ComparedState state = ComparedState::Waiting;
  std::string message;  // why it failed
  int64_t step = 0, total_steps = 0;
  std::string metric;                    // the score's name: "test_" before it where there is a test file with labels
  std::optional<double> score;           // of a completed run
  std::optional<double> choosing_score;  // of its validation rows: values are chosen by this
  int64_t trainable_parameters = 0;
  double seconds = 0;   // wall time
  double peak_mib = 0;  // of the process
  // Over the adapted modules at the last record: how far T turns (mean of the mean rotation angles) and stretches
  // (geometric mean of K's condition numbers). NaN where K is not defined.
  double rotation_degrees = 0, condition = 0;
};
// Never throws for what the folder holds.
ComparedRun read_compared_run(const PlannedRun& run, const Path& folder);

// A variant on a task, or over all tasks.
struct ComparedVariant {
  std::string task;  // "": the average over the tasks
  std::string variant, metric;
  Settings choice;   // chosen for it by `choosing_seeds`
  double scale = 1;  // scores of 0 to 1 are shown times 100
  bool larger_is_better = true;
  std::vector<double> scores;  // of the completed runs, times `scale`
  std::vector<int64_t> seeds;  // of each
  Spread score;
  std::optional<Difference> to_reference;  // paired by seed; none for the reference itself and without a pair
  int64_t trainable_parameters = 0;
  double seconds = 0, peak_mib = 0, rotation_degrees = 0, condition = 0;  // means over the runs; seconds: sum of tasks
  int64_t planned = 0, failed = 0;                                        // runs
};

// better, worse, not told apart, too few seeds; "" for the reference.
std::string verdict_of(const ComparedVariant& variant);

// Of the reported runs, in the plan's order; behind the tasks their average where there are several: the mean over the
// tasks under each seed under which all of them have completed, of scores of 0 to 1 (times 100) only. No scores where
// a task is scored otherwise: a perplexity and an accuracy have no mean.
std::vector<ComparedVariant> compare_variants(const Plan& plan, const std::vector<ComparedRun>& runs);

// For each task and variant the values with the best mean validation score, of those with the most completed seeds;
// nothing for one of which no run has completed.
Choices choose(const std::vector<ComparedRun>& runs);

}  // namespace mtlora
