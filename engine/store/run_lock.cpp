#include "store/run_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/error.h"

namespace mtlora {

namespace {

// Locks of the open file description: they end with it, and two of one process exclude each other too. Unlike flock
// they can be asked after without being taken.
struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

pid_t written_owner(int descriptor) {  // 0: the file does not say
  char text[16] = {};
  if (::pread(descriptor, text, sizeof text - 1, 0) <= 0) return 0;
  return static_cast<pid_t>(std::strtol(text, nullptr, 10));
}

std::string owner_of(int descriptor) {
  const pid_t process = written_owner(descriptor);
  return process == 0 ? "another process" : "process " + std::to_string(process);
}

}  // namespace

RunLock::RunLock(const Path& folder) {
  const Path file = folder / "owner.lock";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw file_error("'" + file.string() + "' could not be written: " + std::strerror(errno),
                     "Choose a run folder that this user may write.");
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(descriptor_, F_OFD_SETLK, &lock) != 0) {
    const int reason = errno;
    const std::string owner = owner_of(descriptor_);
    ::close(descriptor_);
    if (reason == EAGAIN || reason == EACCES)
      throw bad_input("run folder '" + folder.string() + "' is in use by " + owner,
                      "Wait for that run to end, stop it, or choose another folder.", "output.output_dir");
    throw file_error("'" + file.string() + "' could not be locked: " + std::strerror(reason),
                     "Choose a run folder on a disk that supports file locks.");
  }
  // For messages alone; a full disk does not matter here.
  const std::string process = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, process.data(), process.size(), 0) < 0) return;
}

// The file stays: to remove it would let two processes lock two different files of the same name.
RunLock::~RunLock() { ::close(descriptor_); }

bool RunLock::is_held(const Path& folder) {
  const int descriptor = ::open((folder / "owner.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  struct flock lock = whole_file(F_RDLCK);
  const bool held = ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(descriptor);
  return held;
}

pid_t RunLock::owner(const Path& folder) {
  if (!is_held(folder)) return 0;
  const int descriptor = ::open((folder / "owner.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  const pid_t process = written_owner(descriptor);
  ::close(descriptor);
  return process;
}

}  // namespace mtlora
