#include "record/command.h"

namespace mtlora {

std::string name_of(Command::Kind kind) {
  switch (kind) {
    case Command::Kind::Pause: return "pause";
    case Command::Kind::Resume: return "resume";
    case Command::Kind::Stop: return "stop";
    case Command::Kind::Save: return "save";
    case Command::Kind::Evaluate: return "evaluate";
    case Command::Kind::SetLearningRate: return "set_learning_rate";
  }
  return "";
}

std::optional<Command::Kind> command_named(const std::string& name) {
  for (const Command::Kind kind : {Command::Kind::Pause, Command::Kind::Resume, Command::Kind::Stop,
                                   Command::Kind::Save, Command::Kind::Evaluate, Command::Kind::SetLearningRate}) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace mtlora
