// Who owns a run folder: the process that trains holds a lock on `owner.lock` in it. The kernel frees the lock when the
// process ends in whatever way, so a folder without an end and without an owner is that of a crashed run.
#pragma once

#include <sys/types.h>

#include "base/files.h"

namespace mtlora {

class RunLock {
 public:
  // Takes the folder (which must exist). Throws Error(BadInput) that names the owner's process where another RunLock,
  // of this process or another, has it; Error(File) where the lock file can't be written. Does not wait.
  explicit RunLock(const Path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  // Whether some RunLock has it. Takes nothing, so it never gets in the way of one that is being taken.
  static bool is_held(const Path& folder);
  static pid_t owner(const Path& folder);  // the process that has it; 0: none

 private:
  int descriptor_ = -1;
};

}  // namespace mtlora
