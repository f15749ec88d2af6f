// The part of api.h about a trained result: predictions and export.
#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "adapter/adapter_files.h"
#include "api/api.h"
#include "base/error.h"
#include "data/loader.h"
#include "io/model_folder.h"
#include "model/registry.h"
#include "text/tokenizer.h"

namespace mtlora {

namespace {

class ClassifierPredictor : public Predictor {
 public:
  ClassifierPredictor(const std::string& model_name, const Path& adapter_path, bool tuned)
      : adapter_(adapter_folder_of(adapter_path.string())) {
    const Path folder = find_model_folder(model_name.empty() ? adapter_.config.base_model : model_name);
    LoadOptions options;
    options.num_labels = adapter_.num_labels();
    model_ = load_model(folder, options);
    tokenizer_ = Tokenizer::load(folder);
    if (!tuned) return;
    set_ = AdapterSet::attach(*model_, adapter_.config.options, 0);
    load_into(*set_, adapter_);
  }

  Prediction predict(const std::string& text, const std::string& text_pair) override {
    const std::string_view pair = text_pair;
    const Encoding encoding = tokenizer_->encode(text, text_pair.empty() ? nullptr : &pair, model_->max_positions());
    Example example;
    example.input_ids = encoding.input_ids;
    example.token_type_ids = encoding.token_type_ids;
    const at::NoGradGuard no_grad;
    ForwardContext context;
    const at::Tensor logits =
        model_->logits(pack({example}, {0}, false, 0, model_->device()), context).select(0, 0).to(at::kCPU);
    Prediction result;
    result.tokens = static_cast<int64_t>(encoding.input_ids.size());
    result.tokens_cut = encoding.tokens_cut;
    if (adapter_.config.regression) {
      result.value = logits[0].item<double>();
      return result;
    }
    const at::Tensor probabilities = logits.to(at::kDouble).softmax(0).contiguous();
    for (int64_t i = 0; i < probabilities.numel(); ++i) {
      const auto& labels = adapter_.config.labels;
      const size_t index = static_cast<size_t>(i);
      const std::string label = index < labels.size() ? labels[index] : "label " + std::to_string(i);
      result.labels.emplace_back(label, probabilities.const_data_ptr<double>()[i]);
    }
    std::stable_sort(result.labels.begin(), result.labels.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return result;
  }

 private:
  AdapterFolder adapter_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<AdapterSet> set_;
  std::shared_ptr<const Tokenizer> tokenizer_;
};

std::string python_lines(const std::string& base, const Path& folder, int64_t num_labels) {
  return "from transformers import AutoModelForSequenceClassification, AutoTokenizer\n"
         "from peft import PeftModel\n\n"
         "base = " +
         nlohmann::json(base).dump() +
         "\n"
         "tokenizer = AutoTokenizer.from_pretrained(base)\n"
         "model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=" +
         std::to_string(num_labels) +
         ")\n"
         "model = PeftModel.from_pretrained(model, " +
         nlohmann::json(folder.string()).dump() + ").eval()\n";
}

}  // namespace

std::unique_ptr<Predictor> load_predictor(const std::string& model, const Path& adapter, bool tuned) {
  return std::make_unique<ClassifierPredictor>(model, adapter, tuned);
}

ExportResult export_adapter(const Path& source, const std::string& format, const Path& out) {
  const AdapterFolder adapter(adapter_folder_of(source.string()));
  ExportResult result;
  result.folder = std::filesystem::absolute(out);
  if (std::error_code error; std::filesystem::equivalent(adapter.folder, out, error)) {
    throw bad_input("'" + out.string() + "' is the adapter itself", "Choose another folder.");
  }
  if (format == "peft") {
    export_peft(adapter, result.folder);
    result.python = python_lines(adapter.config.base_model, result.folder, adapter.num_labels());
  } else if (format == "mtlora") {
    export_native(adapter, result.folder);
    result.python =
        "from safetensors.torch import load_file\n\n"
        "# lora_A, lora_B, lora_C and lora_D of each module, apart\n"
        "tensors = load_file(" +
        nlohmann::json((result.folder / "adapter_model.safetensors").string()).dump() + ")\n";
  } else {
    throw bad_input("unknown form '" + format + "'", "Known forms: peft, mtlora.");
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(result.folder, error)) {
    if (entry.is_regular_file(error))
      result.files.push_back({entry.path(), static_cast<int64_t>(entry.file_size(error))});
  }
  std::sort(result.files.begin(), result.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return result;
}

}  // namespace mtlora
