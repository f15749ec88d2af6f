// RoBERTa (Liu et al. 2019) and XLM-RoBERTa: BERT whose positions start behind the padding id, with a head of two
// layers.
#include "base/error.h"
#include "model/encoder.h"
#include "model/families.h"

namespace mtlora {

std::unique_ptr<Model> build_roberta(const ParameterLoader& load) {
  refuse_language_modelling(load);
  const ModelConfig& config = load.config();
  EncoderSpec spec = read_encoder_spec(config, "roberta.");
  spec.position_offset = config.whole("pad_token_id", 1) + 1;
  spec.max_positions = spec.positions - spec.position_offset;
  if (spec.position_offset < 0 || spec.max_positions < 1) {
    throw bad_input("'" + config.path().string() + "', pad_token_id: expected a number from -1 to " +
                    std::to_string(spec.positions - 2) + ", found " + std::to_string(spec.position_offset - 1));
  }
  const int64_t h = spec.hidden;
  const double std = spec.initializer_range;
  auto model = std::make_unique<EncoderClassifier>(load, spec);
  ClassificationHead& head = model->classifier;
  head.dropout_before = head.dropout_after = config.real("classifier_dropout", spec.hidden_dropout);
  const HeadLinearOptions whole = {.always_trained = true, .std = std, .module = "classifier"};
  head.dense = load_head_linear(load, "classifier.dense", h, h, whole);
  head.out = load_head_linear(load, "classifier.out_proj", h, load.options().num_labels, whole);
  return model;
}

}  // namespace mtlora
