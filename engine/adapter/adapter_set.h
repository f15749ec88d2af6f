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

  // Several sets may belong to one model, of which one at a time is on: without any, the model is the base, bit for
  // bit. A set that is attached is on, and the one before must be off then. Neither copies anything; not during a
  // forward pass.
  void switch_on();
  void switch_off();

  const AdapterOptions& options() const { return options_; }
  const std::vector<std::shared_ptr<Adapter>>& adapters() const { return adapters_; }
  const std::vector<Linear*>& adapted() const { return adapted_; }  // the layer of each adapter
  const std::vector<Trainable>& trainables() const { return trainables_; }
  int64_t adapter_parameter_count() const;
  int64_t trainable_parameter_count() const;
  // Names of the modules that are trained whole, head included ("classifier"), as PEFT's modules_to_save lists them.
  const std::vector<std::string>& saved_modules() const { return saved_modules_; }

 private:
  void add_adapter(Linear& linear, const struct Target& target, const Method& method, uint64_t seed);
  at::Tensor add_trained(const std::string& name, const std::string& module, const at::Tensor& tensor);
  void add_trained(NamedTensor& parameter);
  void add_trained(Linear& linear);

  // What the model holds while the set is on, and what it held before.
  struct Layer {
    Linear* linear;
    std::shared_ptr<LinearOverride> replacement;
  };
  struct Parameter {
    NamedTensor* slot;
    at::Tensor trained, original;
  };

  std::vector<Layer> layers_;
  std::vector<Parameter> parameters_;
  AdapterOptions options_;
  std::vector<std::shared_ptr<Adapter>> adapters_;
  std::vector<Linear*> adapted_;
  std::vector<Trainable> trainables_;
  std::vector<std::string> saved_modules_;
};

// s = lora_alpha / r, or lora_alpha / √r with use_rslora.
double adapter_scaling(double lora_alpha, int64_t r, bool use_rslora);

// What a name in modules_to_save selects: "pooler" selects "bert.pooler.dense" and all else inside a module of that
// name.
bool module_selected(const std::string& parameter, const std::string& wanted);

}  // namespace mtlora
