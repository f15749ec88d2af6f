// Where tensors live.
#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace mtlora {

// auto, cpu and, where there is one, cuda (and cuda:1, ...).
std::vector<std::string> device_names();

// Throws Error(BadInput) with field train.device for a device that is not there. auto: the first GPU, else the CPU.
c10::Device find_device(const std::string& name);

// "CPU, 2 threads" or "GPU 0".
std::string device_text(c10::Device device);

}  // namespace mtlora
