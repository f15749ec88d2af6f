// A whole run: from its settings to its summary, inside its folder.
#pragma once

#include "config/run_config.h"
#include "train/trainer.h"

namespace mtlora {

// Trains `config` in `folder` (which exists and is this process's alone), or goes on from its newest whole checkpoint.
// Everything that goes wrong ends in the returned event, which has been given to the sink too. Blocks for as long as
// the training takes. `started`: Unix seconds when the person asked for the run.
RunFinished run_training(RunConfig config, const Path& folder, bool resume, const RunHooks& hooks, double started);

// Throws Error(BadInput) with its field where data.max_seq_length is more than the model's positions (tokens).
void check_lengths(const RunConfig& config, int64_t max_positions);

// The setting that decides the result and differs between a saved run and one that wants to go on from it, or "".
std::string differing_setting(const RunConfig& saved, const RunConfig& wanted);

}  // namespace mtlora
