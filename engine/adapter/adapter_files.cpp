#include "adapter/adapter_files.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "adapter/target_modules.h"
#include "base/error.h"
#include "io/safetensors.h"
#include "io/weights.h"
#include "record/run_folder.h"

namespace mtlora {

using at::Tensor;
using nlohmann::json;

namespace {

constexpr const char* weights_name = "adapter_model.safetensors";

void write_config(const nlohmann::ordered_json& config, const Path& folder) {
  write_file(folder / adapter_config_name, config.dump(2) + "\n");
}

Tensor tensor_in(const AdapterFolder& source, const std::string& key) {
  return tensor_of(source.tensors.at(key), source.tensors.file(),
                   "'" + source.tensors.path().string() + "', tensor '" + key + "'");
}

void check_shape(const AdapterFolder& source, const std::string& key, const Tensor& wanted) {
  const TensorEntry& entry = source.tensors.at(key);
  if (at::IntArrayRef(entry.shape) != wanted.sizes()) {
    throw bad_input("'" + source.tensors.path().string() + "', tensor '" + key + "': the model makes it " +
                        shape_text(wanted.sizes()) + ", found " + shape_text(entry.shape),
                    "This adapter belongs to another model.");
  }
}

std::string key_of(const std::string& module, const char* part) {
  return "base_model.model." + module + "." + part + ".weight";
}

void write_tensors(const std::map<std::string, Tensor>& tensors, const Path& path) {
  std::map<std::string, TensorToWrite> entries;
  std::vector<Tensor> kept;  // contiguous copies live until the file is written
  for (const auto& [key, tensor] : tensors) {
    kept.push_back(tensor.detach().to(at::kCPU, at::kFloat).contiguous());
    entries[key] = {"F32", kept.back().sizes().vec(), kept.back().const_data_ptr()};
  }
  write_safetensors(path, entries, {{"format", "pt"}});
}

// With bias "all" PEFT saves what its wrapper of a whole module holds a second time, under the wrapper's own names.
bool is_wrappers_copy(const std::string& key) {
  return key.find(".modules_to_save.") != std::string::npos || key.find(".original_module.") != std::string::npos;
}

Path adapter_weights(const Path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder / weights_name, error) &&
      std::filesystem::exists(folder / "adapter_model.bin", error)) {
    return folder / "adapter_model.bin";
  }
  return folder / weights_name;
}

}  // namespace

AdapterFolder::AdapterFolder(const Path& path)
    : folder(path), config(read_adapter_config(path)), tensors(adapter_weights(path)) {
  // PEFT lists heads of other architectures too ("classifier" and "score"): those that are not there mean nothing.
  std::erase_if(config.options.modules_to_save, [this](const std::string& module) {
    for (const auto& [key, entry] : tensors.tensors()) {
      if (module_selected(key, module)) return false;
    }
    return true;
  });
  constexpr const char* known[] = {".lora_A.weight", ".lora_B.weight", ".lora_C.weight", ".lora_D.weight"};
  for (const auto& [key, entry] : tensors.tensors()) {
    const bool is_known = std::ranges::any_of(known, [&](const char* ending) { return key.ends_with(ending); });
    if (key.find(".lora_") != std::string::npos && !is_known && !is_wrappers_copy(key)) {
      throw bad_input("'" + tensors.path().string() + "', tensor '" + key + "': this kind is not supported",
                      "Only plain LoRA adapters of linear layers can be opened.");
    }
  }
  if (config.peft_type != "LORA") return;
  // PEFT's lists name what other architectures have, too.
  const std::vector<std::string> adapted = modules();
  std::vector<std::string>& names = config.options.target_modules.names;
  const auto is_there = [&](const std::string& wanted) {
    return std::ranges::any_of(adapted, [&](const std::string& module) { return matches_suffix(module, wanted); });
  };
  if (std::ranges::any_of(names, is_there)) std::erase_if(names, std::not_fn(is_there));
  if (config.task_type.empty()) config.language_model = !has_head();
}

std::vector<std::string> AdapterFolder::modules() const {
  const std::string begin = "base_model.model.", end = ".lora_A.weight";
  std::vector<std::string> names;
  for (const auto& [key, entry] : tensors.tensors()) {
    if (key.starts_with(begin) && key.ends_with(end)) {
      names.push_back(key.substr(begin.size(), key.size() - begin.size() - end.size()));
    }
  }
  return names;
}

Tensor AdapterFolder::a(const std::string& module) const { return tensor_in(*this, key_of(module, "lora_A")); }

