// The trained part of a model: adapters beside frozen layers, the head, and modules trained whole. Its only owner.
#pragma once

#include <string>
#include <vector>

#include "adapter/adapted_linear.h"
#include "config/run_config.h"

namespace mtlora {

enum class Role { A, B, T, Weight };  // T: the matrices C and D; Weight: a head or a whole module

struct Trainable {
  std::string key;  // in the adapter file: "base_model.model.<module>.lora_A.weight"
  Role role;
  bool decays;  // weight decay applies: not to biases and norms
  at::Tensor tensor;
};

class AdapterSet {
 public:
  // Lays adapters onto the layers that `options` selects (or, for "full", makes every weight trainable) and takes the
  // model's head and modules_to_save into training. New adapters start as `options.init` says, from `seed`. The model
  // must outlive the set. Throws Error(BadInput) with its field.
  static std::unique_ptr<AdapterSet> attach(Model& model, const AdapterOptions& options, uint64_t seed);

  const AdapterOptions& options() const { return options_; }
  const std::vector<std::shared_ptr<Adapter>>& adapters() const { return adapters_; }
  const std::vector<Linear*>& adapted() const { return adapted_; }  // the layer of each adapter
  const std::vector<Trainable>& trainables() const { return trainables_; }
  int64_t adapter_parameter_count() const;
  int64_t trainable_parameter_count() const;
  // Names of the modules that are trained whole, head included ("classifier"), as PEFT's modules_to_save lists them.
  const std::vector<std::string>& saved_modules() const { return saved_modules_; }

 private:
  void add_adapter(Linear& linear, const Method& method, uint64_t seed);
  void add_trained(const std::string& name, const std::string& module, at::Tensor& tensor);
  void add_trained(NamedTensor& parameter);
  void add_trained(Linear& linear);

  AdapterOptions options_;
  std::vector<std::shared_ptr<Adapter>> adapters_;
  std::vector<Linear*> adapted_;
  std::vector<Trainable> trainables_;
  std::vector<std::string> saved_modules_;
};

// s = lora_alpha / r, or lora_alpha / √r with use_rslora.
double adapter_scaling(const AdapterOptions& options);

// What a name in modules_to_save selects: "pooler" selects "bert.pooler.dense" and all else inside a module of that
// name.
bool module_selected(const std::string& parameter, const std::string& wanted);

}  // namespace mtlora
