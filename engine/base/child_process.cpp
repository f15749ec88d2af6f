#include "base/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

extern char** environ;

namespace mtlora {

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, const Path& log,
                           const std::vector<std::string>& environment) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw file_error(std::string("no socket could be made: ") + std::strerror(errno));
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.empty() ? "/dev/null" : log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  // A group of its own: Ctrl+C in a terminal is for this process, which then ends its children in order.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<char*> variables;
  for (const std::string& variable : environment) {
    if (std::getenv(variable.substr(0, variable.find('=')).c_str()) == nullptr) {
      variables.push_back(const_cast<char*>(variable.c_str()));
    }
  }
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  variables.push_back(nullptr);
  const int error = ::posix_spawnp(&process_, argv[0], &actions, &attributes, argv.data(), variables.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  ::close(ends[0]);
  input_ = ends[1];
  if (error != 0) {
    process_ = -1;
    close_input();
    throw file_error("'" + arguments[0] + "' could not be started: " + std::strerror(error));
  }
}

ChildProcess::~ChildProcess() { close_input(); }

bool ChildProcess::write(const std::string& text) {
  if (input_ < 0) return false;
  size_t written = 0;
  while (written < text.size()) {
    // A program that has ended must not end this one by a signal.
    const ssize_t n = ::send(input_, text.data() + written, text.size() - written, MSG_NOSIGNAL);
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) written += static_cast<size_t>(n);
  }
  return true;
}

void ChildProcess::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

void ChildProcess::signal(int number) {
  if (process_ > 0 && !exit_code()) ::kill(process_, number);
}

std::optional<int> ChildProcess::exit_code() {
  if (exit_code_) return exit_code_;
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) == process_) {
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return exit_code_;
}

int ChildProcess::wait() {
  int status = 0;
  while (!exit_code_) {
    if (::waitpid(process_, &status, 0) == process_) {
      exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    } else if (errno != EINTR) {
      exit_code_ = -1;
    }
  }
  return *exit_code_;
}

Path command_line_program() {
  std::error_code error;
  const Path own = std::filesystem::read_symlink("/proc/self/exe", error);
  if (const char* named = std::getenv("MTLORA_PROGRAM"))
    return named;  // for programs that lie elsewhere, such as tests
  const Path beside = own.parent_path() / "mtlora";
  if (std::filesystem::exists(beside, error)) return beside;
  throw file_error("the program 'mtlora' is not in '" + own.parent_path().string() + "'", "Install it again.");
}

}  // namespace mtlora
