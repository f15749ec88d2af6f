// Checkpoints of a run: written beside, synced, renamed; resumed from the newest whole one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapter/adapter_files.h"
#include "geometry/geometry.h"
#include "train/optimizer.h"

namespace mtlora {

// What a run knows beside its tensors. All random numbers are functions of the seed and these counters.
struct TrainState {
  int64_t step = 0;                 // optimiser steps completed
  int64_t epoch = 0, position = 0;  // data cursor: the epoch and how many of its examples are used
  double learning_rate = 0;         // peak rate, as configured or as a person set it
  double loss_sum = 0;              // Σ loss of the steps since the last step event
  int64_t loss_count = 0;
  std::optional<double> best_score;
  int64_t best_step = 0;
  std::map<std::string, double> best_scores;
  int64_t evaluations_without_gain = 0;
  bool evaluation_due = false;  // a stop cut the one of this step short
  double train_seconds = 0;     // spent in training steps after the third
  int64_t train_examples = 0, train_tokens = 0;
  int64_t geometry_interval = 0;
};

// Writes checkpoints/STEP. `frames` are the geometry's singular frames, by module.
void save_checkpoint(const Path& run_folder, const AdapterSet& set, const AdapterConfig& config, const AdamW& optimizer,
                     const TrainState& state, const std::map<std::string, Frame>& frames);

// Fills all of them from a checkpoint folder. Throws Error naming the file at fault.
void load_checkpoint(const Path& folder, AdapterSet& set, AdamW& optimizer, TrainState& state,
                     std::map<std::string, Frame>& frames);

// Removes all but the newest `keep` and the one of `best_step`.
void prune_checkpoints(const Path& run_folder, int64_t keep, int64_t best_step);

}  // namespace mtlora
