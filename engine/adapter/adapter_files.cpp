#include "adapter/adapter_files.h"

#include <ATen/ATen.h>

#include <set>

#include "base/error.h"
#include "io/weights.h"
#include "record/run_folder.h"

namespace mtlora {

using at::Tensor;
using nlohmann::json;

namespace {

constexpr const char* weights_name = "adapter_model.safetensors";
constexpr const char* config_name = "adapter_config.json";

template <typename T>
T field_of(const json& config, const Path& path, const char* key, T fallback) {
  const auto it = config.find(key);
  if (it == config.end() || it->is_null()) return fallback;
  try {
    return it->get<T>();
  } catch (const json::exception&) {
    throw bad_input("'" + path.string() + "', " + key + ": found " + it->dump() + ", which is of the wrong type");
  }
}

// PEFT features that change what an adapter computes and that are not read: refused by name, never ignored.
void refuse_unsupported(const json& config, const Path& path) {
  const auto refuse = [&](const char* key) {
    throw bad_input("'" + path.string() + "', " + key + ": " + config.at(key).dump() + " is not supported",
                    "Only plain LoRA adapters of linear layers can be opened.");
  };
  for (const char* key : {"use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"}) {
    if (const auto it = config.find(key); it != config.end() && it->is_boolean() && it->get<bool>()) refuse(key);
  }
  for (const char* key : {"rank_pattern", "alpha_pattern"}) {
    if (const auto it = config.find(key); it != config.end() && it->is_object() && !it->empty()) refuse(key);
  }
  if (field_of<std::string>(config, path, "bias", "none") != "none") refuse("bias");
}

AdapterConfig read_config(const Path& folder) {
  const Path path = folder / config_name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    throw file_error("adapter folder '" + folder.string() + "' holds no " + config_name,
                     "Choose a run folder, or a folder with adapter_config.json and adapter_model.safetensors.");
  }
  const json config = json::parse(read_file(path), nullptr, false);
  if (!config.is_object()) throw bad_input("'" + path.string() + "' is not a JSON object");
  AdapterConfig result;
  result.peft_type = field_of<std::string>(config, path, "peft_type", "");
  if (result.peft_type != "LORA" && result.peft_type != "MTLORA") {
    throw bad_input("'" + path.string() + "', peft_type: expected LORA or MTLORA, found '" + result.peft_type + "'",
                    "Adapters of other kinds can't be opened.");
  }
  refuse_unsupported(config, path);
  AdapterOptions& options = result.options;
  options.method = field_of<std::string>(config, path, "method", "lora");
  if (options.method != "full") find_method(options.method);
  options.init = field_of<std::string>(config, path, "init", "paper");
  options.r = field_of<int64_t>(config, path, "r", 8);
  options.lora_alpha = field_of<double>(config, path, "lora_alpha", 8);
  options.lora_dropout = field_of<double>(config, path, "lora_dropout", 0);
  options.use_rslora = field_of<bool>(config, path, "use_rslora", false);
  if (options.r <= 0 || options.r > 1 << 16) {
    throw bad_input("'" + path.string() + "', r: expected a whole number above 0, found " + std::to_string(options.r));
  }
  const auto targets = config.find("target_modules");
  options.target_modules = {};
  if (targets != config.end() && targets->is_string()) {
    options.target_modules.pattern = targets->get<std::string>();
  } else {
    options.target_modules.names = field_of<std::vector<std::string>>(config, path, "target_modules", {});
  }
  if (const auto layers = config.find("layers_to_transform"); layers != config.end() && layers->is_number_integer()) {
    options.layers_to_transform = {layers->get<int64_t>()};
  } else {
    options.layers_to_transform = field_of<std::vector<int64_t>>(config, path, "layers_to_transform", {});
  }
  options.modules_to_save = field_of<std::vector<std::string>>(config, path, "modules_to_save", {});
  result.base_model = field_of<std::string>(config, path, "base_model_name_or_path", "");
  result.regression = field_of<bool>(config, path, "regression", false);
  result.language_model = field_of<std::string>(config, path, "task_type", "") == "CAUSAL_LM";
  for (const auto& [id, label] : field_of<std::map<std::string, std::string>>(config, path, "id2label", {})) {
    const size_t index = static_cast<size_t>(std::strtoull(id.c_str(), nullptr, 10));
    if (index >= 1'000'000) throw bad_input("'" + path.string() + "', id2label: '" + id + "' is no label id");
    if (result.labels.size() <= index) result.labels.resize(index + 1);
    result.labels[index] = label;
  }
  return result;
}

json config_json(const AdapterConfig& config, const std::vector<std::string>& saved_modules) {
  const AdapterOptions& options = config.options;
  json result = {
      {"peft_type", config.peft_type},
      {"task_type", config.language_model ? "CAUSAL_LM" : "SEQ_CLS"},
      {"base_model_name_or_path", config.base_model},
      {"r", options.r},
      {"lora_alpha", options.lora_alpha},
      {"lora_dropout", options.lora_dropout},
      {"use_rslora", options.use_rslora},
      {"bias", "none"},
      {"fan_in_fan_out", false},
      {"inference_mode", true},
      {"init_lora_weights", true},
      {"modules_to_save", saved_modules},
  };
  if (options.target_modules.pattern.empty()) {
    result["target_modules"] = options.target_modules.names;
  } else {
    result["target_modules"] = options.target_modules.pattern;
  }
  result["layers_to_transform"] = options.layers_to_transform.empty() ? json() : json(options.layers_to_transform);
  return result;
}

void write_config(const json& config, const Path& folder) { write_file(folder / config_name, config.dump(2) + "\n"); }

Tensor tensor_in(const AdapterFolder& source, const std::string& key) {
  return tensor_of(source.tensors.at(key), source.tensors.file(),
                   "'" + (source.folder / weights_name).string() + "', tensor '" + key + "'");
}

json id2label(const std::vector<std::string>& labels) {
  json result = json::object();
  for (size_t i = 0; i < labels.size(); ++i) result[std::to_string(i)] = labels[i];
  return result;
}

void check_shape(const AdapterFolder& source, const std::string& key, const Tensor& wanted) {
  const TensorEntry& entry = source.tensors.at(key);
  if (at::IntArrayRef(entry.shape) != wanted.sizes()) {
    throw bad_input("'" + (source.folder / weights_name).string() + "', tensor '" + key + "': the model makes it " +
                        shape_text(wanted.sizes()) + ", found " + shape_text(entry.shape),
                    "This adapter belongs to another model.");
  }
}

// T of one module on disk in float64, or undefined where the method has none.
Tensor t_on_disk(const AdapterFolder& source, const Method& method, const std::string& module_key) {
  if (method.matrices == 0) return {};
  const Tensor c = tensor_in(source, module_key + ".lora_C.weight").to(at::kDouble);
  const Tensor d = method.matrices > 1 ? tensor_in(source, module_key + ".lora_D.weight").to(at::kDouble) : Tensor();
  return method.t(c, d);
}

// B·T in float64, rounded once to the dtype of the file.
Tensor folded_b(const AdapterFolder& source, const Method& method, const std::string& module_key) {
  const Tensor b = tensor_in(source, module_key + ".lora_B.weight");
  const Tensor t = t_on_disk(source, method, module_key);
  return t.defined() ? b.to(at::kDouble).mm(t).to(b.scalar_type()) : b;
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

}  // namespace

AdapterFolder::AdapterFolder(const Path& path) : folder(path), config(read_config(path)), tensors(path / weights_name) {
  // PEFT lists heads of other architectures too ("classifier" and "score"): those that are not there mean nothing.
  std::erase_if(config.options.modules_to_save, [this](const std::string& module) {
    for (const auto& [key, entry] : tensors.tensors()) {
      if (module_selected(key, module)) return false;
    }
    return true;
  });
}

Path adapter_folder_of(const std::string& path) {
  const Path given = path;
  std::error_code error;
  if (std::filesystem::exists(given / config_name, error)) return given;
  if (std::filesystem::exists(given / "adapter" / config_name, error)) return given / "adapter";
  const std::vector<CheckpointFolder> checkpoints = list_checkpoints(given);
  if (!checkpoints.empty()) return checkpoints.back().folder;
  throw bad_input("'" + path + "' is neither a run with a checkpoint nor an adapter folder",
                  "Choose a run folder, or a folder with adapter_config.json and adapter_model.safetensors.");
}

int64_t AdapterFolder::num_labels() const {
  // As the families call the last layer of their heads.
  for (const char* key : {"base_model.model.classifier.weight", "base_model.model.classifier.out_proj.weight",
                          "base_model.model.score.weight"}) {
    if (tensors.contains(key) && !tensors.at(key).shape.empty()) return tensors.at(key).shape[0];
  }
  throw bad_input("'" + (folder / weights_name).string() + "' holds no head (classifier.weight)",
                  "Only adapters of a classification or regression can be used here.");
}

void load_into(AdapterSet& set, const AdapterFolder& source) {
  std::set<std::string> left;
  for (const auto& [key, entry] : source.tensors.tensors()) left.insert(key);
  const at::NoGradGuard no_grad;
  for (const Trainable& trainable : set.trainables()) {
    check_shape(source, trainable.key, trainable.tensor);
    Tensor target = trainable.tensor;
    target.copy_(tensor_in(source, trainable.key));
    left.erase(trainable.key);
  }
  if (!left.empty()) {
    throw bad_input("'" + (source.folder / weights_name).string() +
                        "' holds a tensor that this model has no place for: '" + *left.begin() + "'",
                    "This adapter belongs to another model, or its adapter_config.json was changed.");
  }
}

void start_from(AdapterSet& set, const AdapterFolder& source) {
  if (set.options().method == "full" || source.config.options.method == "full") {
    throw bad_input("adapter.adapter_name_or_path: a run of method full can't go on from an adapter", "Leave it empty.",
                    "adapter.adapter_name_or_path");
  }
  const Method& from = find_method(source.config.options.method);
  const bool same = from.name == set.options().method;
  // s·B·T·A must stay what it was although lora_alpha may differ now.
  const double rescale = adapter_scaling(source.config.options) / adapter_scaling(set.options());
  const at::NoGradGuard no_grad;
  for (const std::shared_ptr<Adapter>& adapter : set.adapters()) {
    const std::string key = "base_model.model." + adapter->module;
    check_shape(source, key + ".lora_A.weight", adapter->a);
    check_shape(source, key + ".lora_B.weight", adapter->b);
    adapter->a.copy_(tensor_in(source, key + ".lora_A.weight"));
    adapter->b.copy_((same ? tensor_in(source, key + ".lora_B.weight") : folded_b(source, from, key)) * rescale);
    const Tensor identity = at::eye(adapter->r, adapter->a.options().requires_grad(false));
    if (adapter->c.defined()) {
      adapter->c.copy_(same ? tensor_in(source, key + ".lora_C.weight") : adapter->method->identity_c * identity);
    }
    if (adapter->d.defined()) {
      adapter->d.copy_(same ? tensor_in(source, key + ".lora_D.weight") : adapter->method->identity_d * identity);
    }
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
  json file = config_json(native, set.saved_modules());
  file["method"] = native.options.method;
  file["init"] = native.options.init;
  file["regression"] = native.regression;
  file["id2label"] = id2label(native.labels);
  write_config(file, folder);
}

void export_native(const AdapterFolder& source, const Path& folder) {
  make_folder(folder);
  write_file(folder / weights_name, read_file(source.folder / weights_name));
  write_file(folder / config_name, read_file(source.folder / config_name));
}

void export_peft(const AdapterFolder& source, const Path& folder) {
  const AdapterOptions& options = source.config.options;
  if (options.method == "full") {
    throw bad_input("a run of method full changed every weight and has no adapter to export as peft",
                    "Export the native form (mtlora).");
  }
  const Method& method = find_method(options.method);
  std::map<std::string, Tensor> tensors;
  for (const auto& [key, entry] : source.tensors.tensors()) {
    if (key.ends_with(".lora_C.weight") || key.ends_with(".lora_D.weight")) continue;
    tensors[key] = key.ends_with(".lora_B.weight") ? folded_b(source, method, key.substr(0, key.size() - 14))
                                                   : tensor_in(source, key);
    if (!at::isfinite(tensors[key]).all().item<bool>()) {
      throw bad_input("'" + (source.folder / weights_name).string() + "', tensor '" + key +
                          "': expected finite values, found NaN or infinity",
                      "The training diverged; export an earlier checkpoint.");
    }
  }
  make_folder(folder);
  write_tensors(tensors, folder / weights_name);
  AdapterConfig config = source.config;
  config.peft_type = "LORA";
  write_config(config_json(config, source.config.options.modules_to_save), folder);
  if (!config.labels.empty()) write_file(folder / "labels.json", id2label(config.labels).dump(2) + "\n");
}

}  // namespace mtlora
