// GPT-2 (Radford et al. 2019): learned positions, normalisation before each block, fused projections that the file
// keeps transposed (Conv1D).
#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "model/causal_model.h"
#include "model/checkpointed.h"
#include "model/families.h"
#include "ops/activation.h"

namespace mtlora {

namespace {

class Gpt2 : public CausalModel {
 public:
  explicit Gpt2(const ParameterLoader& load) : CausalModel(load) {
    const ModelConfig& config = load.config();
    hidden_ = config.positive("n_embd", 768);
    heads_ = config.positive("n_head", 12);
    max_positions_ = config.positive("n_positions", 1024);
    act_ = config.text("activation_function", "gelu_new");
    check_activation(act_);
    embedding_dropout_ = config.real("embd_pdrop", 0.1);
    attention_dropout_ = config.real("attn_pdrop", 0.1);
    residual_dropout_ = config.real("resid_pdrop", 0.1);
    tied_ = config.flag("tie_word_embeddings", true);
    config.expect("add_cross_attention", false);
    scales_ = config.flag("scale_attn_weights", true);
    scales_by_layer_ = config.flag("scale_attn_by_inverse_layer_idx", false);
    check_heads(config, "n_head", hidden_, heads_);
    const double eps = config.real("layer_norm_epsilon", 1e-5), std = config.real("initializer_range", 0.02);
    const int64_t vocabulary = config.positive("vocab_size"), layers = config.layers("n_layer");
    const int64_t inner = config.positive("n_inner", 4 * hidden_);
    const auto norm = [&](const std::string& name) { return LayerNorm::load(load, name, hidden_, eps); };
    embeddings_ = load.embedding("transformer.wte.weight", vocabulary, hidden_);
    positions_ = load.embedding("transformer.wpe.weight", max_positions_, hidden_);
    for (int64_t i = 0; i < layers; ++i) {
      const std::string name = "transformer.h." + std::to_string(i) + ".";
      const auto linear = [&](const std::string& part, int64_t in, int64_t out) {
        return load.linear(name + part, in, out, {true, true, i});
      };
      Layer layer;
      layer.attention_norm = norm(name + "ln_1");
      const std::vector<LinearPart> parts = {{"q", 0, hidden_}, {"k", hidden_, hidden_}, {"v", 2 * hidden_, hidden_}};
      layer.query_key_value = load.linear(name + "attn.c_attn", hidden_, 3 * hidden_, {true, true, i, parts});
      layer.output = linear("attn.c_proj", hidden_, hidden_);
      layer.mlp_norm = norm(name + "ln_2");
      layer.up = linear("mlp.c_fc", hidden_, inner);
      layer.down = linear("mlp.c_proj", inner, hidden_);
      layers_.push_back(layer);
    }
    norm_ = norm("transformer.ln_f");
    load_head(load, tied_ ? "transformer.wte" : "lm_head", tied_ ? embeddings_ : nullptr, hidden_, vocabulary, std);
  }

  at::Tensor hidden(const PackedBatch& batch, HiddenRows which, ForwardContext& context) override {
    if (context.cache) context.cache->add_tokens(batch);
    at::Tensor x = embed(*embeddings_, batch.input_ids) + embed(*positions_, batch.position_ids);  // [N, hidden]
    x = dropout(x, context.dropout(embedding_dropout_, batch.row_ids));
    for (size_t i = 0; i < layers_.size(); ++i) {
      const LayerRows asked = rows_of(batch, which, i, layers_.size());
      x = checkpointed(x, context, [this, i, batch, asked](const at::Tensor& in, ForwardContext& inside) {
        return layer_forward(i, in, batch, asked, inside);
      });
    }
    return norm_.forward(x);
  }

  int64_t max_positions() const override { return max_positions_; }

 private:
  struct Layer {
    LayerNorm attention_norm, mlp_norm;
    const Linear *query_key_value = nullptr, *output = nullptr, *up = nullptr, *down = nullptr;
  };

  // x [N, hidden] -> the rows that are asked for.
  at::Tensor layer_forward(size_t index, at::Tensor x, const PackedBatch& batch, const LayerRows& asked,
                           ForwardContext& context) const {
    const Layer& layer = layers_[index];
    const at::Tensor rows = asked.of(batch.row_ids);
    const int64_t size = hidden_ / heads_;
    const at::Tensor all = layer.query_key_value->forward(layer.attention_norm.forward(x), batch.row_ids, context)
                               .view({-1, 3, heads_, size});
    const at::Tensor q = all.select(1, 0), k = all.select(1, 1), v = all.select(1, 2);
    Attention options;
    options.scale = (scales_ ? 1 / std::sqrt(static_cast<double>(size)) : 1) /
                    (scales_by_layer_ ? static_cast<double>(index + 1) : 1);
    options.dropout = attention_dropout_;
    at::Tensor y =
        attend(static_cast<int64_t>(index), asked.last_tokens ? asked.of(q) : q, k, v, options, batch, asked, context);
    y = layer.output->forward(y.flatten(1), rows, context);
    x = asked.of(x) + dropout(y, context.dropout(residual_dropout_, rows));
    y = activation(layer.up->forward(layer.mlp_norm.forward(x), rows, context), act_);
    return x + dropout(layer.down->forward(y, rows, context), context.dropout(residual_dropout_, rows));
  }

  int64_t hidden_, heads_, max_positions_;
  std::string act_;
  double embedding_dropout_, attention_dropout_, residual_dropout_;
  bool tied_, scales_, scales_by_layer_;
  const at::Tensor *embeddings_ = nullptr, *positions_ = nullptr;
  std::vector<Layer> layers_;
  LayerNorm norm_;
};

}  // namespace

std::unique_ptr<Model> build_gpt2(const ParameterLoader& load) { return std::make_unique<Gpt2>(load); }

}  // namespace mtlora
