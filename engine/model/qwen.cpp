// Qwen 2 and 2.5 (biases on q, k and v) and Qwen 3 (normalised heads).
#include <cmath>

#include "model/decoder.h"
#include "model/families.h"

namespace mtlora {

namespace {

std::vector<int64_t> windows_of(const ModelConfig& config, int64_t layers) {
  const bool used = config.flag("use_sliding_window", false);
  return layer_windows(config, layers, used ? config.positive("sliding_window", 4096) : 0,
                       [](const ModelConfig& c, int64_t layer) { return layer >= c.whole("max_window_layers", 28); });
}

}  // namespace

std::unique_ptr<Model> build_qwen2(const ParameterLoader& load) {
  DecoderSpec spec = read_decoder_spec(load.config());
  spec.query_key_value_bias = true;
  spec.windows = windows_of(load.config(), spec.layer_count);
  return std::make_unique<Decoder>(load, spec);
}

std::unique_ptr<Model> build_qwen3(const ParameterLoader& load) {
  const ModelConfig& config = load.config();
  DecoderSpec spec = read_decoder_spec(config);
  spec.head_size = config.positive("head_dim", 128);
  spec.attention_scale = 1 / std::sqrt(static_cast<double>(spec.head_size));
  spec.query_key_value_bias = spec.output_bias = config.flag("attention_bias", false);
  spec.norms_heads = true;
  spec.windows = windows_of(config, spec.layer_count);
  return std::make_unique<Decoder>(load, spec);
}

}  // namespace mtlora
