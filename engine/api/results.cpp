// The part of api.h about a trained result: predictions, scores of a file, export.
#include <ATen/ATen.h>

#include <algorithm>
#include <thread>

#include "api/api.h"
#include "api/trained_model.h"
#include "base/error.h"
#include "base/parallel.h"
#include "data/loader.h"
#include "eval/evaluate.h"
#include "eval/generate.h"
#include "eval/metrics.h"
#include "text/tokenizer_file.h"

namespace mtlora {

namespace {

PackedBatch batch_of(const TrainedModel& trained, const Encoding& encoding) {
  Example example;
  example.input_ids = encoding.input_ids;
  example.token_type_ids = encoding.token_type_ids;
  return pack({example}, {0}, false, 0, trained.model->device());
}

// Logits of one text, [outputs] (of a language model [tokens, vocabulary]) in double on the CPU.
at::Tensor logits_of(TrainedModel& trained, const Encoding& encoding) {
  const at::NoGradGuard no_grad;
  ForwardContext context;
  const at::Tensor logits = trained.model->logits(batch_of(trained, encoding), context);
  return (trained.language_model ? logits : logits.select(0, 0)).to(at::kCPU, at::kDouble).contiguous();
}

// The logarithm of the probability of each token after the first, given those before it.
std::vector<double> logprobs_of(const at::Tensor& logits, const std::vector<int32_t>& ids) {
  std::vector<double> logprobs;
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    logprobs.push_back(logits[static_cast<int64_t>(i)].log_softmax(0)[ids[i + 1]].item<double>());
  }
  return logprobs;
}

void refuse_language_model(const TrainedModel& trained) {
  if (!trained.language_model) return;
  throw bad_input("the model is a language model and has no labels to predict",
                  "Name an adapter that was trained on a classification or regression.");
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

}  // namespace

std::unique_ptr<Predictor> load_predictor(const std::string& model, const Path& adapter, bool tuned) {
  TrainedModel trained = load_trained_model(model, adapter.string(), tuned);
  refuse_language_model(trained);
  return std::make_unique<ClassifierPredictor>(std::move(trained));
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
    TextLogits result;
    result.ids = encoding.input_ids;
    result.language_model = trained.language_model;
    const double* values = logits.const_data_ptr<double>();
    if (trained.language_model) {
      result.logprobs = logprobs_of(logits, encoding.input_ids);
    } else {
      result.logits.assign(values, values + logits.numel());
    }
    each(result);
  }
}

// What ends a text: eos_token_id of generation_config.json and config.json, a number or several.
static std::vector<int32_t> end_tokens(const Path& folder) {
  std::vector<int32_t> ids;
  for (const char* name : {"generation_config.json", "config.json"}) {
    std::error_code error;
    if (!std::filesystem::exists(folder / name, error)) continue;
    const auto config = nlohmann::json::parse(read_file(folder / name), nullptr, false);
    if (!config.is_object() || !config.contains("eos_token_id")) continue;
    const nlohmann::json& eos = config.at("eos_token_id");
    for (const nlohmann::json& id : eos.is_array() ? eos : nlohmann::json::array({eos})) {
      if (id.is_number_integer()) ids.push_back(id.get<int32_t>());
    }
  }
  return ids;
}

void generate_text(const std::string& model, const std::string& adapter, const std::vector<std::string>& prompts,
                   int64_t max_new_tokens, const std::function<void(const GeneratedText&)>& each) {
  TrainedModel trained = load_trained_model(model, adapter);
  if (!trained.language_model) {
    throw bad_input("the model has a classification head and writes no text",
                    "Name a language model, such as a Llama, Qwen or GPT-2, and an adapter that was trained on one.");
  }
  GenerateOptions options;
  options.max_new_tokens = max_new_tokens;
  options.end_tokens = end_tokens(trained.model->weights().path().parent_path());
  for (const std::string& prompt : prompts) {
    const Encoding encoding = trained.tokenizer->encode(prompt);
    if (encoding.input_ids.empty()) throw bad_input("a prompt has no token", "Give it some text.");
    GeneratedText result;
    result.prompt = prompt;
    result.ids = generate_greedy(*trained.model, {encoding.input_ids}, options).front();
    // Decoded with what stands before it: a text's first token may begin with the space between the two.
    std::vector<int32_t> all = encoding.input_ids;
    all.insert(all.end(), result.ids.begin(), result.ids.end());
    const std::string before = trained.tokenizer->decode(encoding.input_ids, true);
    const std::string whole = trained.tokenizer->decode(all, true);
    result.text = whole.starts_with(before) ? whole.substr(before.size()) : trained.tokenizer->decode(result.ids, true);
    each(result);
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
  refuse_language_model(trained);
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

}  // namespace mtlora
