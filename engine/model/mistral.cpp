// Mistral (Jiang et al. 2023): Llama with a sliding window.
#include "model/decoder.h"
#include "model/families.h"

namespace mtlora {

std::unique_ptr<Model> build_mistral(const ParameterLoader& load) {
  const ModelConfig& config = load.config();
  DecoderSpec spec = read_decoder_spec(config);
  spec.key_heads = config.positive("num_key_value_heads", 8);
  // Absent: 4096; null: none.
  const bool none = config.json().contains("sliding_window") && !config.has("sliding_window");
  const int64_t window = none ? 0 : config.positive("sliding_window", 4096);
  spec.windows.assign(static_cast<size_t>(spec.layer_count), window);
  // transformers does not read it for this architecture: one that says otherwise is not followed in silence.
  const char* kind = window > 0 ? "sliding_attention" : "full_attention";
  config.expect("layer_types", std::vector<std::string>(static_cast<size_t>(spec.layer_count), kind));
  return std::make_unique<Decoder>(load, spec);
}

}  // namespace mtlora
