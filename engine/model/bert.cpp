// BERT (Devlin et al. 2019): pooler (dense, tanh) on the first token, then the classifier.
#include "model/encoder.h"
#include "model/families.h"

namespace mtlora {

std::unique_ptr<Model> build_bert(const ParameterLoader& load) {
  refuse_language_modelling(load);
  const ModelConfig& config = load.config();
  auto model = std::make_unique<EncoderClassifier>(load, read_encoder_spec(config, "bert."));
  const int64_t h = config.positive("hidden_size");
  const double std = config.real("initializer_range", 0.02);
  ClassificationHead& head = model->classifier;
  // A masked-language-model checkpoint has no pooler: then it is new, and trained with the classifier.
  head.dense = load_head_linear(load, "bert.pooler.dense", h, h, {.std = std});
  head.dropout_after = config.real("classifier_dropout", config.real("hidden_dropout_prob", 0.1));
  head.out = load_head_linear(load, "classifier", h, load.options().num_labels, {.always_trained = true, .std = std});
  return model;
}

}  // namespace mtlora
