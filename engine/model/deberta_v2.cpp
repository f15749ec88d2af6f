// DeBERTa-v2 and v3 (He et al. 2021, arXiv 2006.03654 and 2111.09543): disentangled attention over relative positions.
#include "base/error.h"
#include "model/encoder.h"
#include "model/families.h"

namespace mtlora {

namespace {

// "p2c|c2p" or a list.
std::string attention_kinds(const ModelConfig& config) {
  const auto it = config.json().find("pos_att_type");
  if (it == config.json().end() || it->is_null()) return {};
  if (it->is_string()) return it->get<std::string>();
  std::string kinds;
  if (it->is_array()) {
    for (const auto& kind : *it)
      kinds += (kinds.empty() ? "" : "|") + (kind.is_string() ? kind.get<std::string>() : "?");
  }
  return kinds;
}

}  // namespace

std::unique_ptr<Model> build_deberta_v2(const ParameterLoader& load) {
  refuse_language_modelling(load);
  const ModelConfig& config = load.config();
  EncoderSpec spec = read_encoder_spec(config, "deberta.");
  spec.query = "attention.self.query_proj", spec.key = "attention.self.key_proj",
  spec.value = "attention.self.value_proj";
  spec.norm_eps = config.real("layer_norm_eps", 1e-7);
  spec.types = config.whole("type_vocab_size", 0);
  if (!config.flag("position_biased_input", true)) spec.positions = 0;
  spec.embedding_size = config.positive("embedding_size", spec.hidden);
  spec.projection = "embeddings.embed_proj";
  spec.projects_before_norm = true;
  config.expect("attention_head_size", spec.hidden / spec.heads);
  const std::string kinds = attention_kinds(config);
  spec.is_relative = config.flag("relative_attention", false);
  for (size_t begin = 0; begin < kinds.size();) {
    const size_t end = std::min(kinds.find('|', begin), kinds.size());
    const std::string kind = kinds.substr(begin, end - begin);
    if (kind == "c2p")
      spec.content_to_position = true;
    else if (kind == "p2c")
      spec.position_to_content = true;
    else
      throw bad_input("'" + config.path().string() + "', pos_att_type: expected c2p and p2c, found '" + kind + "'");
    begin = end + 1;
  }
  if (spec.is_relative) {
    spec.shares_position_projections = config.flag("share_att_key", false);
    const int64_t distance = config.whole("max_relative_positions", -1);
    spec.relative_positions.max_distance = distance < 1 ? spec.max_positions : distance;
    spec.relative_positions.buckets = std::max<int64_t>(0, config.whole("position_buckets", -1));
    const std::string norm = config.text("norm_rel_ebd", "none");
    if (norm != "none" && norm != "layer_norm") config.expect("norm_rel_ebd", "layer_norm");
    spec.norms_relative_embeddings = norm == "layer_norm";
  }
  spec.convolution_size = config.whole("conv_kernel_size", 0);
  spec.convolution_groups = config.positive("conv_groups", 1);
  spec.convolution_act = config.text("conv_act", "tanh");
  const int64_t h = spec.hidden;
  const double std = spec.initializer_range;
  auto model = std::make_unique<EncoderClassifier>(load, spec);
  config.expect("pooler_hidden_size", h);
  ClassificationHead& head = model->classifier;
  head.dropout_before = config.real("pooler_dropout", 0);
  head.dense = load_head_linear(load, "pooler.dense", h, h, {.std = std});
  head.activation = config.text("pooler_hidden_act", "gelu");
  head.dropout_after = config.real("cls_dropout", spec.hidden_dropout);
  head.out = load_head_linear(load, "classifier", h, load.options().num_labels, {.always_trained = true, .std = std});
  return model;
}

}  // namespace mtlora
