#include "model/bert.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "model/layers.h"
#include "ops/activation.h"
#include "ops/attention.h"

namespace mtlora {

namespace {

struct BertSizes {
  int64_t vocabulary, positions, types, hidden, intermediate, layers, heads;
  double hidden_dropout, attention_dropout, classifier_dropout, norm_eps, initializer_range;
  std::string hidden_act;
};

BertSizes sizes_of(const ModelConfig& config) {
  BertSizes sizes;
  sizes.vocabulary = config.positive("vocab_size");
  sizes.positions = config.positive("max_position_embeddings", 512);
  sizes.types = config.positive("type_vocab_size", 2);
  sizes.hidden = config.positive("hidden_size");
  sizes.intermediate = config.positive("intermediate_size");
  sizes.layers = config.positive("num_hidden_layers");
  sizes.heads = config.positive("num_attention_heads");
  sizes.hidden_dropout = config.real("hidden_dropout_prob", 0.1);
  sizes.attention_dropout = config.real("attention_probs_dropout_prob", 0.1);
  sizes.classifier_dropout = config.real("classifier_dropout", sizes.hidden_dropout);
  sizes.norm_eps = config.real("layer_norm_eps", 1e-12);
  sizes.initializer_range = config.real("initializer_range", 0.02);
  sizes.hidden_act = config.text("hidden_act", "gelu");
  check_activation(sizes.hidden_act);
  if (sizes.hidden % sizes.heads != 0) {
    throw bad_input("'" + config.path().string() + "', num_attention_heads: expected a divisor of hidden_size " +
                    std::to_string(sizes.hidden) + ", found " + std::to_string(sizes.heads));
  }
  const std::string positions = config.text("position_embedding_type", "absolute");
  if (positions != "absolute") {
    throw bad_input("'" + config.path().string() + "', position_embedding_type: expected 'absolute', found '" +
                    positions + "'");
  }
  if (config.flag("is_decoder", false)) {
    throw bad_input("'" + config.path().string() + "', is_decoder: a BERT decoder can't be opened");
  }
  return sizes;
}

std::string layer_name(int64_t layer) { return "bert.encoder.layer." + std::to_string(layer) + "."; }

std::vector<LinearInfo> layer_linears(const BertSizes& sizes, int64_t layer) {
  const std::string name = layer_name(layer);
  const int64_t h = sizes.hidden, m = sizes.intermediate;
  return {{name + "attention.self.query", h, h, layer}, {name + "attention.self.key", h, h, layer},
          {name + "attention.self.value", h, h, layer}, {name + "attention.output.dense", h, h, layer},
          {name + "intermediate.dense", h, m, layer},   {name + "output.dense", m, h, layer}};
}

LinearInfo pooler_info(const BertSizes& sizes) { return {"bert.pooler.dense", sizes.hidden, sizes.hidden, -1}; }

struct BertLayer {
  Linear query, key, value, attention_output;
  LayerNorm attention_norm;
  Linear intermediate, output;
  LayerNorm output_norm;
};

class Bert : public Model {
 public:
  Bert(const Path& folder, const ModelConfig& config, const LoadOptions& options)
      : Model(Weights(folder), options.device), sizes_(sizes_of(config)) {
    const ParameterLoader load(weights_, options);
    const int64_t h = sizes_.hidden;
    const std::string embeddings = "bert.embeddings.";
    word_embeddings_ = load.tensor(embeddings + "word_embeddings.weight", {sizes_.vocabulary, h});
    position_embeddings_ = load.tensor(embeddings + "position_embeddings.weight", {sizes_.positions, h});
    token_type_embeddings_ = load.tensor(embeddings + "token_type_embeddings.weight", {sizes_.types, h});
    embedding_norm_ = load.layer_norm(embeddings + "LayerNorm", h, sizes_.norm_eps);
    for (int64_t i = 0; i < sizes_.layers; ++i) {
      const auto linears = layer_linears(sizes_, i);
      layers_.push_back(
          {load.linear(linears[0]), load.linear(linears[1]), load.linear(linears[2]), load.linear(linears[3]),
           load.layer_norm(layer_name(i) + "attention.output.LayerNorm", h, sizes_.norm_eps), load.linear(linears[4]),
           load.linear(linears[5]), load.layer_norm(layer_name(i) + "output.LayerNorm", h, sizes_.norm_eps)});
    }
    // A masked-language-model checkpoint has no pooler: then it is new, and trained with the head.
    new_pooler_ = !weights_.contains("bert.pooler.dense.weight");
    if (new_pooler_) {
      pooler_weight_ = load.normal("bert.pooler.dense.weight", {h, h}, sizes_.initializer_range);
      pooler_bias_ = load.zeros({h});
    } else {
      pooler_ = load.linear(pooler_info(sizes_));
    }
    // A checkpoint of another task may have a head already; one of another size is not this task's.
    const std::vector<int64_t> head_shape = {options.num_labels, h};
    if (weights_.contains("classifier.weight") && weights_.shape("classifier.weight") == head_shape) {
      classifier_weight_ = load.tensor("classifier.weight", head_shape);
      classifier_bias_ = load.tensor("classifier.bias", {options.num_labels});
    } else {
      classifier_weight_ = load.normal("classifier.weight", head_shape, sizes_.initializer_range);
      classifier_bias_ = load.zeros({options.num_labels});
    }
  }

