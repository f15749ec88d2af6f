// adapter_config.json, of the native form and of PEFT's.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "config/run_config.h"
#include "model/linear_info.h"

namespace mtlora {

// A fused layer that is adapted by its parts.
struct FusedModule {
  int64_t out_features = 0;
  std::vector<LinearPart> parts;
};

struct AdapterConfig {
  std::string peft_type;  // MTLORA, LORA
  AdapterOptions options;
  std::string base_model;           // folder or name of the base
  std::vector<std::string> labels;  // of a classification; empty: unknown, or a regression
  bool regression = false;
  bool language_model = false;                    // task_type CAUSAL_LM, else SEQ_CLS
  std::string chat_template = {};                 // native form: what a language model was trained with, or ""
  bool fan_in_fan_out = false;                    // the adapted layers keep their weights as [in, out] (Conv1D)
  std::map<std::string, FusedModule> fused = {};  // native form, with split_fused
  std::string task_type = {};                     // PEFT's: CAUSAL_LM, SEQ_CLS, or "" where it is not said
};

constexpr const char* adapter_config_name = "adapter_config.json";

// `folder` holds adapter_config.json. Throws Error(File), and Error(BadInput) that names the file and the key: for a
// kind that is no LoRA, a feature that changes what an adapter computes and is not supported, a value of the wrong
// type.
AdapterConfig read_adapter_config(const Path& folder);

// As PEFT writes it. `saved_modules`: modules_to_save.
nlohmann::ordered_json peft_config_json(const AdapterConfig& config, const std::vector<std::string>& saved_modules);
// With the keys of the native form beside them.
nlohmann::ordered_json native_config_json(const AdapterConfig& config, const std::vector<std::string>& saved_modules);

// {"0": "label", ...}
nlohmann::json id2label_json(const std::vector<std::string>& labels);

// The value of the first pattern that matches a module's name, or what of it stands behind a dot, as PEFT looks up
// rank_pattern and alpha_pattern; else `otherwise`. Throws Error(BadInput) for a broken pattern.
int64_t rank_of(const AdapterOptions& options, const std::string& module);
double alpha_of(const AdapterOptions& options, const std::string& module);

}  // namespace mtlora
