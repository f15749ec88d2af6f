// A model with what was trained onto it, ready to answer.
#pragma once

#include <memory>
#include <optional>

#include "adapter/adapter_files.h"
#include "model/model.h"
#include "text/tokenizer.h"

namespace mtlora {

struct TrainedModel {
  std::unique_ptr<Model> model;
  std::unique_ptr<AdapterSet> adapters;  // null: the base alone
  std::shared_ptr<const Tokenizer> tokenizer;
  std::vector<std::string> labels;
  bool regression = false;
  bool language_model = false;
  Path folder;                // of the base
  std::string chat_template;  // that a language model's adapter was trained with, or ""
};

// `model_name` empty: the adapter's own base. `adapter_path` empty: the model with the head that its checkpoint has.
// Without an adapter a decoder whose checkpoint has no classification head is a language model.
// `tuned` false: the adapter's labels, but the model as it was before training. Blocks.
TrainedModel load_trained_model(const std::string& model_name, const std::string& adapter_path, bool tuned = true);

}  // namespace mtlora
