// The decoder that Llama, Mistral, Qwen, Gemma and Phi share: normalisation before each block, rotary positions,
// grouped key heads, a gated MLP. A family says which of the options it has.
#pragma once

#include <string>
#include <vector>

#include "model/causal_model.h"
#include "model/rotary_embedding.h"

namespace mtlora {

struct DecoderSpec {
  int64_t vocabulary = 0, hidden = 0, intermediate_size = 0, layer_count = 0;
  int64_t heads = 0, key_heads = 0, head_size = 0;
  int64_t max_positions = 0;  // longest sequence, in tokens
  std::string hidden_act = "silu";
  double norm_eps = 1e-6, initializer_range = 0.02, attention_dropout = 0, residual_dropout = 0;
  bool tied = false;  // lm_head is the embedding
  bool query_key_value_bias = false, output_bias = false, mlp_bias = false;
  bool fused = false;            // qkv_proj and gate_up_proj (Phi-3)
  bool norms_heads = false;      // RmsNorm of each query and key head (Qwen 3)
  bool norms_after = false;      // of each block's result too (Gemma 2)
  bool norm_adds_one = false;    // Gemma
  double embedding_scale = 1;    // Gemma: √hidden
  double attention_scale = 0;    // of the scores
  double attention_softcap = 0;  // 0: none
  double final_softcap = 0;      // of the language model's logits; 0: none
  std::vector<int64_t> windows;  // of each layer: how many tokens a query sees, itself counted; 0: all before it
  double rope_theta = 10000;
};

// The keys that all of these families have, with the head size that they share out where config.json names none.
DecoderSpec read_decoder_spec(const ModelConfig& config);

// `sliding_window` tokens in the layers that config.json's layer_types, or else `slides`, call sliding_attention.
std::vector<int64_t> layer_windows(const ModelConfig& config, int64_t layers, int64_t sliding_window,
                                   bool (*slides)(const ModelConfig& config, int64_t layer));

class Decoder : public CausalModel {
 public:
  // With a language-model head or, for a classification, `score` on the last token. Throws Error(BadInput).
  Decoder(const ParameterLoader& load, DecoderSpec spec);

  at::Tensor hidden(const PackedBatch& batch, HiddenRows which, ForwardContext& context) override;
  int64_t max_positions() const override { return spec_.max_positions; }

 private:
  struct Layer {
    RmsNorm attention_norm, mlp_norm;                                 // before the blocks
    RmsNorm after_attention_norm, after_mlp_norm;                     // where spec_.norms_after
    const Linear *query = nullptr, *key = nullptr, *value = nullptr;  // or
    const Linear* query_key_value = nullptr;
    RmsNorm query_norm, key_norm;
    const Linear* output = nullptr;
    const Linear *gate = nullptr, *up = nullptr;  // or
    const Linear* gate_up = nullptr;
    const Linear* down = nullptr;
  };
  at::Tensor layer_forward(size_t index, at::Tensor x, const PackedBatch& batch, const LayerRows& asked,
                           const RotaryEmbedding::Angles& angles, ForwardContext& context) const;
  at::Tensor attention_block(size_t index, const at::Tensor& x, const PackedBatch& batch, const LayerRows& asked,
                             const RotaryEmbedding::Angles& angles, ForwardContext& context) const;
  at::Tensor mlp(const Layer& layer, const at::Tensor& x, const at::Tensor& rows, ForwardContext& context) const;

  DecoderSpec spec_;
  RotaryEmbedding rotary_;
  const at::Tensor* embeddings_ = nullptr;  // [vocabulary, hidden]
  std::vector<Layer> layers_;
  RmsNorm norm_;
};

}  // namespace mtlora
