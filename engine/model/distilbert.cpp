// DistilBERT (Sanh et al. 2019): BERT without token types and pooler; a dense layer with relu before the classifier.
#include "model/encoder.h"
#include "model/families.h"

namespace mtlora {

std::unique_ptr<Model> build_distilbert(const ParameterLoader& load) {
  refuse_language_modelling(load);
  const ModelConfig& config = load.config();
  EncoderSpec spec;
  spec.heads_key = "n_heads";
  spec.prefix = "distilbert.";
  spec.layers = "transformer.layer.";
  spec.query = "attention.q_lin", spec.key = "attention.k_lin", spec.value = "attention.v_lin";
  spec.attention_output = "attention.out_lin", spec.attention_norm = "sa_layer_norm";
  spec.intermediate = "ffn.lin1", spec.output = "ffn.lin2", spec.output_norm = "output_layer_norm";
  spec.vocabulary = config.positive("vocab_size");
  spec.hidden = spec.embedding_size = config.positive("dim");
  spec.intermediate_size = config.positive("hidden_dim");
  spec.layer_count = config.layers("n_layers");
  spec.heads = config.positive("n_heads");
  spec.positions = spec.max_positions = config.positive("max_position_embeddings", 512);
  spec.embedding_dropout = spec.hidden_dropout = config.real("dropout", 0.1);
  spec.attention_output_dropout = 0;
  spec.attention_dropout = config.real("attention_dropout", 0.1);
  spec.hidden_act = config.text("activation", "gelu");
  spec.initializer_range = config.real("initializer_range", 0.02);
  const int64_t h = spec.hidden;
  const double std = spec.initializer_range;
  auto model = std::make_unique<EncoderClassifier>(load, spec);
  ClassificationHead& head = model->classifier;
  // PEFT's modules_to_save "classifier" takes every module whose name ends so: this one is trained whole too.
  head.dense = load_head_linear(load, "pre_classifier", h, h, {.always_trained = true, .std = std});
  head.activation = "relu";
  head.dropout_after = config.real("seq_classif_dropout", 0.2);
  head.out = load_head_linear(load, "classifier", h, load.options().num_labels, {.always_trained = true, .std = std});
  return model;
}

}  // namespace mtlora
