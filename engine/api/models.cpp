// The part of api.h about models and the machine.
#include <ATen/Parallel.h>
#include <torch/version.h>

#include <algorithm>
#include <functional>

#include "adapter/target_modules.h"
#include "api/api.h"
#include "base/device.h"
#include "base/error.h"
#include "base/json.h"
#include "base/paths.h"
#include "base/process.h"
#include "io/model_folder.h"
#include "io/tensor_file.h"
#include "model/model.h"
#include "model/registry.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "text/tokenizer_file.h"

namespace mtlora {

std::string version() { return "mtlora " MTLORA_VERSION " (LibTorch " TORCH_VERSION ")"; }

void initialise() {
  std::vector<std::string> tasks;
  for (const Task& task : list_tasks()) tasks.push_back(task.name);
  set_option_choices("data.task", tasks);
  set_option_choices("train.device", device_names());
  std::vector<std::string> templates{"auto"};
  for (const ChatTemplate& known : chat_templates()) templates.emplace_back(known.name);
  set_option_choices("data.chat_template", templates);
}

// A run keeps fp32 weights packed once for each of its two products; half precision stays mapped and takes its bytes.
static double memory_of_weights(const ModelFacts& facts) {
  const double mib = static_cast<double>(facts.weight_bytes) / (1 << 20);
  return facts.dtype == "F32" ? 2 * mib : mib;
}

// "license: apache-2.0" of the lines between --- with which a model card begins; of the bundled model, as the project
// has noted it.
static std::string licence_name(const Path& folder) {
  if (folder == bundled_model_dir()) return read_json(resources_dir() / "models" / "minilm.json").value("licence", "");
  std::error_code error;
  const Path card = folder / "README.md";
  if (!std::filesystem::exists(card, error)) return {};
  const std::string text = read_file(card);
  if (!text.starts_with("---")) return {};
  const std::string head = text.substr(0, text.find("\n---", 3));
  const std::string key = "\nlicense:";
  const size_t at = head.find(key);
  if (at == head.npos) return {};
  const size_t begin = head.find_first_not_of(" \t", at + key.size());
  if (begin == head.npos) return {};
  std::string name = head.substr(begin, head.find_first_of("\r\n", begin) - begin);
  return name.size() > 100 ? std::string() : name;
}

std::vector<ModelEntry> list_models() {
  std::vector<ModelEntry> entries;
  for (const FoundModel& found : list_model_folders()) {
    const ModelFacts facts = model_facts(found.folder);
    ModelEntry entry;
    entry.name = found.name;
    entry.folder = found.folder;
    entry.bundled = found.bundled;
    entry.bytes = facts.weight_bytes;
    entry.dtype = facts.dtype;
    entry.memory_mib = memory_of_weights(facts);
    entry.problem = facts.problem;
    try {
      const ModelConfig config(found.folder);
      entry.family = config.model_type();
      entry.writes_text = family_of(config).writes_text;
    } catch (const Error& error) {
      entry.problem = error.what();
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

namespace {

// A decoder is a language model unless it was saved as a classifier.
LoadOptions as_saved(const ModelConfig& config) {
  LoadOptions options;
  const nlohmann::json architectures = config.json().value("architectures", nlohmann::json::array());
  const bool classifies = architectures.dump().find("ForSequenceClassification") != std::string::npos;
  if (family_of(config).writes_text && !classifies) options.task = ModelTask::CausalLm;
  return options;
}

}  // namespace

ModelInfo inspect_model(const std::string& name_or_path) {
  ModelInfo info;
  info.name = name_or_path;
  info.folder = find_model_folder(name_or_path);
  const ModelConfig config(info.folder);
  const ModelShape shape = describe_model(info.folder, as_saved(config));
  const ModelFacts facts = model_facts(info.folder);
  info.family = config.model_type();
  info.writes_text = family_of(config).writes_text;
  info.dtype = facts.dtype;
  info.bytes = facts.weight_bytes;
  info.licence = facts.licence;
  info.licence_name = licence_name(info.folder);
  info.parameters = shape.parameters;
  info.layers = shape.layers;
  info.hidden_size = shape.hidden_size;
  info.vocabulary_size = shape.vocabulary_size;
  info.max_positions = shape.max_positions;
  info.linears = shape.linears;
  return info;
}

ModelCheck check_model(const std::string& name_or_path) {
  ModelCheck check;
  const auto part = [&](const char* what, const std::function<std::string()>& look) {
    ModelCheck::Part& of = check.parts.emplace_back();
    of.what = what;
    try {
      of.found = look();
    } catch (const Error& error) {
      of.problem = error.what();
      of.hint = error.hint();
    }
  };
  const auto names = [](const std::vector<Path>& files) {
    std::string text;
    for (const Path& file : files) text += (text.empty() ? "" : ", ") + file.filename().string();
    return text;
  };
  try {
    check.folder = find_model_folder(name_or_path);
  } catch (const Error& error) {
    check.parts.push_back({"folder", "", error.what(), error.hint()});
    return check;
  }
  part("config.json", [&] {
    const ModelConfig config(check.folder);
    return config.model_type() + (family_of(config).writes_text ? ", a decoder" : ", an encoder");
  });
  part("weights", [&] { return names(find_weight_files(check.folder).files); });
  part("tokenizer", [&] {
    Tokenizer::load(check.folder);
    return names(tokenizer_files(check.folder));
  });
  const bool whole =
      std::all_of(check.parts.begin(), check.parts.end(), [](const auto& one) { return one.problem.empty(); });
  if (whole) {
    part("architecture", [&] {
      describe_model(check.folder, as_saved(ModelConfig(check.folder)));
      return std::string("every weight is there, in the size that config.json says");
    });
  }
  return check;
}

MachineState machine_state() {
  const MemoryState memory = memory_state();
  return {device_text(find_device("auto")), memory.used_mib, memory.total_mib, memory.free_mib};
}

}  // namespace mtlora
