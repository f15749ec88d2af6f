#include "api/trained_model.h"

#include "base/error.h"
#include "model/registry.h"

namespace mtlora {

namespace {

// The head that a checkpoint itself brings: as many outputs as its rows, with config.json's names.
TrainedModel load_with_own_head(const Path& folder) {
  const Weights weights(folder);
  const ModelConfig config(folder);
  // Its labels do not exclude each other: the softmax that is shown of them would say something else.
  if (config.text("problem_type", "") == "multi_label_classification") {
    throw bad_input("'" + config.path().string() +
                        "', problem_type: expected single_label_classification or regression, found "
                        "'multi_label_classification'",
                    "Name an adapter (--adapter) that was trained on this model.");
  }
  TrainedModel trained;
  trained.folder = folder;
  LoadOptions options;
  options.num_labels = 0;
  // As the families call the last layer of their heads.
  for (const char* name : {"classifier.weight", "classifier.out_proj.weight", "score.weight"}) {
    if (weights.contains(name)) options.num_labels = weights.shape(weights.find(name)).at(0);
  }
  if (options.num_labels == 0 && family_of(config).writes_text) {
    options.task = ModelTask::CausalLm;
    trained.language_model = true;
    trained.model = load_model(folder, options);
    trained.tokenizer = Tokenizer::load(folder);
    return trained;
  }
  if (options.num_labels == 0) {
    throw bad_input("'" + weights.path().string() + "' has no classification head (classifier.weight, score.weight)",
                    "Name an adapter (--adapter) that was trained on this model.");
  }
  trained.regression = options.num_labels == 1;
  for (int64_t i = 0; i < options.num_labels && !trained.regression; ++i) {
    const std::string key = std::to_string(i);
    const auto names = config.json().value("id2label", nlohmann::json::object());
    trained.labels.push_back(names.contains(key) && names[key].is_string() ? names[key].get<std::string>() : key);
  }
  trained.model = load_model(folder, options);
  for (const NamedTensor& parameter : trained.model->head()) {
    if (weights.contains(parameter.name)) continue;  // else it would be new, and random
    throw bad_input(
        "'" + weights.path().string() + "' lacks a part of the classification head, '" + parameter.name + "'",
        "Name an adapter (--adapter) that was trained on this model.");
  }
  trained.tokenizer = Tokenizer::load(folder);
  return trained;
}

}  // namespace

TrainedModel load_trained_model(const std::string& model_name, const std::string& adapter_path, bool tuned) {
  if (adapter_path.empty()) return load_with_own_head(find_model_folder(model_name));
  const AdapterFolder adapter(adapter_folder_of(adapter_path));
  const Path folder = find_model_folder(model_name.empty() ? adapter.config.base_model : model_name);
  TrainedModel trained;
  trained.folder = folder;
  trained.chat_template = adapter.config.chat_template;
  trained.labels = adapter.config.labels;
  trained.regression = adapter.config.regression;
  LoadOptions options;
  trained.language_model = adapter.config.language_model;
  if (trained.language_model) {
    options.task = ModelTask::CausalLm;
  } else {
    options.num_labels = adapter.num_labels();
    trained.regression = trained.regression || options.num_labels == 1;  // PEFT does not say which it is
  }
  for (int64_t i = static_cast<int64_t>(trained.labels.size());
       i < options.num_labels && !trained.regression && !trained.language_model; ++i) {
    trained.labels.push_back("label " + std::to_string(i));  // an adapter of PEFT's does not know its labels' names
  }
  trained.model = load_model(folder, options);
  trained.tokenizer = Tokenizer::load(folder);
  if (!tuned) return trained;
  trained.adapters = AdapterSet::attach(*trained.model, adapter.config.options, 0);
  load_into(*trained.adapters, adapter);
  return trained;
}

}  // namespace mtlora
