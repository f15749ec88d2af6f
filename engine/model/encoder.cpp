#include "model/encoder.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "model/checkpointed.h"
#include "ops/activation.h"
#include "ops/attention.h"

namespace mtlora {

EncoderSpec read_encoder_spec(const ModelConfig& config, const std::string& prefix) {
  EncoderSpec spec;
  spec.prefix = prefix;
  spec.vocabulary = config.positive("vocab_size");
  spec.hidden = spec.embedding_size = config.positive("hidden_size");
  spec.intermediate_size = config.positive("intermediate_size");
  spec.layer_count = config.layers("num_hidden_layers");
  spec.heads = config.positive("num_attention_heads");
  spec.positions = spec.max_positions = config.positive("max_position_embeddings", 512);
  spec.types = config.whole("type_vocab_size", 2);
  spec.hidden_dropout = config.real("hidden_dropout_prob", 0.1);
  spec.embedding_dropout = spec.attention_output_dropout = spec.hidden_dropout;
  spec.attention_dropout = config.real("attention_probs_dropout_prob", 0.1);
  spec.norm_eps = config.real("layer_norm_eps", 1e-12);
  spec.initializer_range = config.real("initializer_range", 0.02);
  spec.hidden_act = config.text("hidden_act", "gelu");
  config.expect("position_embedding_type", "absolute");
  config.expect("is_decoder", false);
  config.expect("add_cross_attention", false);
  return spec;
}

Encoder::Encoder(const ParameterLoader& load, EncoderSpec spec) : spec_(std::move(spec)) {
  const int64_t h = spec_.hidden, e = spec_.embedding_size, m = spec_.intermediate_size;
  check_activation(spec_.hidden_act);
  check_heads(load.config(), spec_.heads_key, h, spec_.heads);
  const std::string of_embeddings = spec_.prefix + "embeddings.";
  word_embeddings_ = load.embedding(of_embeddings + "word_embeddings.weight", spec_.vocabulary, e);
  if (spec_.positions > 0) {
    position_embeddings_ = load.embedding(of_embeddings + "position_embeddings.weight", spec_.positions, e);
  }
  if (spec_.types > 0) {
    token_type_embeddings_ = load.embedding(of_embeddings + "token_type_embeddings.weight", spec_.types, e);
  }
  const bool projects = e != h;
  embedding_norm_ = LayerNorm::load(load, of_embeddings + "LayerNorm", projects && !spec_.projects_before_norm ? e : h,
                                    spec_.norm_eps);
  if (projects) projection_ = load.linear(spec_.prefix + spec_.projection, e, h, {!spec_.projects_before_norm});
  for (int64_t i = 0; i < spec_.layer_count; ++i) {
    const std::string name = spec_.prefix + spec_.layers + std::to_string(i) + ".";
    const auto linear = [&](const std::string& part, int64_t in, int64_t out) {
      return load.linear(name + part, in, out, {true, false, i});
    };
    const auto norm = [&](const std::string& part) { return LayerNorm::load(load, name + part, h, spec_.norm_eps); };
    Layer layer;
    layer.query = linear(spec_.query, h, h);
    layer.key = linear(spec_.key, h, h);
    layer.value = linear(spec_.value, h, h);
    if (spec_.is_relative && !spec_.shares_position_projections) {
      if (spec_.content_to_position) layer.position_key = linear("attention.self.pos_key_proj", h, h);
      if (spec_.position_to_content) layer.position_query = linear("attention.self.pos_query_proj", h, h);
    }
    layer.attention_output = linear(spec_.attention_output, h, h);
    layer.attention_norm = norm(spec_.attention_norm);
    layer.intermediate = linear(spec_.intermediate, h, m);
    layer.output = linear(spec_.output, m, h);
    layer.output_norm = norm(spec_.output_norm);
    layers_.push_back(layer);
  }
  if (spec_.is_relative) {
    relative_embeddings_ =
        load.embedding(spec_.prefix + "encoder.rel_embeddings.weight", 2 * spec_.relative_positions.span(), h);
    if (spec_.norms_relative_embeddings) {
      relative_norm_ = LayerNorm::load(load, spec_.prefix + "encoder.LayerNorm", h, spec_.norm_eps);
    }
  }
  if (spec_.convolution_size > 0) {
    const std::string name = spec_.prefix + "encoder.conv.";
    convolution_weight_ = load.tensor(name + "conv.weight", {h, h / spec_.convolution_groups, spec_.convolution_size});
    convolution_bias_ = load.tensor(name + "conv.bias", {h});
    convolution_norm_ = LayerNorm::load(load, name + "LayerNorm", h, spec_.norm_eps);
  }
}

at::Tensor Encoder::embeddings(const PackedBatch& batch, ForwardContext& context) const {
  at::Tensor x = embed(*word_embeddings_, batch.input_ids);  // [N, embedding_size]
  if (position_embeddings_) {
    const at::Tensor places =
        spec_.position_offset == 0 ? batch.position_ids : batch.position_ids + spec_.position_offset;
    x = x + embed(*position_embeddings_, places);
  }
  if (token_type_embeddings_) x = x + embed(*token_type_embeddings_, batch.token_type_ids);
  if (projection_ && spec_.projects_before_norm) x = projection_->forward(x, batch.row_ids, context);
  x = dropout(embedding_norm_.forward(x), context.dropout(spec_.embedding_dropout, batch.row_ids));
  if (projection_ && !spec_.projects_before_norm) x = projection_->forward(x, batch.row_ids, context);
  return x;
}

at::Tensor Encoder::first_hidden(const PackedBatch& batch, ForwardContext& context) const {
  const at::Tensor embedded = embeddings(batch, context);
  at::Tensor x = embedded;
  for (size_t i = 0; i < layers_.size(); ++i) {
    // The convolution reads the first layer's whole output.
    const bool convolves = i == 0 && convolution_weight_;
    const bool last = i + 1 == layers_.size();
    const bool first_only = last && !convolves;
    x = checkpointed(x, context, [this, i, batch, first_only](const at::Tensor& in, ForwardContext& inside) {
      return layer_forward(layers_[i], in, batch, first_only, inside);
    });
    if (!convolves) continue;
    x = convolved(embedded, x, batch, context);
    if (last) x = x.index_select(0, first_tokens(batch));
  }
  return x;
}

at::Tensor Encoder::layer_forward(const Layer& layer, const at::Tensor& x, const PackedBatch& batch, bool first_only,
                                  ForwardContext& context) const {
  const int64_t heads = spec_.heads, size = spec_.hidden / heads;
  at::Tensor asked = x;  // [Nq, hidden] rows that the rest of the layer computes
  at::Tensor rows = batch.row_ids;
  AttentionArgs args;
  args.cu_q = args.cu_k = batch.cu_seqlens;
  args.max_q = args.max_k = batch.max_seqlen;
  if (first_only) {
    const at::Tensor first = first_tokens(batch);
    asked = x.index_select(0, first);
    rows = rows.index_select(0, first);
    args.cu_q = at::arange(batch.sequences() + 1, at::kInt);
    args.max_q = 1;
  }
  const at::Tensor q = layer.query->forward(asked, rows, context).view({-1, heads, size});
  const at::Tensor k = layer.key->forward(x, batch.row_ids, context).view({-1, heads, size});
  const at::Tensor v = layer.value->forward(x, batch.row_ids, context).view({-1, heads, size});
  const int64_t terms = 1 + spec_.content_to_position + spec_.position_to_content;
  args.scale = 1 / std::sqrt(static_cast<double>(size * terms));
  args.dropout = context.dropout(spec_.attention_dropout, rows);
  at::Tensor y = spec_.is_relative ? relative_attention(layer, q, k, v, args, context) : attention(q, k, v, args);
  y = layer.attention_output->forward(y.reshape({-1, spec_.hidden}), rows, context);
  y = layer.attention_norm.forward(y, asked, context.dropout(spec_.attention_output_dropout, rows));
  at::Tensor z = activation(layer.intermediate->forward(y, rows, context), spec_.hidden_act);  // [Nq, intermediate]
  z = layer.output->forward(z, rows, context);
  return layer.output_norm.forward(z, y, context.dropout(spec_.hidden_dropout, rows));
}

at::Tensor Encoder::relative_attention(const Layer& layer, const at::Tensor& q, const at::Tensor& k,
                                       const at::Tensor& v, const AttentionArgs& args, ForwardContext& context) const {
  // Only the embeddings of distances that occur: from −(longest − 1) to longest − 1.
  const RelativePositions& positions = spec_.relative_positions;
  const int64_t first = positions.index(1 - args.max_k), last = positions.index(args.max_k - 1) + 1;
  const at::Tensor rows = at::arange(first, last, args.cu_q.options().dtype(at::kLong)).to(q.device());
  at::Tensor embedded = embed(*relative_embeddings_, rows);  // [last − first, hidden]
  if (spec_.norms_relative_embeddings) embedded = relative_norm_.forward(embedded);
  embedded = dropout(embedded, context.dropout(spec_.hidden_dropout, rows));
  const auto projected = [&](bool wanted, const Linear* own, const Linear* shared) {
    if (!wanted) return at::Tensor();
    return (own ? own : shared)->forward(embedded, rows, context).view({-1, q.size(1), q.size(2)});
  };
  return disentangled_attention(q, k, v, projected(spec_.content_to_position, layer.position_key, layer.key),
                                projected(spec_.position_to_content, layer.position_query, layer.query), first,
                                positions, args);
}

// LayerNorm(residual + activation(dropout(convolution(x)))), over each sequence with zeros around it.
at::Tensor Encoder::convolved(const at::Tensor& x, const at::Tensor& residual, const PackedBatch& batch,
                              ForwardContext& context) const {
  const int32_t* cu = batch.cu_seqlens.const_data_ptr<int32_t>();
  const int64_t around = (spec_.convolution_size - 1) / 2;
  std::vector<at::Tensor> parts;
  for (int64_t s = 0; s < batch.sequences(); ++s) {
    const at::Tensor sequence = x.slice(0, cu[s], cu[s + 1]).t().unsqueeze(0);  // [1, hidden, n]
    parts.push_back(
        at::conv1d(sequence, *convolution_weight_, *convolution_bias_, 1, around, 1, spec_.convolution_groups)
            .squeeze(0)
            .t());
  }
  const at::Tensor y = dropout(at::cat(parts), context.dropout(spec_.hidden_dropout, batch.row_ids));
  return convolution_norm_.forward(activation(y, spec_.convolution_act), residual);
}

at::Tensor EncoderClassifier::logits(const PackedBatch& batch, ForwardContext& context) {
  const at::Tensor first = encoder_.first_hidden(batch, context);  // [S, hidden]
  return classifier.forward(first, batch.row_ids.index_select(0, first_tokens(batch)), context);
}

void refuse_language_modelling(const ParameterLoader& load) {
  if (load.options().task != ModelTask::CausalLm) return;
  throw bad_input("'" + load.config().path().string() + "', model_type: '" + load.config().model_type() +
                      "' is an encoder, which writes no text",
                  "Choose a decoder, such as a Llama, Qwen or GPT-2 model.", "model.name_or_path");
}

}  // namespace mtlora
