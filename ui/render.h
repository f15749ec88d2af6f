// --render: the curves and the geometry of one run as files, without a window.
#pragma once

#include "base/files.h"

namespace mtlora::ui {

class Application;

// Writes loss, score, learning-rate and gradient-norm (where the run has points of them) and geometry (of the module
// with the largest ΔW at the last recorded step, where there is one), each as PNG and SVG, in light colours, and prints
// their paths. Returns the exit code. Blocks. Throws Error: no run, or no folder that can be written.
int renderRun(Application& app, const Path& run, const Path& folder);

}  // namespace mtlora::ui