Tensor AdapterFolder::folded_b(const std::string& module) const {
  const Method& method = find_method(config.options.method);
  Tensor b = tensor_in(*this, key_of(module, "lora_B")).to(at::kDouble);
  if (const auto fused = config.fused.find(module); fused != config.fused.end()) {
    int64_t rows = 0;
    for (const LinearPart& part : fused->second.parts) rows += part.rows;
    check_shape(*this, key_of(module, "lora_B"), at::empty({rows, b.size(1)}));
    b = block_diagonal(b, fused->second.parts, fused->second.out_features);
  }
  if (method.matrices == 0) return b;
  const Tensor c = tensor_in(*this, key_of(module, "lora_C")).to(at::kDouble);
  const Tensor d = method.matrices > 1 ? tensor_in(*this, key_of(module, "lora_D")).to(at::kDouble) : Tensor();
  return b.mm(method.t(c, d));
}

Tensor AdapterFolder::whole(const std::string& parameter) const {
  const std::string key = "base_model.model." + parameter;
  if (tensors.contains(key)) return tensor_in(*this, key);
  // PEFT keeps the trained bias of an adapted layer with what it wraps.
  const std::string ending = ".bias";
  if (!parameter.ends_with(ending)) return {};
  const std::string wrapped = key.substr(0, key.size() - ending.size()) + ".base_layer.bias";
  return tensors.contains(wrapped) ? tensor_in(*this, wrapped) : Tensor();
}

double AdapterFolder::scaling(const std::string& module) const {
  return adapter_scaling(alpha_of(config.options, module), rank_of(config.options, module), config.options.use_rslora);
}

Path adapter_folder_of(const std::string& path) {
  const Path given = path;
  std::error_code error;
  if (std::filesystem::exists(given / adapter_config_name, error)) return given;
  if (std::filesystem::exists(given / "adapter" / adapter_config_name, error)) return given / "adapter";
  const std::vector<CheckpointFolder> checkpoints = list_checkpoints(given);
  if (!checkpoints.empty()) return checkpoints.back().folder;
  throw bad_input("'" + path + "' is neither a run with a checkpoint nor an adapter folder",
                  "Choose a run folder, or a folder with adapter_config.json and adapter_model.safetensors.");
}

namespace {

// As the families call the last layer of their heads.
constexpr const char* head_keys[] = {"base_model.model.classifier.weight",
                                     "base_model.model.classifier.out_proj.weight", "base_model.model.score.weight"};

}  // namespace

bool AdapterFolder::has_head() const {
  return std::ranges::any_of(head_keys, [this](const char* key) { return tensors.contains(key); });
}

int64_t AdapterFolder::num_labels() const {
  for (const char* key : head_keys) {
    if (tensors.contains(key) && !tensors.at(key).shape.empty()) return tensors.at(key).shape[0];
  }
  throw bad_input("'" + tensors.path().string() + "' holds no head (classifier.weight)",
                  "Only adapters of a classification or regression can be used here.");
}

void load_into(AdapterSet& set, const AdapterFolder& source) {
  std::set<std::string> left;
  for (const auto& [key, entry] : source.tensors.tensors()) {
    if (!is_wrappers_copy(key)) left.insert(key);
  }
  const at::NoGradGuard no_grad;
  for (const Trainable& trainable : set.trainables()) {
    check_shape(source, trainable.key, trainable.tensor);
    Tensor target = trainable.tensor;
    target.copy_(tensor_in(source, trainable.key));
    left.erase(trainable.key);
  }
  if (!left.empty()) {
    throw bad_input("'" + source.tensors.path().string() + "' holds a tensor that this model has no place for: '" +
                        *left.begin() + "'",
                    "This adapter belongs to another model, or its adapter_config.json was changed.");
  }
}

