// The part of api.h about a trained result: predictions, scores of a file, export.
#include <ATen/ATen.h>

#include <algorithm>
#include <thread>

#include "api/api.h"
#include "api/trained_model.h"
#include "base/error.h"
#include "base/lines.h"
#include "base/parallel.h"
#include "data/generation_data.h"
#include "data/loader.h"
#include "eval/evaluate.h"
#include "text/tokenizer_file.h"

namespace mtlora {

namespace {

PackedBatch batch_of(const TrainedModel& trained, const Encoding& encoding) {
  Example example;
  example.input_ids = encoding.input_ids;
  example.token_type_ids = encoding.token_type_ids;
  return pack({example}, {0}, TaskKind::Classification, 0, trained.model->device());
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

std::vector<Line> texts_of_lines(std::string_view text) {
  std::vector<Line> lines;
  for (const std::string_view line : split_lines(text)) {
    const size_t tab = std::min(line.find('\t'), line.size());
    const bool is_pair = tab < line.size();
    lines.push_back({line.substr(0, tab), is_pair ? line.substr(tab + 1) : std::string_view(), is_pair});
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
  for (const Line& line : texts_of_lines(text)) {
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

void tokenize_file(const std::string& model, const Path& file,
                   const std::function<void(const std::vector<int32_t>&)>& each) {
  // Any folder with a tokenizer will do, though it may hold no model.
  const Path folder = tokenizer_files(model).empty() ? find_model_folder(model) : Path(model);
  const auto tokenizer = Tokenizer::load(folder);
  const std::string text = read_file(file);
  const std::vector<Line> lines = texts_of_lines(text);
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
  const TaskKind kind = trained.language_model ? TaskKind::Generation
                        : trained.regression   ? TaskKind::Regression
                                               : TaskKind::Classification;
  if (kind != task.kind) {
    throw bad_input("task '" + task_name + "' is a " + task_kind_name(task.kind) + ", but the model is for a " +
                        task_kind_name(kind),
                    "Choose the task that it was trained on.");
  }
  const int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::vector<Example> examples;
  if (kind == TaskKind::Generation) {
    const ChatFormat chat = chat_format(trained.chat_template, task, trained.folder);
    const Dialogues dialogues = read_dialogues(file, task.format);
    examples = tokenize_dialogues(dialogues.rows, chat, *trained.tokenizer, max_seq_length, threads);
    std::erase_if(examples, [](const Example& example) { return targets_of(example) == 0; });
    if (examples.empty()) throw bad_input("'" + file.string() + "' has no answer to score");
  } else {
    const Split split = load_file(task, file, trained.labels);
    examples = tokenize(split.rows, !task.text_pair_column.empty(), *trained.tokenizer, max_seq_length, threads);
  }
  const Evaluation result = evaluate(*trained.model, examples, kind, batch_size, task.metrics);
  FileScores scores{result.scores, static_cast<int64_t>(examples.size())};
  scores.scores["eval_loss"] = result.loss;
  return scores;
}

}  // namespace mtlora
