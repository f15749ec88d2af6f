// A LoRA as a GGUF file, for llama.cpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "io/model_folder.h"

namespace mtlora {

struct LoraPair {
  at::Tensor a;  // [r, in]
  at::Tensor b;  // [out, r], T already folded in
};

// The families whose adapters can be written: gemma2, llama, mistral, phi3, qwen2, qwen3.
const std::vector<std::string>& gguf_families();

// Writes the adapter of a causal language model whose config.json is `config`; the keys of `modules` are the names that
// transformers gives the linear layers ("model.layers.0.self_attn.q_proj", "lm_head"). llama.cpp multiplies B·A by
// alpha / r with r the rows of that module's A: a scale that differs from that (rank_pattern with alpha_pattern,
// use_rslora) is the caller's to put into B. Values are written as F32 (`half` false) or F16.
// Names, order of the rows of q and k (rotary pairs side by side for the llama architecture, which mistral has too) and
// keys are those of llama.cpp's convert_lora_to_gguf.py. Throws Error(BadInput) naming the module for a family or a
// module that llama.cpp has no place for (a classification head, gemma2's tied lm_head), sizes that don't fit, or
// values that are not finite; Error(File). Blocks.
void export_gguf_lora(const Path& file, const ModelConfig& config, const std::map<std::string, LoraPair>& modules,
                      double alpha, const std::string& name = {}, bool half = false);

}  // namespace mtlora