  at::Tensor logits(const PackedBatch& batch, ForwardContext& context) override {
    const at::Tensor first = first_hidden(batch, context);  // [S, hidden]
    const at::Tensor rows = batch.row_ids.index_select(0, first_rows(batch));
    at::Tensor pooled =
        new_pooler_ ? at::linear(first, pooler_weight_, pooler_bias_) : pooler_.forward(first, rows, context);
    pooled = dropout(at::tanh(pooled), context.dropout(sizes_.classifier_dropout, rows));
    return at::linear(pooled, classifier_weight_, classifier_bias_);
  }

  std::vector<Linear*> linears() override {
    std::vector<Linear*> all;
    for (BertLayer& layer : layers_) {
      for (Linear* linear :
           {&layer.query, &layer.key, &layer.value, &layer.attention_output, &layer.intermediate, &layer.output}) {
        all.push_back(linear);
      }
    }
    if (!new_pooler_) all.push_back(&pooler_);
    return all;
  }

  std::vector<NamedTensor> other_parameters() override {
    std::vector<NamedTensor> all = {{"bert.embeddings.word_embeddings.weight", &word_embeddings_},
                                    {"bert.embeddings.position_embeddings.weight", &position_embeddings_},
                                    {"bert.embeddings.token_type_embeddings.weight", &token_type_embeddings_}};
    const auto add = [&all](const std::string& name, LayerNorm& norm) {
      all.push_back({name + ".weight", &norm.weight});
      all.push_back({name + ".bias", &norm.bias});
    };
    add("bert.embeddings.LayerNorm", embedding_norm_);
    for (size_t i = 0; i < layers_.size(); ++i) {
      add(layer_name(static_cast<int64_t>(i)) + "attention.output.LayerNorm", layers_[i].attention_norm);
      add(layer_name(static_cast<int64_t>(i)) + "output.LayerNorm", layers_[i].output_norm);
    }
    return all;
  }

  std::vector<NamedTensor> head() override {
    std::vector<NamedTensor> all;
    if (new_pooler_) all = {{"bert.pooler.dense.weight", &pooler_weight_}, {"bert.pooler.dense.bias", &pooler_bias_}};
    all.push_back({"classifier.weight", &classifier_weight_});
    all.push_back({"classifier.bias", &classifier_bias_});
    return all;
  }

  int64_t max_positions() const override { return sizes_.positions; }

 private:
  static at::Tensor first_rows(const PackedBatch& batch) {
    return batch.cu_seqlens.narrow(0, 0, batch.sequences()).to(batch.input_ids.device(), at::kLong);
  }

