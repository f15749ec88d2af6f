// Adapters as files: the native form (A, B, C, D apart) and PEFT's LoRA form (T folded in).
#pragma once

#include <string>
#include <vector>

#include "adapter/adapter_config.h"
#include "adapter/adapter_set.h"
#include "io/tensor_file.h"

namespace mtlora {

// The tensors of an adapter on disk, with their configuration. `folder` holds adapter_config.json and
// adapter_model.safetensors or adapter_model.bin. Throws Error(BadInput) for a kind that is no LoRA (naming it),
// Error(File).
struct AdapterFolder {
  explicit AdapterFolder(const Path& folder);
  Path folder;
  AdapterConfig config;
  TensorFile tensors;
  bool has_head() const;
  int64_t num_labels() const;  // rows of the head

  // The adapted modules ("bert.encoder.layer.0.attention.self.query"), sorted.
  std::vector<std::string> modules() const;
  // B·T of a module, [out, r] in float64, whole (a split layer's blocks on the diagonal), and A [r, in] as in the file.
  at::Tensor folded_b(const std::string& module) const;
  at::Tensor a(const std::string& module) const;
  // A parameter that is saved whole ("classifier.weight"), or undefined.
  at::Tensor whole(const std::string& parameter) const;
  // s = alpha / r of a module, with patterns and use_rslora.
  double scaling(const std::string& module) const;
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

// Throws Error(BadInput) naming file and tensor where `values` of `source` are not all finite.
void check_finite(const AdapterFolder& source, const std::string& key, const at::Tensor& values);

// PEFT form of an adapter on disk: B' = B·T in float64. Refuses "full". Does not need the model.
void export_peft(const AdapterFolder& source, const Path& folder);
// Native form again, as a copy.
void export_native(const AdapterFolder& source, const Path& folder);

}  // namespace mtlora
