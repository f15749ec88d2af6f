// ModernBERT (Warner et al. 2024, arXiv 2412.13663): normalisation before each block, rotary positions, a gated MLP,
// and local attention in all but every few layers.
#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "model/checkpointed.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/families.h"
#include "ops/activation.h"
#include "ops/attention.h"
#include "ops/rotary.h"

namespace mtlora {

namespace {

class ModernBert : public Model {
 public:
  explicit ModernBert(const ParameterLoader& load) : Model(load) {
    const ModelConfig& config = load.config();
    hidden_ = config.positive("hidden_size");
    intermediate_ = config.positive("intermediate_size");
    heads_ = config.positive("num_attention_heads");
    max_positions_ = config.positive("max_position_embeddings", 8192);
    act_ = config.text("hidden_activation", "gelu");
    check_activation(act_);
    embedding_dropout_ = config.real("embedding_dropout", 0);
    attention_dropout_ = config.real("attention_dropout", 0);
    mlp_dropout_ = config.real("mlp_dropout", 0);
    const int64_t layers = config.layers("num_hidden_layers");
    check_heads(config, "num_attention_heads", hidden_, heads_);
    // On each side: half of it.
    const std::vector<int64_t> windows = layer_windows(
        config, layers, config.positive("local_attention", 128),
        [](const ModelConfig& c, int64_t layer) { return layer % c.positive("global_attn_every_n_layers", 3) != 0; });
    const int64_t size = hidden_ / heads_;
    global_ =
        std::make_unique<RotaryEmbedding>(config, size, config.real("global_rope_theta", 160000), "full_attention");
    local_ =
        std::make_unique<RotaryEmbedding>(config, size, config.real("local_rope_theta", 10000), "sliding_attention");

    const double eps = config.real("norm_eps", 1e-5);
    const bool norm_bias = config.flag("norm_bias", false), attention_bias = config.flag("attention_bias", false),
               mlp_bias = config.flag("mlp_bias", false);
    const auto norm = [&](const std::string& name) { return LayerNorm::load(load, name, hidden_, eps, norm_bias); };
    embeddings_ = load.embedding("model.embeddings.tok_embeddings.weight", config.positive("vocab_size"), hidden_);
    embedding_norm_ = norm("model.embeddings.norm");
    for (int64_t i = 0; i < layers; ++i) {
      const std::string name = "model.layers." + std::to_string(i) + ".";
      Layer layer;
      if (i > 0) layer.attention_norm = norm(name + "attn_norm");
      layer.query_key_value = load.linear(name + "attn.Wqkv", hidden_, 3 * hidden_, {attention_bias, false, i});
      layer.output = load.linear(name + "attn.Wo", hidden_, hidden_, {attention_bias, false, i});
      layer.mlp_norm = norm(name + "mlp_norm");
      layer.input_gate = load.linear(name + "mlp.Wi", hidden_, 2 * intermediate_, {mlp_bias, false, i});
      layer.down = load.linear(name + "mlp.Wo", intermediate_, hidden_, {mlp_bias, false, i});
      layer.local = windows[static_cast<size_t>(i)] > 0;
      layer.window = layer.local ? windows[static_cast<size_t>(i)] / 2 : -1;
      layers_.push_back(layer);
    }
    final_norm_ = norm("model.final_norm");

    const std::string pooling = config.text("classifier_pooling", "cls");
    if (pooling != "cls" && pooling != "mean") config.expect("classifier_pooling", "cls");
    mean_pooling_ = pooling == "mean";
    const bool classifier_bias = config.flag("classifier_bias", false);
    const double std = config.real("initializer_range", 0.02);
    head_.activation = config.text("classifier_activation", "gelu");
    check_activation(head_.activation);
    head_.dense = load_head_linear(load, "head.dense", hidden_, hidden_, {.bias = classifier_bias, .std = std});
    head_.norm_eps = eps;
    if (load.has("head.norm")) {
      const LayerNorm loaded = norm("head.norm");
      head_.norm_weight = loaded.weight, head_.norm_bias = loaded.bias;
    } else {
      head_.norm_weight = load.head("head.norm.weight", {hidden_}, 0, 1, "head.norm");
      if (norm_bias) head_.norm_bias = load.head("head.norm.bias", {hidden_}, 0, 0, "head.norm");
    }
    head_.dropout_after = config.real("classifier_dropout", 0);
    head_.out = load_head_linear(load, "classifier", hidden_, load.options().num_labels,
                                 {.always_trained = true, .std = 1 / std::sqrt(static_cast<double>(hidden_))});
  }

