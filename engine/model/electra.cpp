// ELECTRA (Clark et al. 2020): BERT with embeddings of their own size and a head of two layers.
#include "model/encoder.h"
#include "model/families.h"

namespace mtlora {

std::unique_ptr<Model> build_electra(const ParameterLoader& load) {
  refuse_language_modelling(load);
  const ModelConfig& config = load.config();
  EncoderSpec spec = read_encoder_spec(config, "electra.");
  spec.embedding_size = config.positive("embedding_size", 128);
  spec.projection = "embeddings_project";
  const int64_t h = spec.hidden;
  const double std = spec.initializer_range;
  auto model = std::make_unique<EncoderClassifier>(load, spec);
  ClassificationHead& head = model->classifier;
  head.dropout_before = head.dropout_after = config.real("classifier_dropout", spec.hidden_dropout);
  head.activation = "gelu";
  const HeadLinearOptions whole = {.always_trained = true, .std = std, .module = "classifier"};
  head.dense = load_head_linear(load, "classifier.dense", h, h, whole);
  head.out = load_head_linear(load, "classifier.out_proj", h, load.options().num_labels, whole);
  return model;
}

}  // namespace mtlora
