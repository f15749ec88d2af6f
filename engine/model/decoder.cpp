#include "model/decoder.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "model/checkpointed.h"
#include "ops/activation.h"
#include "ops/rotary.h"

namespace mtlora {

DecoderSpec read_decoder_spec(const ModelConfig& config) {
  DecoderSpec spec;
  spec.vocabulary = config.positive("vocab_size");
  spec.hidden = config.positive("hidden_size");
  spec.intermediate_size = config.positive("intermediate_size");
  spec.layer_count = config.layers("num_hidden_layers");
  spec.heads = config.positive("num_attention_heads");
  spec.key_heads = config.positive("num_key_value_heads", spec.heads);
  spec.head_size = config.positive("head_dim", std::max<int64_t>(1, spec.hidden / spec.heads));
  spec.max_positions = config.positive("max_position_embeddings", 2048);
  spec.hidden_act = config.text("hidden_act", "silu");
  spec.norm_eps = config.real("rms_norm_eps", 1e-6);
  spec.initializer_range = config.real("initializer_range", 0.02);
  spec.attention_dropout = config.real("attention_dropout", 0);
  spec.tied = config.flag("tie_word_embeddings", false);
  spec.attention_scale = 1 / std::sqrt(static_cast<double>(spec.head_size));
  spec.windows.assign(static_cast<size_t>(spec.layer_count), 0);
  if (config.model_type() != "phi3") config.expect("partial_rotary_factor", 1.0);
  return spec;
}

std::vector<int64_t> layer_windows(const ModelConfig& config, int64_t layers, int64_t sliding_window,
                                   bool (*slides)(const ModelConfig& config, int64_t layer)) {
  std::vector<int64_t> windows;
  const nlohmann::json types = config.has("layer_types") ? config.json().at("layer_types") : nlohmann::json();
  for (int64_t i = 0; i < layers; ++i) {
    bool sliding = sliding_window > 0 && slides(config, i);
    if (!types.is_null()) {
      const size_t at = static_cast<size_t>(i);
      const bool known =
          types.is_array() && at < types.size() && (types[at] == "sliding_attention" || types[at] == "full_attention");
      if (!known) {
        throw bad_input("'" + config.path().string() +
                        "', layer_types: expected full_attention or sliding_attention for each of " +
                        std::to_string(layers) + " layers, found " + types.dump());
      }
      sliding = types[at] == "sliding_attention";
      if (sliding && sliding_window <= 0) {
        throw bad_input("'" + config.path().string() + "', sliding_window: expected a number of tokens, found none");
      }
    }
    windows.push_back(sliding ? sliding_window : 0);
  }
  return windows;
}

Decoder::Decoder(const ParameterLoader& load, DecoderSpec spec)
    : CausalModel(load), spec_(std::move(spec)), rotary_(load.config(), spec_.head_size, spec_.rope_theta) {
  const int64_t h = spec_.hidden, m = spec_.intermediate_size, d = spec_.head_size;
  const int64_t of_queries = spec_.heads * d, of_keys = spec_.key_heads * d;
  check_activation(spec_.hidden_act);
  if (spec_.heads % spec_.key_heads != 0) {
    throw bad_input("'" + load.config().path().string() + "', num_key_value_heads: expected a divisor of the " +
                    std::to_string(spec_.heads) + " attention heads, found " + std::to_string(spec_.key_heads));
  }
  const auto norm = [&](const std::string& name, int64_t size) {
    return RmsNorm::load(load, name, size, spec_.norm_eps, spec_.norm_adds_one);
  };
  embeddings_ = load.embedding("model.embed_tokens.weight", spec_.vocabulary, h);
  for (int64_t i = 0; i < spec_.layer_count; ++i) {
    const std::string name = "model.layers." + std::to_string(i) + ".";
    const auto linear = [&](const std::string& part, int64_t in, int64_t out, bool bias) {
      return load.linear(name + part, in, out, {bias, false, i});
    };
    Layer layer;
    layer.attention_norm = norm(name + "input_layernorm", h);
    const bool bias = spec_.query_key_value_bias;
    if (spec_.fused) {
      layer.query_key_value = linear("self_attn.qkv_proj", h, of_queries + 2 * of_keys, bias);
    } else {
      layer.query = linear("self_attn.q_proj", h, of_queries, bias);
      layer.key = linear("self_attn.k_proj", h, of_keys, bias);
      layer.value = linear("self_attn.v_proj", h, of_keys, bias);
    }
    if (spec_.norms_heads) {
      layer.query_norm = norm(name + "self_attn.q_norm", d);
      layer.key_norm = norm(name + "self_attn.k_norm", d);
    }
    layer.output = linear("self_attn.o_proj", of_queries, h, spec_.output_bias);
    if (spec_.norms_after) layer.after_attention_norm = norm(name + "post_attention_layernorm", h);
    layer.mlp_norm = norm(name + (spec_.norms_after ? "pre_feedforward_layernorm" : "post_attention_layernorm"), h);
    if (spec_.fused) {
      layer.gate_up = linear("mlp.gate_up_proj", h, 2 * m, spec_.mlp_bias);
    } else {
      layer.gate = linear("mlp.gate_proj", h, m, spec_.mlp_bias);
      layer.up = linear("mlp.up_proj", h, m, spec_.mlp_bias);
    }
    layer.down = linear("mlp.down_proj", m, h, spec_.mlp_bias);
    if (spec_.norms_after) layer.after_mlp_norm = norm(name + "post_feedforward_layernorm", h);
    layers_.push_back(layer);
  }
  norm_ = norm("model.norm", h);
  load_head(load, spec_.tied ? "model.embed_tokens" : "lm_head", spec_.tied ? embeddings_ : nullptr, h,
            spec_.vocabulary, spec_.initializer_range, spec_.final_softcap);
}

// x [N, hidden] is normalised; the result has the rows that are asked for.
at::Tensor Decoder::attention_block(size_t index, const at::Tensor& x, const PackedBatch& batch, const LayerRows& asked,
                                    const RotaryEmbedding::Angles& angles, ForwardContext& context) const {
  const Layer& layer = layers_[index];
  const int64_t d = spec_.head_size, of_queries = spec_.heads * d, of_keys = spec_.key_heads * d;
  const auto queries = [&](const at::Tensor& rows) { return asked.last_tokens ? asked.of(rows) : rows; };
  at::Tensor q, k, v;  // [Nq, heads · d], [N, key heads · d]
  if (spec_.fused) {
    const at::Tensor all = layer.query_key_value->forward(x, batch.row_ids, context);
    q = queries(all.slice(1, 0, of_queries));
    k = all.slice(1, of_queries, of_queries + of_keys);
    v = all.slice(1, of_queries + of_keys);
  } else {
    q = layer.query->forward(queries(x), queries(batch.row_ids), context);
    k = layer.key->forward(x, batch.row_ids, context);
    v = layer.value->forward(x, batch.row_ids, context);
  }
  q = q.unflatten(1, {spec_.heads, d});
  k = k.unflatten(1, {spec_.key_heads, d});
  v = v.unflatten(1, {spec_.key_heads, d});
  if (spec_.norms_heads) {
    q = layer.query_norm.forward(q);
    k = layer.key_norm.forward(k);
  }
  q = rotary(q, queries(angles.cosines), queries(angles.sines));
  k = rotary(k, angles.cosines, angles.sines);

  Attention options;
  options.scale = spec_.attention_scale;
  options.softcap = spec_.attention_softcap;
  options.dropout = spec_.attention_dropout;
  // A window of one token leaves the query itself, which `window` = 0 does not say.
  if (const int64_t window = spec_.windows[index]; window > 0) options.window = window - 1;
  const at::Tensor y = attend(static_cast<int64_t>(index), q, k, v, options, batch, asked, context);
  return layer.output->forward(y.flatten(1), asked.of(batch.row_ids), context);
}

at::Tensor Decoder::mlp(const Layer& layer, const at::Tensor& x, const at::Tensor& rows,
                        ForwardContext& context) const {
  const int64_t m = spec_.intermediate_size;
  at::Tensor gate, up;  // [N, intermediate]
  if (spec_.fused) {
    const at::Tensor both = layer.gate_up->forward(x, rows, context);
    gate = both.slice(1, 0, m), up = both.slice(1, m);
  } else {
    gate = layer.gate->forward(x, rows, context), up = layer.up->forward(x, rows, context);
  }
  return layer.down->forward(activation(gate, spec_.hidden_act) * up, rows, context);
}

// x [N, hidden] -> the rows that are asked for.
at::Tensor Decoder::layer_forward(size_t index, at::Tensor x, const PackedBatch& batch, const LayerRows& asked,
                                  const RotaryEmbedding::Angles& angles, ForwardContext& context) const {
  const Layer& layer = layers_[index];
  const at::Tensor rows = asked.of(batch.row_ids);
  at::Tensor y = attention_block(index, layer.attention_norm.forward(x), batch, asked, angles, context);
  if (spec_.norms_after) y = layer.after_attention_norm.forward(y);
  x = asked.of(x) + dropout(y, context.dropout(spec_.residual_dropout, rows));
  y = mlp(layer, layer.mlp_norm.forward(x), rows, context);
  if (spec_.norms_after) y = layer.after_mlp_norm.forward(y);
  return x + dropout(y, context.dropout(spec_.residual_dropout, rows));
}

at::Tensor Decoder::hidden(const PackedBatch& batch, HiddenRows which, ForwardContext& context) {
  if (context.cache) context.cache->add_tokens(batch);
  at::Tensor x = embed(*embeddings_, batch.input_ids);  // [N, hidden]
  if (spec_.embedding_scale != 1) x = x * spec_.embedding_scale;
  const RotaryEmbedding::Angles angles = rotary_.angles(batch);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const LayerRows asked = rows_of(batch, which, i, layers_.size());
    x = checkpointed(x, context, [this, i, batch, asked, angles](const at::Tensor& in, ForwardContext& inside) {
      return layer_forward(i, in, batch, asked, angles, inside);
    });
  }
  return norm_.forward(x);
}

}  // namespace mtlora
