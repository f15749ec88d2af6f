#include "adapter/adapter_config.h"

#include <algorithm>

#include "adapter/method.h"
#include "adapter/target_modules.h"
#include "base/error.h"
#include "base/json.h"

namespace mtlora {

using nlohmann::json;
using nlohmann::ordered_json;

namespace {

template <typename T>
T field_of(const ordered_json& config, const Path& path, const char* key, T fallback) {
  const auto it = config.find(key);
  if (it == config.end() || it->is_null()) return fallback;
  try {
    return it->get<T>();
  } catch (const ordered_json::exception&) {
    throw bad_input("'" + path.string() + "', " + key + ": found " + it->dump() + ", which is of the wrong type");
  }
}

bool is_set(const ordered_json& value) {
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  return !(value.is_structured() || value.is_string()) || !value.empty();
}

// PEFT features that change what an adapter computes and that are not read: refused by name, never ignored.
void refuse_unsupported(const ordered_json& config, const Path& path) {
  const auto refuse = [&](const char* key) {
    throw bad_input("'" + path.string() + "', " + key + ": " + config.at(key).dump() + " is not supported",
                    "Only plain LoRA adapters of linear layers can be opened.");
  };
  for (const char* key : {"use_dora", "lora_bias", "use_qalora", "use_bdlora", "exclude_modules", "layers_pattern",
                          "layer_replication", "trainable_token_indices", "target_parameters", "megatron_config",
                          "alora_invocation_tokens", "arrow_config", "kasa_config"}) {
    if (config.contains(key) && is_set(config.at(key))) refuse(key);
  }
  const std::string bias = field_of<std::string>(config, path, "bias", "none");
  if (bias != "none" && bias != "all" && bias != "lora_only") refuse("bias");
  // These starts change the base's weights as well: the adapter means nothing on the base as it was published.
  const auto start = config.find("init_lora_weights");
  if (start != config.end() && start->is_string()) {
    const std::string name = start->get<std::string>();
    for (const char* changed : {"pissa", "olora", "corda", "loftq"}) {
      if (name.starts_with(changed)) refuse("init_lora_weights");
    }
  }
}

template <typename T>
std::vector<std::pair<std::string, T>> patterns_of(const ordered_json& config, const Path& path, const char* key) {
  std::vector<std::pair<std::string, T>> patterns;
  const auto it = config.find(key);
  if (it == config.end() || it->is_null()) return patterns;
  if (!it->is_object())
    throw bad_input("'" + path.string() + "', " + key + ": expected an object, found " + it->dump());
  for (const auto& [pattern, value] : it->items()) {
    if (!value.is_number() || !(value.template get<double>() > 0) || value.template get<double>() > 1 << 16) {
      throw bad_input("'" + path.string() + "', " + key + ", '" + pattern + "': expected a number above 0, found " +
                      value.dump());
    }
    patterns.emplace_back(pattern, value.template get<T>());
  }
  return patterns;
}

std::map<std::string, FusedModule> fused_of(const ordered_json& config, const Path& path) {
  std::map<std::string, FusedModule> fused;
  const auto it = config.find("fused_modules");
  if (it == config.end()) return fused;
  try {
    for (const auto& [module, value] : it->items()) {
      FusedModule& of = fused[module];
      of.out_features = value.at("out_features").get<int64_t>();
      int64_t row = 0;
      for (const auto& part : value.at("parts")) {
        of.parts.push_back({part.at(0).get<std::string>(), part.at(1).get<int64_t>(), part.at(2).get<int64_t>()});
        const LinearPart& last = of.parts.back();
        if (last.first_row < row || last.rows <= 0 || last.rows > of.out_features - last.first_row) {
          throw bad_input("'" + path.string() + "', fused_modules: the parts of '" + module + "' do not fit");
        }
        row = last.first_row + last.rows;
      }
    }
  } catch (const ordered_json::exception&) {
    throw bad_input("'" + path.string() + "', fused_modules: found " + it->dump() + ", which is of the wrong type");
  }
  return fused;
}

AdapterOptions options_of(const ordered_json& config, const Path& path) {
  AdapterOptions options;
  options.method = field_of<std::string>(config, path, "method", "lora");
  if (options.method != "full") find_method(options.method);
  options.init = field_of<std::string>(config, path, "init", "paper");
  options.r = field_of<int64_t>(config, path, "r", 8);
  options.lora_alpha = field_of<double>(config, path, "lora_alpha", 8);
  options.lora_dropout = field_of<double>(config, path, "lora_dropout", 0);
  options.use_rslora = field_of<bool>(config, path, "use_rslora", false);
  options.split_fused = field_of<bool>(config, path, "split_fused", false);
  options.bias = field_of<std::string>(config, path, "bias", "none");
  options.rank_pattern = patterns_of<int64_t>(config, path, "rank_pattern");
  options.alpha_pattern = patterns_of<double>(config, path, "alpha_pattern");
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
  return options;
}

}  // namespace

AdapterConfig read_adapter_config(const Path& folder) {
  const Path path = folder / adapter_config_name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    throw file_error("adapter folder '" + folder.string() + "' holds no " + adapter_config_name,
                     "Choose a run folder, or a folder with adapter_config.json and adapter_model.safetensors.");
  }
  const ordered_json config = parse_ordered_json(read_file(path), quoted(path));  // patterns count in their order
  if (!config.is_object()) throw bad_input("'" + path.string() + "' is not a JSON object");
  AdapterConfig result;
  result.peft_type = field_of<std::string>(config, path, "peft_type", "");
  if (result.peft_type != "LORA" && result.peft_type != "MTLORA") {
    throw bad_input("'" + path.string() + "', peft_type: expected LORA or MTLORA, found '" + result.peft_type + "'",
                    "Adapters of other kinds can't be opened.");
  }
  refuse_unsupported(config, path);
  result.options = options_of(config, path);
  result.base_model = field_of<std::string>(config, path, "base_model_name_or_path", "");
  result.regression = field_of<bool>(config, path, "regression", false);
  result.task_type = field_of<std::string>(config, path, "task_type", "");
  if (!result.task_type.empty() && result.task_type != "CAUSAL_LM" && result.task_type != "SEQ_CLS") {
    throw bad_input(
        "'" + path.string() + "', task_type: expected CAUSAL_LM or SEQ_CLS, found '" + result.task_type + "'",
        "Adapters of language models and of classifiers can be opened.");
  }
  result.language_model = result.task_type == "CAUSAL_LM";
  result.chat_template = field_of<std::string>(config, path, "chat_template", "");
  result.fan_in_fan_out = field_of<bool>(config, path, "fan_in_fan_out", false);
  result.fused = fused_of(config, path);
  for (const auto& [id, label] : field_of<std::map<std::string, std::string>>(config, path, "id2label", {})) {
    const size_t index = static_cast<size_t>(std::strtoull(id.c_str(), nullptr, 10));
    if (index >= 1'000'000) throw bad_input("'" + path.string() + "', id2label: '" + id + "' is no label id");
    if (result.labels.size() <= index) result.labels.resize(index + 1);
    result.labels[index] = label;
  }
  // A PEFT folder of ours names its labels beside.
  if (const Path names = folder / "labels.json"; result.labels.empty() && std::filesystem::exists(names, error)) {
    try {
      const auto of_ids = read_json(names).get<std::map<std::string, std::string>>();
      for (size_t i = 0; of_ids.contains(std::to_string(i)); ++i) result.labels.push_back(of_ids.at(std::to_string(i)));
    } catch (const json::exception&) {
      throw bad_input(quoted(names) + ": expected an object of label ids and names");
    }
  }
  return result;
}

