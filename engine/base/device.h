// Where tensors live, and how much memory there is.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mtlora {

// auto, cpu and, where there is one, cuda (and cuda:1, ...).
std::vector<std::string> device_names();

// Throws Error(BadInput) with field train.device for a device that is not there. auto: the first GPU, else the CPU.
c10::Device find_device(const std::string& name);

// "CPU, 2 threads" or "GPU 0".
std::string device_text(c10::Device device);

struct MemoryState {
  double used_mib = 0;                 // resident, this process
  double peak_mib = 0;                 // the most it has been
  double total_mib = 0, free_mib = 0;  // of the machine; free: what a program can still get
};
MemoryState memory_state();

// Unix seconds when this process started.
double process_start_time();

}  // namespace mtlora