void start_from(AdapterSet& set, const AdapterFolder& source) {
  if (set.options().method == "full" || source.config.options.method == "full") {
    throw bad_input("adapter.adapter_name_or_path: a run of method full can't go on from an adapter", "Leave it empty.",
                    "adapter.adapter_name_or_path");
  }
  const bool same = source.config.options.method == set.options().method;
  const at::NoGradGuard no_grad;
  std::vector<std::string> left = source.modules();  // that no adapter of this run takes up
  for (const std::shared_ptr<Adapter>& adapter : set.adapters()) {
    std::erase(left, adapter->module);
    const auto fused = source.config.fused.find(adapter->module);
    const bool is_split = fused != source.config.fused.end();
    if (is_split != !adapter->parts.empty() || (is_split && fused->second.parts != adapter->parts)) {
      throw bad_input("adapter.adapter_name_or_path: '" + adapter->module + "' was adapted " +
                          (is_split ? "by its parts" : "as one layer") + ", and is now to be by other parts",
                      "Set split_fused and the adapted layers as they were.", "adapter.adapter_name_or_path");
    }
    const std::string a = key_of(adapter->module, "lora_A"), b = key_of(adapter->module, "lora_B");
    check_shape(source, a, adapter->a);
    // s·B·T·A must stay what it was although lora_alpha may differ now.
    const double rescale = source.scaling(adapter->module) / adapter->scaling;
    adapter->a.copy_(tensor_in(source, a));
    if (same || source.config.options.method == "lora") {
      check_shape(source, b, adapter->b);
      adapter->b.copy_(tensor_in(source, b) * rescale);
    } else {
      const Tensor folded = source.folded_b(adapter->module);
      if (folded.sizes() != adapter->b.sizes()) {  // T has mixed the parts of a split layer: B is no longer in blocks
        throw bad_input("adapter.adapter_name_or_path: '" + adapter->module +
                            "' was trained by its parts with method " + source.config.options.method,
                        "Go on with the same method, or turn split_fused off.", "adapter.adapter_name_or_path");
      }
      adapter->b.copy_(folded * rescale);
    }
    const Tensor identity = at::eye(adapter->r, adapter->a.options().requires_grad(false));
    if (adapter->c.defined()) {
      adapter->c.copy_(same ? tensor_in(source, key_of(adapter->module, "lora_C"))
                            : adapter->method->identity_c * identity);
    }
    if (adapter->d.defined()) {
      adapter->d.copy_(same ? tensor_in(source, key_of(adapter->module, "lora_D"))
                            : adapter->method->identity_d * identity);
    }
  }
  if (!left.empty()) {
    throw bad_input("adapter.target_modules: the adapter to go on from adapts '" + left.front() +
                        "', which this run does not; its part would be lost",
                    "Adapt that layer, too, or begin with a new adapter.", "adapter.target_modules");
  }
  for (const Trainable& trainable : set.trainables()) {
    if (trainable.role != Role::Weight || !source.tensors.contains(trainable.key)) continue;
    if (at::IntArrayRef(source.tensors.at(trainable.key).shape) != trainable.tensor.sizes())
      continue;  // another task's head
    Tensor target = trainable.tensor;
    target.copy_(tensor_in(source, trainable.key));
  }
}

void save_native(const AdapterSet& set, const AdapterConfig& config, const Path& folder) {
  make_folder(folder);
  std::map<std::string, Tensor> tensors;
  for (const Trainable& trainable : set.trainables()) tensors[trainable.key] = trainable.tensor;
  write_tensors(tensors, folder / weights_name);
  AdapterConfig native = config;
  native.peft_type = "MTLORA";
  native.options = set.options();
  for (size_t i = 0; i < set.adapters().size(); ++i) {
    const Adapter& adapter = *set.adapters()[i];
    native.fan_in_fan_out = native.fan_in_fan_out || set.adapted()[i]->info.transposed;
    if (!adapter.parts.empty()) native.fused[adapter.module] = {adapter.out_features, adapter.parts};
  }
  write_config(native_config_json(native, set.saved_modules()), folder);
}

void export_native(const AdapterFolder& source, const Path& folder) {
  make_folder(folder);
  write_file(folder / weights_name, read_file(source.folder / weights_name));
  write_file(folder / adapter_config_name, read_file(source.folder / adapter_config_name));
}

void check_finite(const AdapterFolder& source, const std::string& key, const Tensor& values) {
  if (at::isfinite(values).all().item<bool>()) return;
  throw bad_input(
      "'" + source.tensors.path().string() + "', tensor '" + key + "': expected finite values, found NaN or infinity",
      "The training diverged; export an earlier checkpoint.");
}

void export_peft(const AdapterFolder& source, const Path& folder) {
  if (source.config.options.method == "full") {
    throw bad_input("a run of method full changed every weight and has no adapter to export as peft",
                    "Export the whole model (merged).");
  }
  std::map<std::string, Tensor> tensors;
  for (const auto& [key, entry] : source.tensors.tensors()) {
    if (key.find(".lora_") == std::string::npos && !is_wrappers_copy(key)) tensors[key] = tensor_in(source, key);
  }
  AdapterConfig config = source.config;
  for (const std::string& module : source.modules()) {
    const std::string a = key_of(module, "lora_A"), b = key_of(module, "lora_B");
    tensors[a] = source.a(module);
    tensors[b] = source.folded_b(module).to(at::kFloat);  // rounded once
    if (config.fused.count(module) == 0) continue;
    // PEFT has one rank and one alpha for the fused layer: k·r, and what leaves the scale as it is.
    const int64_t rank = tensors[a].size(0);
    config.options.rank_pattern.emplace_back(module, rank);
    const double per_rank = source.scaling(module) * (config.options.use_rslora ? std::sqrt(static_cast<double>(rank))
                                                                                : static_cast<double>(rank));
    config.options.alpha_pattern.emplace_back(module, per_rank);
  }
  if (!config.fused.empty()) {  // their parts are no modules of PEFT's
    config.options.target_modules = {source.modules(), ""};
    config.options.layers_to_transform.clear();
  }
  for (const auto& [key, values] : tensors) check_finite(source, key, values);
  make_folder(folder);
  write_tensors(tensors, folder / weights_name);
  config.peft_type = "LORA";
  write_config(peft_config_json(config, source.config.options.modules_to_save), folder);
  if (!config.labels.empty()) write_file(folder / "labels.json", id2label_json(config.labels).dump(2) + "\n");
}

}  // namespace mtlora