// In order: of several patterns that match a module, the first counts.
ordered_json peft_config_json(const AdapterConfig& config, const std::vector<std::string>& saved_modules) {
  const AdapterOptions& options = config.options;
  ordered_json result = {
      {"peft_type", config.peft_type},
      {"task_type", config.language_model ? "CAUSAL_LM" : "SEQ_CLS"},
      {"base_model_name_or_path", config.base_model},
      {"r", options.r},
      {"lora_alpha", options.lora_alpha},
      {"lora_dropout", options.lora_dropout},
      {"use_rslora", options.use_rslora},
      {"bias", options.bias},
      {"fan_in_fan_out", config.fan_in_fan_out},
      {"inference_mode", true},
      {"init_lora_weights", true},
      {"modules_to_save", saved_modules},
      {"rank_pattern", ordered_json::object()},
      {"alpha_pattern", ordered_json::object()},
  };
  for (const auto& [pattern, r] : options.rank_pattern) result["rank_pattern"][pattern] = r;
  for (const auto& [pattern, alpha] : options.alpha_pattern) result["alpha_pattern"][pattern] = alpha;
  if (options.target_modules.pattern.empty()) {
    result["target_modules"] = options.target_modules.names;
  } else {
    result["target_modules"] = options.target_modules.pattern;
  }
  result["layers_to_transform"] =
      options.layers_to_transform.empty() ? ordered_json() : ordered_json(options.layers_to_transform);
  return result;
}

ordered_json native_config_json(const AdapterConfig& config, const std::vector<std::string>& saved_modules) {
  ordered_json result = peft_config_json(config, saved_modules);
  result["method"] = config.options.method;
  result["init"] = config.options.init;
  result["regression"] = config.regression;
  result["id2label"] = id2label_json(config.labels);
  result["split_fused"] = config.options.split_fused;
  if (!config.chat_template.empty()) result["chat_template"] = config.chat_template;
  if (config.fused.empty()) return result;
  for (const auto& [module, fused] : config.fused) {
    json parts = json::array();
    for (const LinearPart& part : fused.parts) parts.push_back({part.name, part.first_row, part.rows});
    result["fused_modules"][module] = {{"out_features", fused.out_features}, {"parts", parts}};
  }
  return result;
}

json id2label_json(const std::vector<std::string>& labels) {
  json result = json::object();
  for (size_t i = 0; i < labels.size(); ++i) result[std::to_string(i)] = labels[i];
  return result;
}

namespace {

template <typename T>
T pattern_value(const std::vector<std::pair<std::string, T>>& patterns, const std::string& module, T otherwise) {
  for (const auto& [pattern, value] : patterns) {
    if (matches_whole(module, "(?:.*\\.)?(?:" + pattern + ")")) return value;
  }
  return otherwise;
}

}  // namespace

int64_t rank_of(const AdapterOptions& options, const std::string& module) {
  return pattern_value(options.rank_pattern, module, options.r);
}

double alpha_of(const AdapterOptions& options, const std::string& module) {
  return pattern_value(options.alpha_pattern, module, options.lora_alpha);
}

}  // namespace mtlora
