// What a person may ask of a running job. Taken between optimiser steps, echoed as a CommandTaken event.
#pragma once

#include <optional>
#include <string>

namespace mtlora {

struct Command {
  enum class Kind { Pause, Resume, Stop, Save, Evaluate, SetLearningRate };
  Kind kind;
  double value = 0;  // SetLearningRate: the new peak rate, which the schedule goes on to scale
};

// "pause", "resume", "stop", "save", "evaluate", "set_learning_rate".
std::string name_of(Command::Kind kind);
// The other way; nothing for an unknown name.
std::optional<Command::Kind> command_named(const std::string& name);

}  // namespace mtlora
