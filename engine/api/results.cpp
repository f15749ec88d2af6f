// The part of api.h about a trained result: predictions, scores of a file, export.
#include <ATen/ATen.h>

#include <algorithm>
#include <thread>

#include "adapter/adapter_files.h"
#include "api/api.h"
#include "api/trained_model.h"
#include "base/error.h"
#include "base/parallel.h"
#include "data/loader.h"
#include "eval/evaluate.h"
#include "eval/metrics.h"
#include "text/tokenizer_file.h"

namespace mtlora {

namespace {

// Logits of one text, [outputs] in double on the CPU.
at::Tensor logits_of(TrainedModel& trained, const Encoding& encoding) {
  Example example;
  example.input_ids = encoding.input_ids;
  example.token_type_ids = encoding.token_type_ids;
  const at::NoGradGuard no_grad;
  ForwardContext context;
  const PackedBatch batch = pack({example}, {0}, false, 0, trained.model->device());
  return trained.model->logits(batch, context).select(0, 0).to(at::kCPU, at::kDouble).contiguous();
}

class ClassifierPredictor : public Predictor {
 public:
  explicit ClassifierPredictor(TrainedModel trained) : trained_(std::move(trained)) {}

  Prediction predict(const std::string& text, const std::string& text_pair) override {
    const std::string_view pair = text_pair;
    const Encoding encoding =
        trained_.tokenizer->encode(text, text_pair.empty() ? nullptr : &pair, trained_.model->max_positions());
    const at::Tensor logits = logits_of(trained_, encoding);
    Prediction result;
    result.tokens = static_cast<int64_t>(encoding.input_ids.size());
    result.tokens_cut = encoding.tokens_cut;
    if (trained_.regression) {
      result.value = logits[0].item<double>();
      return result;
    }
    const at::Tensor probabilities = logits.softmax(0).contiguous();
    for (size_t i = 0; i < trained_.labels.size(); ++i) {
      result.labels.emplace_back(trained_.labels[i], probabilities.const_data_ptr<double>()[i]);
    }
    std::stable_sort(result.labels.begin(), result.labels.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return result;
  }

 private:
  TrainedModel trained_;
};

// A line of a file: one text, or two with a tab between.
struct Line {
  std::string_view first, second;
  bool is_pair;
};

// A line ends at a line feed and nothing else.
std::vector<Line> split_lines(std::string_view text) {
  std::vector<Line> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const size_t tab = std::min(line.find('\t'), line.size());
    const bool is_pair = tab < line.size();
    lines.push_back({line.substr(0, tab), is_pair ? line.substr(tab + 1) : std::string_view(), is_pair});
    begin = end + 1;
  }
  return lines;
}

Encoding encode(const Tokenizer& tokenizer, const Line& line, int64_t max_length) {
  return tokenizer.encode(line.first, line.is_pair ? &line.second : nullptr, max_length);
}

std::string python_lines(const std::string& base, const Path& folder, int64_t num_labels) {
  const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
  return "from transformers import AutoModelForSequenceClassification, AutoTokenizer\n"
         "from peft import PeftModel\n\n"
         "base = " +
         quoted(base) +
         "\n"
         "tokenizer = AutoTokenizer.from_pretrained(base)\n"
         "model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=" +
         std::to_string(num_labels) +
         ")\n"
         "model = PeftModel.from_pretrained(model, " +
         quoted(folder.string()) + ").eval()\n";
}

}  // namespace

std::unique_ptr<Predictor> load_predictor(const std::string& model, const Path& adapter, bool tuned) {
  return std::make_unique<ClassifierPredictor>(load_trained_model(model, adapter.string(), tuned));
}

void logits_of_file(const std::string& model, const std::string& adapter, const Path& file,
                    const std::function<void(const TextLogits&)>& each) {
  TrainedModel trained = load_trained_model(model, adapter);
  const std::string text = read_file(file);
  for (const Line& line : split_lines(text)) {
    const Encoding encoding = encode(*trained.tokenizer, line, trained.model->max_positions());
    const at::Tensor logits = logits_of(trained, encoding);
    if (!at::isfinite(logits).all().item<bool>()) {
      const std::string weight = trained.model->weights().first_not_finite();
      throw bad_input((weight.empty() ? "the adapter" : weight) + ": expected finite values, found NaN or infinity",
                      "The file is damaged; get it again.");
    }
    const double* values = logits.const_data_ptr<double>();
    each({encoding.input_ids, {values, values + logits.numel()}});
  }
}

void tokenize_file(const std::string& model, const Path& file,
                   const std::function<void(const std::vector<int32_t>&)>& each) {
  // Any folder with a tokenizer will do, though it may hold no model.
  const Path folder = tokenizer_files(model).empty() ? find_model_folder(model) : Path(model);
  const auto tokenizer = Tokenizer::load(folder);
  const std::string text = read_file(file);
  const std::vector<Line> lines = split_lines(text);
  std::vector<std::vector<int32_t>> ids(lines.size());
  parallel_ranges(lines.size(), 128, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) ids[i] = encode(*tokenizer, lines[i], 0).input_ids;
  });
  for (const std::vector<int32_t>& line : ids) each(line);
}

FileScores evaluate_file(const std::string& model, const std::string& adapter, const std::string& task_name,
                         const Path& file, int64_t max_seq_length, int64_t batch_size) {
  TrainedModel trained = load_trained_model(model, adapter);
  DataOptions options;
  options.task = task_name;
  options.test_file = std::filesystem::absolute(file).string();
  const Task task = resolve_task(options);
  if (trained.regression != (task.kind == TaskKind::Regression)) {
    throw bad_input("task '" + task_name + "' is a " + (trained.regression ? "classification" : "regression") +
                        ", but the model was trained on a " + (trained.regression ? "regression" : "classification"),
                    "Choose the task that it was trained on.");
  }
  const Split split = load_file(task, file, trained.labels);
  const int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const std::vector<Example> examples =
      tokenize(split.rows, !task.text_pair_column.empty(), *trained.tokenizer, max_seq_length, threads);
  const at::Tensor logits = predict_logits(*trained.model, examples, batch_size, trained.regression);
  const Evaluation result = score_logits(logits, examples, trained.regression, task.metrics);
  FileScores scores{result.scores, static_cast<int64_t>(examples.size())};
  scores.scores["eval_loss"] = result.loss;
  return scores;
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
