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
  spec.windows = layer_windows(config, spec.layer_count, window, [](const ModelConfig&, int64_t) { return true; });
  return std::make_unique<Decoder>(load, spec);
}

}  // namespace mtlora
