// Phi-3 (Abdin et al. 2024): fused projections, long contexts by longrope.
#include "model/decoder.h"
#include "model/families.h"

namespace mtlora {

std::unique_ptr<Model> build_phi3(const ParameterLoader& load) {
  const ModelConfig& config = load.config();
  DecoderSpec spec = read_decoder_spec(config);
  spec.fused = true;
  spec.norm_eps = config.real("rms_norm_eps", 1e-5);
  spec.residual_dropout = config.real("resid_pdrop", 0);
  const int64_t window = config.has("sliding_window") ? config.positive("sliding_window") : 0;
  spec.windows.assign(static_cast<size_t>(spec.layer_count), window);
  // transformers does not read it for this architecture: one that says otherwise is not followed in silence.
  const char* kind = window > 0 ? "sliding_attention" : "full_attention";
  config.expect("layer_types", std::vector<std::string>(static_cast<size_t>(spec.layer_count), kind));
  return std::make_unique<Decoder>(load, spec);
}

}  // namespace mtlora
