// Gemma 2 (Gemma Team 2024): soft caps, every other layer with a window, norms before and after each block.
#include <cmath>

#include "model/decoder.h"
#include "model/families.h"

namespace mtlora {

std::unique_ptr<Model> build_gemma2(const ParameterLoader& load) {
  const ModelConfig& config = load.config();
  DecoderSpec spec = read_decoder_spec(config);
  spec.key_heads = config.positive("num_key_value_heads", 4);
  spec.head_size = config.positive("head_dim", 256);
  spec.hidden_act = config.text("hidden_activation", "gelu_pytorch_tanh");
  spec.tied = config.flag("tie_word_embeddings", true);
  spec.query_key_value_bias = spec.output_bias = config.flag("attention_bias", false);
  spec.norms_after = spec.norm_adds_one = true;
  spec.embedding_scale = std::sqrt(static_cast<double>(spec.hidden));
  spec.attention_scale = 1 / std::sqrt(config.real("query_pre_attn_scalar", 256));
  // Absent: the usual caps; null: none.
  const auto cap = [&](const char* key, double usual) {
    return config.json().contains(key) && !config.has(key) ? 0 : config.real(key, usual);
  };
  spec.attention_softcap = cap("attn_logit_softcapping", 50);
  spec.final_softcap = cap("final_logit_softcapping", 30);
  config.expect("use_bidirectional_attention", false);
  spec.windows = layer_windows(config, spec.layer_count, config.positive("sliding_window", 4096),
                               [](const ModelConfig&, int64_t layer) { return layer % 2 == 0; });
  return std::make_unique<Decoder>(load, spec);
}

}  // namespace mtlora
