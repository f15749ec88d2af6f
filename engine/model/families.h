// The families' builders, one file each.
#pragma once

#include <memory>

namespace mtlora {

class Model;
class ParameterLoader;

// Each checks config.json and reads the weights. Throws Error(BadInput) naming file and key or tensor.
std::unique_ptr<Model> build_bert(const ParameterLoader& load);
std::unique_ptr<Model> build_distilbert(const ParameterLoader& load);
std::unique_ptr<Model> build_roberta(const ParameterLoader& load);  // and XLM-RoBERTa
std::unique_ptr<Model> build_electra(const ParameterLoader& load);
std::unique_ptr<Model> build_deberta_v2(const ParameterLoader& load);  // and v3
std::unique_ptr<Model> build_modernbert(const ParameterLoader& load);
std::unique_ptr<Model> build_gpt2(const ParameterLoader& load);
std::unique_ptr<Model> build_llama(const ParameterLoader& load);
std::unique_ptr<Model> build_mistral(const ParameterLoader& load);
std::unique_ptr<Model> build_qwen2(const ParameterLoader& load);
std::unique_ptr<Model> build_qwen3(const ParameterLoader& load);
std::unique_ptr<Model> build_gemma2(const ParameterLoader& load);
std::unique_ptr<Model> build_phi3(const ParameterLoader& load);

}  // namespace mtlora
