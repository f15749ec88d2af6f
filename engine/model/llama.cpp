// Llama (Touvron et al. 2023), of all versions up to 3.3.
#include "model/decoder.h"
#include "model/families.h"

namespace mtlora {

std::unique_ptr<Model> build_llama(const ParameterLoader& load) {
  const ModelConfig& config = load.config();
  DecoderSpec spec = read_decoder_spec(config);
  spec.query_key_value_bias = spec.output_bias = config.flag("attention_bias", false);
  spec.mlp_bias = config.flag("mlp_bias", false);
  return std::make_unique<Decoder>(load, spec);
}

}  // namespace mtlora
