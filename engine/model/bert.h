// BERT (Devlin et al. 2019) with a sequence classification head, parameter names as in transformers'
// BertForSequenceClassification.
#pragma once

#include "model/registry.h"

namespace mtlora {

ModelShape bert_shape(const ModelConfig& config);
std::unique_ptr<Model> load_bert(const Path& folder, const ModelConfig& config, const LoadOptions& options);

}  // namespace mtlora
