// The families: model_type of config.json -> builder. A new family is one file and one line in registry.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/model_folder.h"
#include "model/linear_info.h"

namespace mtlora {

class Model;
class ParameterLoader;
struct LoadOptions;

struct Family {
  std::string model_type;
  std::string class_name;  // of transformers, before ForSequenceClassification
  bool writes_text;        // a decoder: can be a causal language model too
  std::unique_ptr<Model> (*build)(const ParameterLoader& load);
};
const std::vector<Family>& families();

// Throws Error(BadInput) that names the file, the unknown architecture and the known ones.
const Family& family_of(const ModelConfig& config);

// Opens the model of a folder, with a new head where the checkpoint has none of options.num_labels outputs. Weights are
// mapped and not read before they are used, so this takes milliseconds whatever the size. Throws Error(BadInput) naming
// file and key or tensor, Error(File).
std::unique_ptr<Model> load_model(const Path& folder, const LoadOptions& options);

// What can be said of a model without reading its weights.
struct ModelShape {
  int64_t parameters = 0;       // frozen ones, without a new head
  int64_t head_parameters = 0;  // always trained
  int64_t layers = 0, hidden_size = 0, intermediate_size = 0, vocabulary_size = 0, max_positions = 0;
  bool half = false;  // frozen weights stay in 16 bits, mapped; else they are packed in fp32 for their products
  std::vector<LinearInfo> linears;
  std::vector<std::pair<std::string, int64_t>> sizes;  // of all parameters but the head's, by name
};
// Throws as load_model.
ModelShape describe_model(const Path& folder, const LoadOptions& options);

}  // namespace mtlora
