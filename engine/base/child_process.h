// Another program, as a child of this process.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace mtlora {

class ChildProcess {
 public:
  // Starts `arguments[0]` (looked up in PATH where it has no slash) with a socket as its standard input. Its standard
  // output is dropped; its standard error goes to `log` (empty: dropped). `environment`: NAME=VALUE beside what this
  // process has; a name that is there already stays as it is. Throws Error(File) where it can't be started.
  ChildProcess(const std::vector<std::string>& arguments, const Path& log,
               const std::vector<std::string>& environment = {});
  ~ChildProcess();  // closes its input; does not wait and does not end it
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Writes to its input; false where it no longer reads.
  bool write(const std::string& text);
  void close_input();
  void signal(int number);

  // Its exit code (128 + the signal's number where one ended it), or nothing while it runs.
  std::optional<int> exit_code();
  int wait();  // blocks

 private:
  pid_t process_ = -1;
  int input_ = -1;
  std::optional<int> exit_code_;
};

// The command line program, mtlora, that belongs to this one: beside its executable. Throws Error(File) where it is not
// there.
Path command_line_program();

}  // namespace mtlora
