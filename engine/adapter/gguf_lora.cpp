#include "adapter/gguf_lora.h"

#include <ATen/ATen.h>

#include <array>
#include <optional>
#include <utility>

#include "base/error.h"
#include "io/gguf.h"
#include "io/weights.h"

namespace mtlora {

namespace {

struct GgufFamily {
  const char *model_type, *architecture;
  bool fused;               // qkv_proj and gate_up_proj
  bool separate_head;       // llama.cpp has an output matrix apart from the embedding
  bool pairs_side_by_side;  // rows of q and k in the order of the rotary embedding of the original Llama
};
constexpr std::array<GgufFamily, 6> families{{{"gemma2", "gemma2", false, false, false},
                                              {"llama", "llama", false, true, true},
                                              {"mistral", "llama", false, true, true},
                                              {"phi3", "phi3", true, true, false},
                                              {"qwen2", "qwen2", false, true, false},
                                              {"qwen3", "qwen3", false, true, false}}};

// The part of the name behind the layer -> llama.cpp's.
constexpr std::array<std::pair<const char*, const char*>, 5> separate_names{{{"self_attn.q_proj", "attn_q"},
                                                                             {"self_attn.k_proj", "attn_k"},
                                                                             {"self_attn.v_proj", "attn_v"},
                                                                             {"mlp.gate_proj", "ffn_gate"},
                                                                             {"mlp.up_proj", "ffn_up"}}};
constexpr std::array<std::pair<const char*, const char*>, 2> fused_names{
    {{"self_attn.qkv_proj", "attn_qkv"}, {"mlp.gate_up_proj", "ffn_up"}}};
constexpr std::array<std::pair<const char*, const char*>, 2> shared_names{
    {{"self_attn.o_proj", "attn_output"}, {"mlp.down_proj", "ffn_down"}}};

const GgufFamily& family_for(const ModelConfig& config) {
  std::string known;
  for (const GgufFamily& family : families) {
    if (config.model_type() == family.model_type) return family;
    known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  }
  throw bad_input(
      "'" + config.path().string() + "', model_type: adapters of " + config.model_type() + " can't be written as gguf",
      "gguf is there for " + known + "; export as peft or merged.");
}

template <size_t N>
std::optional<std::string> look_up(const std::array<std::pair<const char*, const char*>, N>& names,
                                   const std::string& part) {
  for (const auto& [ours, theirs] : names) {
    if (part == ours) return theirs;
  }
  return {};
}

// "model.layers.3.self_attn.q_proj" -> "blk.3.attn_q", for the families that have it.
std::string gguf_name(const GgufFamily& family, const std::string& module, int64_t layers) {
  static const std::string prefix = "model.layers.";
  std::optional<std::string> name;
  if (module == "lm_head" && family.separate_head) return "output";
  if (module.starts_with(prefix)) {
    const size_t dot = module.find('.', prefix.size());
    const std::string layer = module.substr(prefix.size(), dot - prefix.size());
    const bool is_number = !layer.empty() && layer.size() < 7 && layer.find_first_not_of("0123456789") == layer.npos;
    if (dot != module.npos && is_number && std::stoll(layer) < layers) {
      const std::string part = module.substr(dot + 1);
      name = look_up(shared_names, part);
      if (!name) name = family.fused ? look_up(fused_names, part) : look_up(separate_names, part);
      if (name) return "blk." + layer + "." + *name;
    }
  }
  throw bad_input("module '" + module + "' has no place in a gguf adapter of " + family.model_type,
                  "Only the linear layers of a causal language model do; export as peft instead.");
}

// transformers keeps the two halves of each head apart, llama.cpp's llama architecture pairs row i of the first half
// with row i of the second: [heads, 2, d/2, r] -> [heads, d/2, 2, r].
at::Tensor interleave_halves(const at::Tensor& b, int64_t heads, const std::string& module) {
  if (heads <= 0 || b.size(0) % (2 * heads) != 0) {
    throw bad_input("module '" + module + "': B has " + std::to_string(b.size(0)) + " rows, which are not " +
                    std::to_string(heads) + " heads of an even size");
  }
  return b.reshape({heads, 2, b.size(0) / heads / 2, b.size(1)}).transpose(1, 2).reshape(b.sizes());
}

}  // namespace

const std::vector<std::string>& gguf_families() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const GgufFamily& family : families) list.emplace_back(family.model_type);
    return list;
  }();
  return names;
}

void export_gguf_lora(const Path& file, const ModelConfig& config, const std::map<std::string, LoraPair>& modules,
                      double alpha, const std::string& name, bool half) {
  const GgufFamily& family = family_for(config);
  const int64_t layers = config.positive("num_hidden_layers");
  const int64_t heads = config.positive("num_attention_heads");
  const int64_t key_value_heads = config.positive("num_key_value_heads", heads);
  if (modules.empty()) throw bad_input("the adapter has no modules to write as gguf");

  std::vector<at::Tensor> kept;  // until the file is written
  std::vector<GgufTensor> tensors;
  const auto add = [&](const std::string& tensor_name, const at::Tensor& tensor, const std::string& module) {
    const at::Tensor values = tensor.detach().to(at::kCPU, half ? at::kHalf : at::kFloat).contiguous();
    if (!at::isfinite(values).all().item<bool>()) {
      throw bad_input("module '" + module + "': expected finite values, found NaN or infinity",
                      "The training diverged; export an earlier checkpoint.");
    }
    kept.push_back(values);
    tensors.push_back({tensor_name, half ? "F16" : "F32", values.sizes().vec(), values.const_data_ptr()});
  };
  for (const auto& [module, pair] : modules) {
    if (pair.a.dim() != 2 || pair.b.dim() != 2 || pair.a.size(0) != pair.b.size(1)) {
      throw bad_input("module '" + module + "': A " + shape_text(pair.a.sizes()) + " and B " +
                      shape_text(pair.b.sizes()) + " do not fit together");
    }
    const std::string stem = gguf_name(family, module, layers) + ".weight";
    at::Tensor b = pair.b;
    if (family.pairs_side_by_side && module.ends_with("q_proj")) b = interleave_halves(b, heads, module);
    if (family.pairs_side_by_side && module.ends_with("k_proj")) b = interleave_halves(b, key_value_heads, module);
    add(stem + ".lora_a", pair.a, module);
    add(stem + ".lora_b", b, module);
  }
  std::vector<std::pair<std::string, GgufValue>> values = {{"general.architecture", std::string(family.architecture)},
                                                           {"general.type", std::string("adapter")},
                                                           {"adapter.type", std::string("lora")}};
  if (!name.empty()) values.emplace_back("general.name", name);
  values.emplace_back("general.file_type", uint32_t{half ? 1u : 0u});  // mostly F16, or all F32
  values.emplace_back("general.quantization_version", uint32_t{2});
  values.emplace_back("adapter.lora.alpha", static_cast<float>(alpha));
  write_gguf(file, values, tensors);
}

}  // namespace mtlora