  at::Tensor logits(const PackedBatch& batch, ForwardContext& context) override {
    at::Tensor x = embedding_norm_.forward(embed(*embeddings_, batch.input_ids));  // [N, hidden]
    x = dropout(x, context.dropout(embedding_dropout_, batch.row_ids));
    const RotaryEmbedding::Angles of_global = global_->angles(batch), of_local = local_->angles(batch);
    for (const Layer& layer : layers_) {
      const RotaryEmbedding::Angles& angles = layer.local ? of_local : of_global;
      x = checkpointed(x, context, [this, &layer, batch, angles](const at::Tensor& in, ForwardContext& inside) {
        const at::Tensor normed = layer.attention_norm.weight ? layer.attention_norm.forward(in) : in;
        const at::Tensor y = in + attend(layer, normed, batch, angles, inside);
        return y + mlp(layer, layer.mlp_norm.forward(y), batch, inside);
      });
    }
    x = final_norm_.forward(x);
    const at::Tensor first = first_tokens(batch);
    return head_.forward(mean_pooling_ ? means(x, batch) : x.index_select(0, first),
                         batch.row_ids.index_select(0, first), context);
  }

  int64_t max_positions() const override { return max_positions_; }

 private:
  struct Layer {
    LayerNorm attention_norm, mlp_norm;  // the first layer has no attention_norm
    const Linear *query_key_value = nullptr, *output = nullptr, *input_gate = nullptr, *down = nullptr;
    bool local = false;
    int64_t window = -1;  // tokens on each side
  };

  at::Tensor attend(const Layer& layer, const at::Tensor& x, const PackedBatch& batch,
                    const RotaryEmbedding::Angles& angles, ForwardContext& context) const {
    const int64_t size = hidden_ / heads_;
    const at::Tensor all = layer.query_key_value->forward(x, batch.row_ids, context).view({-1, 3, heads_, size});
    AttentionArgs args;
    args.cu_q = args.cu_k = batch.cu_seqlens;
    args.max_q = args.max_k = batch.max_seqlen;
    args.scale = 1 / std::sqrt(static_cast<double>(size));
    args.window = layer.window;
    args.dropout = context.dropout(attention_dropout_, batch.row_ids);
    const at::Tensor q = rotary(all.select(1, 0), angles.cosines, angles.sines);
    const at::Tensor k = rotary(all.select(1, 1), angles.cosines, angles.sines);
    const at::Tensor y =
        layer.output->forward(attention(q, k, all.select(1, 2), args).flatten(1), batch.row_ids, context);
    return dropout(y, context.dropout(attention_dropout_, batch.row_ids));
  }

  at::Tensor mlp(const Layer& layer, const at::Tensor& x, const PackedBatch& batch, ForwardContext& context) const {
    const at::Tensor both = layer.input_gate->forward(x, batch.row_ids, context);  // [N, 2 · intermediate]
    const at::Tensor y = activation(both.slice(1, 0, intermediate_), act_) * both.slice(1, intermediate_);
    return layer.down->forward(dropout(y, context.dropout(mlp_dropout_, batch.row_ids)), batch.row_ids, context);
  }

  // The mean of each sequence's rows: [S, hidden].
  static at::Tensor means(const at::Tensor& x, const PackedBatch& batch) {
    const at::Tensor lengths = (batch.cu_seqlens.slice(0, 1) - batch.cu_seqlens.slice(0, 0, -1)).to(at::kLong);
    const at::Tensor owner = at::repeat_interleave(lengths).to(x.device());  // [N] the sequence of each row
    const at::Tensor sums = at::zeros({batch.sequences(), x.size(1)}, x.options()).index_add(0, owner, x);
    return sums / lengths.to(x.device()).unsqueeze(1);
  }

  int64_t hidden_, intermediate_, heads_, max_positions_;
  std::string act_;
  double embedding_dropout_, attention_dropout_, mlp_dropout_;
  std::unique_ptr<RotaryEmbedding> global_, local_;
  const at::Tensor* embeddings_ = nullptr;
  LayerNorm embedding_norm_, final_norm_;
  std::vector<Layer> layers_;
  bool mean_pooling_ = false;
  ClassificationHead head_;
};

}  // namespace

std::unique_ptr<Model> build_modernbert(const ParameterLoader& load) {
  refuse_language_modelling(load);
  return std::make_unique<ModernBert>(load);
}

}  // namespace mtlora
