#include "model/registry.h"

#include "base/error.h"
#include "model/families.h"
#include "model/model.h"
#include "model/parameter_loader.h"

namespace mtlora {

at::Tensor Model::hidden(const PackedBatch&, HiddenRows, ForwardContext&) {
  throw Error(ErrorCode::Internal, "an encoder has no hidden states of a language model.");
}
const OutputLayer& Model::output_layer() const { throw Error(ErrorCode::Internal, "an encoder has no output layer."); }

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"bert", "Bert", false, build_bert},
      {"distilbert", "DistilBert", false, build_distilbert},
      {"roberta", "Roberta", false, build_roberta},
      {"xlm-roberta", "XLMRoberta", false, build_roberta},
      {"electra", "Electra", false, build_electra},
      {"deberta-v2", "DebertaV2", false, build_deberta_v2},
      {"modernbert", "ModernBert", false, build_modernbert},
      {"gpt2", "GPT2", true, build_gpt2},
      {"llama", "Llama", true, build_llama},
      {"mistral", "Mistral", true, build_mistral},
      {"qwen2", "Qwen2", true, build_qwen2},
      {"qwen3", "Qwen3", true, build_qwen3},
      {"gemma2", "Gemma2", true, build_gemma2},
      {"phi3", "Phi3", true, build_phi3},
  };
  return all;
}

const Family& family_of(const ModelConfig& config) {
  std::string known;
  for (const Family& family : families()) {
    if (family.model_type == config.model_type()) return family;
    known += (known.empty() ? "" : ", ") + family.model_type;
  }
  throw bad_input("'" + config.path().string() + "', model_type: expected one of " + known + ", found '" +
                      config.model_type() + "'",
                  "This architecture can't be opened. Choose another model.", "model.name_or_path");
}

std::unique_ptr<Model> load_model(const Path& folder, const LoadOptions& options) {
  const ModelConfig config(folder);
  const Family& family = family_of(config);
  const ParameterLoader load(config, options, std::make_unique<const Weights>(folder));
  return family.build(load);
}

ModelShape describe_model(const Path& folder, const LoadOptions& options) {
  const ModelConfig config(folder);
  const std::unique_ptr<Model> model = load_model(folder, options);
  ModelShape shape;
  for (const Linear& linear : model->linears()) {
    shape.linears.push_back(linear.info);
    shape.half = linear.frozen->weight().element_size() == 2;
    shape.sizes.emplace_back(linear.info.name + ".weight", linear.info.in_features * linear.info.out_features);
    if (linear.bias.defined()) shape.sizes.emplace_back(linear.info.name + ".bias", linear.bias.numel());
  }
  for (const NamedTensor& parameter : model->other_parameters()) {
    shape.sizes.emplace_back(parameter.name, parameter.tensor.numel());
  }
  for (const auto& [name, size] : shape.sizes) shape.parameters += size;
  for (const NamedTensor& parameter : model->head()) shape.head_parameters += parameter.tensor.numel();
  shape.layers = model->layer_count();
  // As the families call them.
  const auto size_named = [&](std::initializer_list<const char*> keys, int64_t fallback) {
    for (const char* key : keys) {
      if (config.has(key)) return config.positive(key);
    }
    return fallback;
  };
  shape.hidden_size = size_named({"hidden_size", "dim", "n_embd"}, 0);
  shape.intermediate_size = size_named({"intermediate_size", "hidden_dim", "n_inner"}, 4 * shape.hidden_size);
  shape.vocabulary_size = config.positive("vocab_size");
  shape.max_positions = model->max_positions();
  return shape;
}

}  // namespace mtlora
