// This process and the machine: memory and time.
#pragma once

namespace mtlora {

struct MemoryState {
  double used_mib = 0;                 // resident, this process
  double peak_mib = 0;                 // the most it has been
  double total_mib = 0, free_mib = 0;  // of the machine; free: what a program can still get
};
MemoryState memory_state();

// While one lives, memory that is freed stays with the process: a training step frees and takes the same tensors again
// and again, and without it the C library hands their pages back and faults them in anew each time. What is free goes
// back at the end. (glibc; elsewhere it does nothing.)
class KeepFreedMemory {
 public:
  KeepFreedMemory();
  ~KeepFreedMemory();
  KeepFreedMemory(const KeepFreedMemory&) = delete;
  KeepFreedMemory& operator=(const KeepFreedMemory&) = delete;
};

// Unix seconds when this process started.
double process_start_time();

}  // namespace mtlora
