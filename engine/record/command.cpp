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

}  // namespace mtlora
