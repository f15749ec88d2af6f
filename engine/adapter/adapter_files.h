// Adapters as files: the native form (A, B, C, D apart) and PEFT's LoRA form (T folded in).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "adapter/adapter_set.h"
#include "io/safetensors.h"

namespace mtlora {

// adapter_config.json of either form.
struct AdapterConfig {
  std::string peft_type;  // MTLORA, LORA
  AdapterOptions options;
  std::string base_model;           // folder or name of the base
  std::vector<std::string> labels;  // of a classification; empty: unknown, or a regression
  bool regression = false;
  bool language_model = false;  // task_type CAUSAL_LM, else SEQ_CLS
};

// The tensors of an adapter on disk, with their configuration. `folder` holds adapter_config.json and
// adapter_model.safetensors. Throws Error(BadInput) for a kind that is no LoRA (naming it), Error(File).
struct AdapterFolder {
  explicit AdapterFolder(const Path& folder);
  Path folder;
  AdapterConfig config;
  SafetensorsFile tensors;
  int64_t num_labels() const;  // rows of the head
};

// The adapter folder that a person means: `path` itself, a run's adapter/ where it has ended, else its newest whole
// checkpoint. Throws Error(BadInput).
Path adapter_folder_of(const std::string& path);

// Copies the tensors into the set, key by key. Throws Error(BadInput) naming the tensor where one is missing, left over
// or of another shape.
void load_into(AdapterSet& set, const AdapterFolder& source);

// Where a new run goes on from an adapter: as load_into where the methods are the same. From a LoRA, or from another
// method (whose T is folded into B), A and B are taken and T starts at the identity. A head of another size stays new.
void start_from(AdapterSet& set, const AdapterFolder& source);

// Native form into `folder` (made if missing): adapter_config.json and adapter_model.safetensors.
void save_native(const AdapterSet& set, const AdapterConfig& config, const Path& folder);

// PEFT form of an adapter on disk: B' = B·T in float64. Refuses "full". Does not need the model.
void export_peft(const AdapterFolder& source, const Path& folder);
// Native form again, as a copy.
void export_native(const AdapterFolder& source, const Path& folder);

}  // namespace mtlora
