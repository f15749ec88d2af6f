// What the desktop does for a long piece of work. Where the programs that it takes are not installed nothing happens.
#pragma once

#include <memory>
#include <string>

namespace mtlora {

class ChildProcess;

// While one lives, the machine does not go to sleep by itself (systemd-inhibit).
class KeepAwake {
 public:
  explicit KeepAwake(const std::string& reason);
  ~KeepAwake();

 private:
  std::unique_ptr<ChildProcess> inhibitor_;  // it ends with its input, however this process ends
};

// A message among the desktop's notifications (notify-send). Returns at once.
void notify_desktop(const std::string& title, const std::string& text);

}  // namespace mtlora
