// A model with an adapter folded into its weights, as a whole Hugging Face folder.
#pragma once

#include <string>

#include "adapter/adapter_files.h"

namespace mtlora {

struct MergeOptions {
  std::string dtype = "auto";  // of the weights: auto keeps the base's; float32, bfloat16, float16
  uint64_t max_shard_bytes = 5'000'000'000;
};

// Writes config.json, the tokenizer's files and the weights W0 + s·B·T·A (and the trained head), computed in float64
// and rounded once, one piece of a tensor after another: memory stays far below a tensor's. The weights carry
// transformers' full names. `folder` is written beside and renamed; it must not exist, be empty or
// hold an earlier merged model, which is replaced. Throws
// Error(BadInput) where the adapter does not fit, is not finite, or is merged into this base already (its config.json
// says so); Error(File). Blocks.
void export_merged(const AdapterFolder& source, const Path& base, const Path& folder, const MergeOptions& options = {});

}  // namespace mtlora
