// What lies where in a run folder (design, section 6).
#pragma once

#include <cstdint>
#include <vector>

#include "base/files.h"

namespace mtlora {

struct CheckpointFolder {
  int64_t step;  // optimiser steps completed
  Path folder;
};

// checkpoints/N of a run folder that are whole, by rising step. (One that is being written has another name.)
std::vector<CheckpointFolder> list_checkpoints(const Path& run_folder);

// True where the folder holds a run: its run.json is written once data and model have been read.
bool holds_run(const Path& folder);

}  // namespace mtlora
