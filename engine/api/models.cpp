// The part of api.h about models and the machine.
#include <ATen/Parallel.h>
#include <torch/version.h>

#include "adapter/target_modules.h"
#include "api/api.h"
#include "base/device.h"
#include "base/error.h"
#include "base/process.h"
#include "io/model_folder.h"
#include "model/model.h"
#include "model/registry.h"

namespace mtlora {

std::string version() { return "mtlora " MTLORA_VERSION " (LibTorch " TORCH_VERSION ")"; }

void initialise() {
  std::vector<std::string> tasks;
  for (const Task& task : list_tasks()) tasks.push_back(task.name);
  set_option_choices("data.task", tasks);
  set_option_choices("train.device", device_names());
}

std::vector<ModelEntry> list_models() {
  std::vector<ModelEntry> entries;
  for (const FoundModel& found : list_model_folders()) {
    ModelEntry entry;
    entry.name = found.name;
    entry.folder = found.folder;
    entry.bundled = found.bundled;
    entry.bytes = model_facts(found.folder).weight_bytes;
    try {
      const ModelConfig config(found.folder);
      entry.family = config.model_type();
      family_of(config);
    } catch (const Error& error) {
      entry.problem = error.what();
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

ModelInfo inspect_model(const std::string& name_or_path) {
  ModelInfo info;
  info.name = name_or_path;
  info.folder = find_model_folder(name_or_path);
  const ModelConfig config(info.folder);
  const ModelShape shape = describe_model(info.folder, {});
  info.family = config.model_type();
  info.dtype = model_facts(info.folder).dtype;
  info.parameters = shape.parameters;
  info.layers = shape.layers;
  info.hidden_size = shape.hidden_size;
  info.vocabulary_size = shape.vocabulary_size;
  info.max_positions = shape.max_positions;
  info.linears = shape.linears;
  return info;
}

MachineState machine_state() {
  const MemoryState memory = memory_state();
  return {device_text(find_device("auto")), memory.used_mib, memory.total_mib, memory.free_mib};
}

}  // namespace mtlora
