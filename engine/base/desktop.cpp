#include "base/desktop.h"

#include "base/child_process.h"
#include "base/error.h"

namespace mtlora {

namespace {

std::unique_ptr<ChildProcess> try_to_start(const std::vector<std::string>& arguments) {
  try {
    return std::make_unique<ChildProcess>(arguments, Path());
  } catch (const Error&) {
    return nullptr;  // not installed
  }
}

}  // namespace

KeepAwake::KeepAwake(const std::string& reason)
    : inhibitor_(
          try_to_start({"systemd-inhibit", "--what=sleep:idle", "--who=MTLoRA Studio", "--why=" + reason, "cat"})) {}

KeepAwake::~KeepAwake() {
  if (!inhibitor_) return;
  inhibitor_->close_input();
  inhibitor_->wait();
}

void notify_desktop(const std::string& title, const std::string& text) {
  const auto program = try_to_start({"notify-send", "--app-name=MTLoRA Studio", title, text});
  if (program) program->wait();
}

}  // namespace mtlora
