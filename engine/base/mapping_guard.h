// A mapped file that another program cuts short: the system answers a read of a page that is gone with SIGBUS, which
// would end the program.
#pragma once

#include <cstddef>

namespace mtlora {

// Guards the mapping [begin, begin + bytes) as long as it lives: a read of a page that is gone finds zeros, and the
// mapping is marked as damaged. Whoever used the bytes asks `damaged` afterwards.
//
// The first guard installs a handler of SIGBUS for the whole program. It runs on the thread that faulted, takes no lock
// and allocates nothing: it walks a list of atomic slots that only grows, and maps a page of zeros over the faulting
// one, which two threads may do at once. A SIGBUS outside every guarded mapping goes to the handler that was there
// before, or ends the program as it would have. A guard may be made and destroyed on any thread, but, as ever, no one
// may read a mapping while it is unmapped; destroy the guard before unmapping.
class MappingGuard {
 public:
  MappingGuard(const void* begin, size_t bytes);
  ~MappingGuard();
  MappingGuard(const MappingGuard&) = delete;
  MappingGuard& operator=(const MappingGuard&) = delete;
  bool damaged() const noexcept;

 private:
  struct Slot;
  friend struct MappingGuardHandler;
  Slot* slot_;
};

}  // namespace mtlora
