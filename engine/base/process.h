// This process and the machine: memory and time.
#pragma once

namespace mtlora {

struct MemoryState {
  double used_mib = 0;                 // resident, this process
  double peak_mib = 0;                 // the most it has been
  double total_mib = 0, free_mib = 0;  // of the machine; free: what a program can still get
};
MemoryState memory_state();

// Unix seconds when this process started.
double process_start_time();

}  // namespace mtlora
