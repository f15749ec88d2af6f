#include "adapter/adapter_set.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "adapter/target_modules.h"
#include "base/error.h"

namespace mtlora {

namespace {

constexpr const char* key_prefix = "base_model.model.";

at::Tensor uniform(const std::string& name, at::IntArrayRef shape, double bound, uint64_t seed) {
  RandomStream random(seed, purpose_of(name));
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(bound * (2 * random.uniform() - 1));
  return tensor;
}

at::Tensor gaussian(const std::string& name, at::IntArrayRef shape, double deviation, uint64_t seed) {
  RandomStream random(seed, purpose_of(name));
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(deviation * random.normal());
  return tensor;
}

bool is_norm_or_bias(const std::string& name) {
  return name.ends_with(".bias") || name.find("LayerNorm") != std::string::npos ||
         name.find("norm.") != std::string::npos || name.find(".ln_") != std::string::npos;
}

std::string module_of(const std::string& parameter) { return parameter.substr(0, parameter.rfind('.')); }

}  // namespace

double adapter_scaling(double lora_alpha, int64_t r, bool use_rslora) {
  const double rank = static_cast<double>(r);
  return lora_alpha / (use_rslora ? std::sqrt(rank) : rank);
}

bool module_selected(const std::string& parameter, const std::string& wanted) {
  const std::string name = "." + module_of(parameter) + ".";
  return name.find("." + wanted + ".") != std::string::npos;
}

std::unique_ptr<AdapterSet> AdapterSet::attach(Model& model, const AdapterOptions& options, uint64_t seed) {
  auto set = std::make_unique<AdapterSet>();
  set->options_ = options;
  std::vector<Linear*> linears;
  for (Linear& linear : model.linears()) linears.push_back(&linear);
  if (options.method == "full") {
    for (NamedTensor& parameter : model.other_parameters()) set->add_trained(parameter);
    for (Linear* linear : linears) set->add_trained(*linear);
  } else {
    const Method& method = find_method(options.method);
    std::vector<LinearInfo> infos;
    for (const Linear* linear : linears) infos.push_back(linear->info);
    std::vector<bool> whole(linears.size());
    for (const std::string& wanted : options.modules_to_save) {
      bool any = false;
      for (size_t i = 0; i < linears.size(); ++i) {
        if (!module_selected(infos[i].name + ".weight", wanted)) continue;
        whole[i] = any = true;
      }
      for (NamedTensor& parameter : model.other_parameters()) {
        if (!module_selected(parameter.name, wanted)) continue;
        set->add_trained(parameter);
        any = true;
      }
      for (const NamedTensor& parameter : model.head()) any = any || module_selected(parameter.name, wanted);
      if (!any) {
        throw bad_input("adapter.modules_to_save: this model has no module '" + wanted + "'",
                        "Give the name of a module, such as pooler.", "adapter.modules_to_save");
      }
    }
    for (const Target& target : match_targets(infos, options)) {
      if (whole[target.linear]) continue;  // trained whole: an adapter beside it would be a second way to do the same
      set->add_adapter(*linears[target.linear], target, method, seed);
    }
    for (size_t i = 0; i < linears.size(); ++i) {
      if (whole[i]) set->add_trained(*linears[i]);
    }
    if (options.bias != "none") set->add_biases(model);
  }
  for (NamedTensor& parameter : model.head()) set->add_trained(parameter);
  set->switch_on();
  return set;
}

void AdapterSet::add_adapter(Linear& linear, const Target& target, const Method& method, uint64_t seed) {
  const int64_t r = target.rank(), in = linear.info.in_features;
  int64_t out = target.parts.empty() ? linear.info.out_features : 0;
  for (const LinearPart& part : target.parts) out += part.rows;
  const std::string key = key_prefix + linear.info.name;
  const double bound_in = 1.0 / std::sqrt(static_cast<double>(in)), bound_r = 1.0 / std::sqrt(static_cast<double>(r));
  const bool identity = options_.init == "identity";
  auto adapter = std::make_shared<Adapter>();
  adapter->module = linear.info.name;
  adapter->method = &method;
  adapter->r = r;
  adapter->scaling = adapter_scaling(target.lora_alpha, target.r, options_.use_rslora);
  adapter->parts = target.parts;
  adapter->out_features = linear.info.out_features;
  adapter->dropout = options_.lora_dropout;
  adapter->a =
      identity ? gaussian(key + ".lora_A", {r, in}, bound_r, seed) : uniform(key + ".lora_A", {r, in}, bound_in, seed);
  adapter->b = at::zeros({out, target.r}, at::kFloat);
  if (method.matrices >= 1) {
    adapter->c =
        identity ? method.identity_c * at::eye(r, at::kFloat) : uniform(key + ".lora_C", {r, r}, bound_r, seed);
  }
  if (method.matrices >= 2) {
    adapter->d =
        identity ? method.identity_d * at::eye(r, at::kFloat) : uniform(key + ".lora_D", {r, r}, bound_r, seed);
  }
  const auto train = [&](at::Tensor& tensor, const char* name, Role role) {
    if (!tensor.defined()) return;
    tensor = tensor.to(linear.frozen->weight().device()).requires_grad_(true);
    trainables_.push_back({key + "." + name + ".weight", role, true, tensor});
  };
  train(adapter->a, "lora_A", Role::A);
  train(adapter->b, "lora_B", Role::B);
  train(adapter->c, "lora_C", Role::T);
  train(adapter->d, "lora_D", Role::T);
  layers_.push_back({&linear, adapter});
  adapters_.push_back(std::move(adapter));
  adapted_.push_back(&linear);
}

at::Tensor AdapterSet::add_trained(const std::string& name, const std::string& module, const at::Tensor& tensor) {
  // A copy: what the model holds may be a mapped file, or in half precision.
  const at::Tensor trained = tensor.detach().to(at::kFloat).clone(at::MemoryFormat::Contiguous).requires_grad_(true);
  trainables_.push_back({key_prefix + name, Role::Weight, !is_norm_or_bias(name), trained});
  if (std::find(saved_modules_.begin(), saved_modules_.end(), module) == saved_modules_.end())
    saved_modules_.push_back(module);
  return trained;
}

void AdapterSet::add_trained(NamedTensor& parameter) {
  const std::string module = parameter.module.empty() ? module_of(parameter.name) : parameter.module;
  parameters_.push_back({&parameter, add_trained(parameter.name, module, parameter.tensor), parameter.tensor});
}

void AdapterSet::add_trained(Linear& linear) {
  auto trained = std::make_shared<TrainedLinear>();
  const at::Tensor& weight = linear.frozen->weight();
  trained->weight =
      add_trained(linear.info.name + ".weight", linear.info.name, linear.info.transposed ? weight.t() : weight);
  if (linear.bias.defined()) trained->bias = add_trained(linear.info.name + ".bias", linear.info.name, linear.bias);
  layers_.push_back({&linear, trained});
}

// As PEFT's `bias`: the biases of adapted layers, or all of the model.
void AdapterSet::add_biases(Model& model) {
  const auto train = [&](const std::string& key, const at::Tensor& bias) {
    const at::Tensor trained = bias.detach().clone().requires_grad_(true);
    trainables_.push_back({key_prefix + key, Role::Weight, false, trained});
    return trained;
  };
  std::vector<Linear*> taken;
  for (const Layer& layer : layers_) taken.push_back(layer.linear);
  for (size_t i = 0; i < adapters_.size(); ++i) {
    const Linear& linear = *adapted_[i];
    if (linear.bias.defined()) adapters_[i]->bias = train(linear.info.name + ".base_layer.bias", linear.bias);
  }
  if (options_.bias != "all") return;
  for (Linear& linear : model.linears()) {
    if (!linear.bias.defined() || std::find(taken.begin(), taken.end(), &linear) != taken.end()) continue;
    auto trained = std::make_shared<TrainedBias>();
    trained->bias = train(linear.info.name + ".bias", linear.bias);
    layers_.push_back({&linear, trained});
  }
  for (NamedTensor& parameter : model.other_parameters()) {
    const auto same = [&](const Parameter& one) { return one.slot == &parameter; };
    if (!parameter.name.ends_with(".bias") || std::any_of(parameters_.begin(), parameters_.end(), same)) continue;
    parameters_.push_back({&parameter, train(parameter.name, parameter.tensor), parameter.tensor});
  }
}

void AdapterSet::switch_on() {
  for (const Layer& layer : layers_) layer.linear->replacement = layer.replacement;
  for (const Parameter& parameter : parameters_) parameter.slot->tensor = parameter.trained;
}

void AdapterSet::switch_off() {
  for (const Layer& layer : layers_) layer.linear->replacement.reset();
  for (const Parameter& parameter : parameters_) parameter.slot->tensor = parameter.original;
}

int64_t AdapterSet::adapter_parameter_count() const {
  int64_t count = 0;
  for (const Trainable& trainable : trainables_) count += trainable.role == Role::Weight ? 0 : trainable.tensor.numel();
  return count;
}

int64_t AdapterSet::trainable_parameter_count() const {
  int64_t count = 0;
  for (const Trainable& trainable : trainables_) count += trainable.tensor.numel();
  return count;
}

}  // namespace mtlora
