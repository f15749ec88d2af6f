// The encoder that BERT, DistilBERT, RoBERTa, ELECTRA and DeBERTa share: each block is followed by dropout, residual
// and layer normalisation. A family says how its parts are called and which of them it has.
#pragma once

#include <string>
#include <vector>

#include "model/layers.h"
#include "ops/disentangled_attention.h"

namespace mtlora {

struct EncoderSpec {
  std::string heads_key = "num_attention_heads";  // of config.json, for errors
  std::string prefix;                             // "bert."
  std::string layers = "encoder.layer.";          // and the parts of a layer:
  std::string query = "attention.self.query", key = "attention.self.key", value = "attention.self.value",
              attention_output = "attention.output.dense", attention_norm = "attention.output.LayerNorm",
              intermediate = "intermediate.dense", output = "output.dense", output_norm = "output.LayerNorm";

  int64_t vocabulary = 0, embedding_size = 0, hidden = 0, intermediate_size = 0, layer_count = 0, heads = 0;
  int64_t positions = 0;        // rows of the position embeddings; 0: none
  int64_t position_offset = 0;  // the row of a sequence's first token
  int64_t types = 0;            // rows of the token type embeddings; 0: none
  int64_t max_positions = 0;    // longest sequence, in tokens
  // Where embedding_size differs from hidden: the projection's name, after `prefix`, and whether it comes before the
  // embeddings' normalisation (DeBERTa, without a bias) or after it (ELECTRA).
  std::string projection;
  bool projects_before_norm = false;
  double embedding_dropout = 0.1, hidden_dropout = 0.1, attention_output_dropout = 0.1, attention_dropout = 0.1;
  double norm_eps = 1e-12, initializer_range = 0.02;
  std::string hidden_act = "gelu";

  // DeBERTa
  bool is_relative = false, content_to_position = false, position_to_content = false,
       shares_position_projections = false, norms_relative_embeddings = false;
  RelativePositions relative_positions;
  int64_t convolution_size = 0;  // > 0: a convolution beside the first layer
  int64_t convolution_groups = 1;
  std::string convolution_act = "tanh";
};

// The keys that most of these families share.
EncoderSpec read_encoder_spec(const ModelConfig& config, const std::string& prefix);

class Encoder {
 public:
  // Throws Error(BadInput) naming file and tensor or key.
  Encoder(const ParameterLoader& load, EncoderSpec spec);

  const EncoderSpec& spec() const { return spec_; }
  // The last hidden state of each sequence's first token: [S, hidden]. In the last layer only these rows go through
  // what follows the keys and values.
  at::Tensor first_hidden(const PackedBatch& batch, ForwardContext& context) const;

 private:
  struct Layer {
    const Linear *query, *key, *value, *attention_output;
    LayerNorm attention_norm;
    const Linear *intermediate, *output;
    LayerNorm output_norm;
    const Linear *position_key = nullptr, *position_query = nullptr;  // of relative embeddings, where not shared
  };
  at::Tensor embeddings(const PackedBatch& batch, ForwardContext& context) const;
  at::Tensor layer_forward(const Layer& layer, const at::Tensor& x, const PackedBatch& batch, bool first_only,
                           ForwardContext& context) const;
  at::Tensor relative_attention(const Layer& layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                const AttentionArgs& args, ForwardContext& context) const;
  at::Tensor convolved(const at::Tensor& x, const at::Tensor& residual, const PackedBatch& batch,
                       ForwardContext& context) const;

  EncoderSpec spec_;
  const at::Tensor* word_embeddings_ = nullptr;  // [vocabulary | positions | types, embedding_size]
  const at::Tensor *position_embeddings_ = nullptr, *token_type_embeddings_ = nullptr;
  LayerNorm embedding_norm_;
  const Linear* projection_ = nullptr;
  std::vector<Layer> layers_;
  const at::Tensor* relative_embeddings_ = nullptr;  // [2 · span, hidden]
  LayerNorm relative_norm_;
  const at::Tensor *convolution_weight_ = nullptr, *convolution_bias_ = nullptr;
  LayerNorm convolution_norm_;
};

// An encoder with a classification head on the first token.
class EncoderClassifier : public Model {
 public:
  EncoderClassifier(const ParameterLoader& load, EncoderSpec spec) : Model(load), encoder_(load, std::move(spec)) {}
  ClassificationHead classifier;  // set by the family, after the encoder, so that its parts come last

  at::Tensor logits(const PackedBatch& batch, ForwardContext& context) override;
  int64_t max_positions() const override { return encoder_.spec().max_positions; }

 private:
  Encoder encoder_;
};

// Throws Error(BadInput): an encoder writes no text.
void refuse_language_modelling(const ParameterLoader& load);

}  // namespace mtlora
