// Bodies of the fuzz targets for config.json and adapter_config.json.
#pragma once

#include <vector>

#include "adapter/adapter_files.h"
#include "base/error.h"
#include "fuzz/fuzz_folder.h"
#include "io/safetensors.h"
#include "model/model.h"
#include "model/registry.h"

namespace mtlora {

// The file is an Error: beside it lies a file of weights without any, so that a family gets as far as the first tensor.
inline void read_config(const uint8_t* data, size_t size) {
  static const FuzzFolder folder("config");
  static const bool written = [] {
    write_safetensors(folder.path() / "model.safetensors", {}, {}, false);
    return true;
  }();
  static_cast<void>(written);
  folder.write("config.json", data, size);
  for (const bool writes_text : {false, true}) {
    try {
      LoadOptions options;
      options.task = writes_text ? ModelTask::CausalLm : ModelTask::Classification;
      describe_model(folder.path(), options);
    } catch (const Error&) {
    }
  }
}

// Beside it lies a head of three classes.
inline void read_adapter_config(const uint8_t* data, size_t size) {
  static const FuzzFolder folder("adapter");
  static const bool written = [] {
    const std::vector<float> values(12);
    write_safetensors(folder.path() / "adapter_model.safetensors",
                      {{"base_model.model.classifier.weight", {"F32", {3, 4}, values.data()}}}, {}, false);
    return true;
  }();
  static_cast<void>(written);
  folder.write("adapter_config.json", data, size);
  try {
    const AdapterFolder adapter(folder.path());
    adapter.num_labels();
  } catch (const Error&) {
  }
}

}  // namespace mtlora
