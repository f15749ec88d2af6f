// The families: model_type of config.json -> builder. A new family is one file and one line here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/model_folder.h"
#include "model/linear_info.h"

namespace mtlora {

class Model;
struct LoadOptions;

struct ModelShape {
  int64_t parameters = 0, layers = 0, hidden_size = 0, vocabulary_size = 0, max_positions = 0;
  std::vector<LinearInfo> linears;
};

struct Family {
  std::string model_type;
  // From config.json alone.
  ModelShape (*shape)(const ModelConfig& config);
  std::unique_ptr<Model> (*load)(const Path& folder, const ModelConfig& config, const LoadOptions& options);
};

// Throws Error(BadInput) that names the file, the unknown architecture and the known ones.
const Family& family_of(const ModelConfig& config);

// Loads the model of a folder with a new head of options.num_labels outputs. Weights are mapped; linear weights are
// packed for their products here. Blocks.
std::unique_ptr<Model> load_model(const Path& folder, const LoadOptions& options);

}  // namespace mtlora
