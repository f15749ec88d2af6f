#include "base/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include "base/error.h"

namespace mtlora {

static int64_t gpu_count() {
  if (!at::globalContext().hasCUDA()) return 0;
  return at::detail::getCUDAHooks().deviceCount();
}

std::vector<std::string> device_names() {
  std::vector<std::string> names = {"auto", "cpu"};
  for (int64_t i = 0; i < gpu_count(); ++i) names.push_back(i == 0 ? "cuda" : "cuda:" + std::to_string(i));
  return names;
}

c10::Device find_device(const std::string& name) {
  if (name == "cpu") return c10::kCPU;
  if (name == "auto") return gpu_count() > 0 ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
  for (const std::string& known : device_names()) {
    if (known == name) return c10::Device(name == "cuda" ? "cuda:0" : name);
  }
  throw bad_input("train.device: this machine has no device '" + name + "'", "Choose auto or cpu.", "train.device");
}

std::string device_text(c10::Device device) {
  if (device.is_cpu()) {
    const int threads = at::get_num_threads();
    return "CPU, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
  }
  return "GPU " + std::to_string(device.index());
}

}  // namespace mtlora
