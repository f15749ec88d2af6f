// The training loop.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapter/adapter_files.h"
#include "config/run_config.h"
#include "data/loader.h"
#include "eval/text_task.h"
#include "record/command.h"
#include "record/event_file.h"
#include "train/checkpoint.h"

namespace mtlora {

// A set that is scored beside the validation or the test examples (MNLI's mismatched one).
struct AlsoExamples {
  std::string name;  // its scores are "<metric>_<name>"
  bool test = false;
  std::vector<Example> examples;
};

// What a run trains and is scored on.
struct TrainingData {
  std::vector<Example> train, validation, test;
  TaskKind kind = TaskKind::Classification;
  std::vector<std::string> metrics;
  std::string best_metric;  // that chooses the best checkpoint: one of them that evaluations give, or eval_loss
  std::vector<AlsoExamples> also;
  // Of a task whose answer is a text: what the model is to write, with metrics to score it by.
  std::optional<TextTask> validation_texts, test_texts;
};

// The outside of a running job.
struct RunHooks {
  EventSink sink;
  // Commands that have arrived; waits for one if `wait`.
  std::function<std::vector<Command>(bool wait)> commands;
  std::function<bool()> stop_asked;               // a Stop has arrived; leaves it for `commands`
  std::function<void(const std::string&)> stage;  // "Training", ...
};

struct RunSummary {
  std::string status = "completed";      // or "stopped"
  std::map<std::string, double> scores;  // of the best checkpoint; of the test file under "test_<metric>"
  TrainState state;
  double seconds_to_first_step = 0;  // from the `started` given to the trainer
};

class Trainer {
 public:
  // `started`: Unix seconds when the person asked for the run. All outlive the trainer.
  Trainer(const RunConfig& config, Model& model, AdapterSet& adapters, const AdapterConfig& adapter_config,
          const TrainingData& data, const Path& run_folder, const RunHooks& hooks, double started);

  int64_t total_steps() const { return total_steps_; }
  const TrainState& state() const { return state_; }
  // Continues from the newest whole checkpoint. Returns its step (0: there is none).
  int64_t resume();

  // Trains to the end, or until a Stop. Leaves the best weights (else the last) in the model and the run's adapter/.
  // Throws Error(Diverged) naming the step whose loss is not finite.
  RunSummary run();

 private:
  void train_step();
  at::Tensor loss_sum(const PackedBatch& batch, ForwardContext& context);
  void log_step(bool force);
  void evaluate(bool scheduled = true);
  void score_also(bool test, const std::string& prefix, std::map<std::string, double>& scores);
  void write_samples();
  std::optional<std::map<std::string, double>> score_texts(const TextTask& task, const std::string& name);
  void record_geometry();
  void save(bool best);
  void obey(const std::vector<Command>& commands);
  void wait_while_paused();
  void check_finite(double value, const char* what, int64_t step) const;
  void check_pending();
  void finish_with_best();
  bool better(double score) const;
  void emit(decltype(Event::body) body) const;

  const RunConfig& config_;
  Model& model_;
  AdapterSet& adapters_;
  const AdapterConfig& adapter_config_;
  const TrainingData& data_;
  const Path run_folder_;
  const RunHooks& hooks_;
  const double started_;

  const std::vector<std::vector<size_t>> places_;
  TrainOrder order_;
  AdamW optimizer_;
  TrainState state_;
  std::map<std::string, Frame> frames_;
  int64_t total_steps_ = 0, warmup_steps_ = 0, eval_interval_ = 0;
  bool stop_ = false, paused_ = false;
  bool changed_since_checkpoint_ = false;  // by a step, an evaluation, a command
  double seconds_to_first_step_ = 0;

  // Since the last step event; read off the device only when it is written.
  at::Tensor loss_, grad_norm_;
  double window_seconds_ = 0;
  int64_t window_examples_ = 0, window_tokens_ = 0;
};

// Examples by the place that they take in a batch: one each, or filled up (data.packing).
std::vector<std::vector<size_t>> training_places(const RunConfig& config, const std::vector<Example>& examples);

// Optimiser steps of a run on so many places.
int64_t count_steps(const TrainOptions& options, int64_t places);
int64_t steps_per_epoch(const TrainOptions& options, int64_t places);

}  // namespace mtlora
