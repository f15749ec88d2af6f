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

double adapter_scaling(const AdapterOptions& options) {
  const double r = static_cast<double>(options.r);
  return options.lora_alpha / (options.use_rslora ? std::sqrt(r) : r);
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
    for (const size_t i : match_targets(infos, options)) {
      if (whole[i]) continue;  // trained whole: an adapter beside it would be a second way to do the same
      set->add_adapter(*linears[i], method, seed);
    }
    for (size_t i = 0; i < linears.size(); ++i) {
      if (whole[i]) set->add_trained(*linears[i]);
    }
  }
  for (NamedTensor& parameter : model.head()) set->add_trained(parameter);
  return set;
}

void AdapterSet::add_adapter(Linear& linear, const Method& method, uint64_t seed) {
  const int64_t r = options_.r, in = linear.info.in_features, out = linear.info.out_features;
  const std::string key = key_prefix + linear.info.name;
  const double bound_in = 1.0 / std::sqrt(static_cast<double>(in)), bound_r = 1.0 / std::sqrt(static_cast<double>(r));
  const bool identity = options_.init == "identity";
  auto adapter = std::make_shared<Adapter>();
  adapter->module = linear.info.name;
  adapter->method = &method;
  adapter->r = r;
  adapter->scaling = adapter_scaling(options_);
  adapter->dropout = options_.lora_dropout;
  adapter->a =
      identity ? gaussian(key + ".lora_A", {r, in}, bound_r, seed) : uniform(key + ".lora_A", {r, in}, bound_in, seed);
  adapter->b = at::zeros({out, r}, at::kFloat);
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
  linear.replacement = adapter;
  adapters_.push_back(std::move(adapter));
  adapted_.push_back(&linear);
}

void AdapterSet::add_trained(const std::string& name, const std::string& module, at::Tensor& tensor) {
  // A copy: what the model holds may be a mapped file, or in half precision.
  tensor = tensor.detach().to(at::kFloat).clone(at::MemoryFormat::Contiguous).requires_grad_(true);
  trainables_.push_back({key_prefix + name, Role::Weight, !is_norm_or_bias(name), tensor});
  if (std::find(saved_modules_.begin(), saved_modules_.end(), module) == saved_modules_.end())
    saved_modules_.push_back(module);
}

void AdapterSet::add_trained(NamedTensor& parameter) {
  add_trained(parameter.name, parameter.module.empty() ? module_of(parameter.name) : parameter.module,
              parameter.tensor);
}

void AdapterSet::add_trained(Linear& linear) {
  auto trained = std::make_shared<TrainedLinear>();
  trained->weight = linear.frozen->weight();
  trained->bias = linear.bias;
  add_trained(linear.info.name + ".weight", linear.info.name, trained->weight);
  if (trained->bias.defined()) add_trained(linear.info.name + ".bias", linear.info.name, trained->bias);
  linear.replacement = trained;
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