  // The last hidden state of each sequence's first token: [S, hidden]. In the last layer only these rows go through
  // what follows the keys and values; no other row is read by the head.
  at::Tensor first_hidden(const PackedBatch& batch, ForwardContext& context) {
    at::Tensor x = word_embeddings_.index_select(0, batch.input_ids) +  // [N, hidden]
                   position_embeddings_.index_select(0, batch.position_ids) +
                   token_type_embeddings_.index_select(0, batch.token_type_ids);
    x = dropout(embedding_norm_.forward(x, {}, {}), context.dropout(sizes_.hidden_dropout, batch.row_ids));
    for (size_t i = 0; i < layers_.size(); ++i) {
      const bool last = i + 1 == layers_.size();
      x = layer_forward(layers_[i], x, batch, last, context);
    }
    return x;
  }

  at::Tensor layer_forward(const BertLayer& layer, const at::Tensor& x, const PackedBatch& batch, bool first_only,
                           ForwardContext& context) {
    const int64_t heads = sizes_.heads, size = sizes_.hidden / heads;
    at::Tensor asked = x;  // [Nq, hidden] rows that the rest of the layer computes
    at::Tensor rows = batch.row_ids;
    AttentionArgs args;
    args.cu_q = args.cu_k = batch.cu_seqlens;
    args.max_q = args.max_k = batch.max_seqlen;
    if (first_only) {
      const at::Tensor first = first_rows(batch);
      asked = x.index_select(0, first);
      rows = rows.index_select(0, first);
      args.cu_q = at::arange(batch.sequences() + 1, at::kInt);
      args.max_q = 1;
    }
    args.scale = 1.0 / std::sqrt(static_cast<double>(size));
    const at::Tensor q = layer.query.forward(asked, rows, context).view({-1, heads, size});
    const at::Tensor k = layer.key.forward(x, batch.row_ids, context).view({-1, heads, size});
    const at::Tensor v = layer.value.forward(x, batch.row_ids, context).view({-1, heads, size});
    args.dropout = context.dropout(sizes_.attention_dropout, rows);
    at::Tensor y = attention(q, k, v, args).reshape({-1, sizes_.hidden});
    y = layer.attention_output.forward(y, rows, context);
    y = layer.attention_norm.forward(y, asked, context.dropout(sizes_.hidden_dropout, rows));
    at::Tensor z = activation(layer.intermediate.forward(y, rows, context), sizes_.hidden_act);  // [Nq, intermediate]
    z = layer.output.forward(z, rows, context);
    return layer.output_norm.forward(z, y, context.dropout(sizes_.hidden_dropout, rows));
  }

  BertSizes sizes_;
  at::Tensor word_embeddings_, position_embeddings_,
      token_type_embeddings_;  // [vocabulary | positions | types, hidden]
  LayerNorm embedding_norm_;
  std::vector<BertLayer> layers_;
  Linear pooler_;
  bool new_pooler_ = false;
  at::Tensor pooler_weight_, pooler_bias_;          // [hidden, hidden], [hidden], where the checkpoint has none
  at::Tensor classifier_weight_, classifier_bias_;  // [labels, hidden], [labels]
};

}  // namespace

ModelShape bert_shape(const ModelConfig& config) {
  const BertSizes sizes = sizes_of(config);
  ModelShape shape;
  shape.layers = sizes.layers;
  shape.hidden_size = sizes.hidden;
  shape.vocabulary_size = sizes.vocabulary;
  shape.max_positions = sizes.positions;
  const int64_t h = sizes.hidden;
  shape.parameters = (sizes.vocabulary + sizes.positions + sizes.types) * h + 2 * h + sizes.layers * 4 * h;
  for (int64_t i = 0; i < sizes.layers; ++i) {
    for (const LinearInfo& linear : layer_linears(sizes, i)) shape.linears.push_back(linear);
  }
  shape.linears.push_back(pooler_info(sizes));
  for (const LinearInfo& linear : shape.linears) shape.parameters += (linear.in_features + 1) * linear.out_features;
  return shape;
}

std::unique_ptr<Model> load_bert(const Path& folder, const ModelConfig& config, const LoadOptions& options) {
  return std::make_unique<Bert>(folder, config, options);
}

}  // namespace mtlora
