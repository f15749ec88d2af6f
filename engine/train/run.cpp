#include "train/run.h"

#include <ATen/ATen.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <future>

#include "base/device.h"
#include "base/error.h"
#include "base/process.h"
#include "config/option_table.h"
#include "config/run_file.h"
#include "data/prepare.h"
#include "eval/evaluate.h"
#include "eval/submission.h"
#include "eval/text_metrics.h"
#include "io/model_folder.h"
#include "io/tensor_file.h"
#include "model/model.h"
#include "model/registry.h"
#include "text/tokenizer_file.h"

namespace mtlora {

using nlohmann::json;

namespace {

// The files that decide a run, with their sha256.
json hash_inputs(const std::vector<Path>& files) {
  json hashes = json::object();
  for (const Path& file : files) {
    const std::string sha256 = sha256_of_file(file);
    check_bundled_file(file, sha256);
    hashes[file.string()] = sha256;
  }
  return hashes;
}

std::vector<Path> input_files(const Path& model_folder, const Task& task) {
  const WeightFiles weights = find_weight_files(model_folder);
  std::vector<Path> files = weights.files;
  if (!weights.index.empty()) files.push_back(weights.index);
  files.push_back(model_folder / "config.json");
  for (const Path& file : tokenizer_files(model_folder)) files.push_back(file);
  std::vector<Path> of_task = {task.train_file, task.validation_file, task.test_file};
  for (const AlsoScored& also : task.also_scored) {
    of_task.push_back(also.validation_file);
    of_task.push_back(also.test_file);
  }
  for (const Path& file : of_task) {
    if (std::filesystem::is_directory(file)) {  // WebNLG's files in their folders
      for (const auto& entry : std::filesystem::recursive_directory_iterator(file)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else if (!file.empty()) {
      files.push_back(file);
    }
  }
  return files;
}

void save_run_file_with_hashes(const RunConfig& config, const json& hashes, const Path& folder) {
  json file = to_json(config);
  file["versions"] = {{"mtlora", MTLORA_VERSION}, {"libtorch", TORCH_VERSION}};
  file["sha256"] = hashes;
  write_file(folder / "run.json", file.dump(2) + "\n");
}

// A resumed run must read what the first part of it read.
void compare_hashes(const Path& run_file, const json& now) {
  const json saved = json::parse(read_file(run_file)).value("sha256", json::object());
  for (const auto& [file, hash] : saved.items()) {
    if (now.contains(file) && now.at(file) != hash) {
      throw bad_input("'" + file + "' has changed since this run began",
                      "Put the file back as it was, or start a new run.");
    }
  }
}

// The contexts of a split's texts, to be written and scored; none where there is nothing to do it for.
std::optional<TextTask> text_task(const PreparedData& prepared, const Split& split, const RunConfig& config,
                                  const Path& model_folder) {
  if (split.dialogues.empty()) return std::nullopt;
  TextTask task;
  task.cases = generation_cases(split.dialogues, config.data.max_eval_samples.value_or(0));
  task.chat = prepared.chat;
  task.tokenizer = prepared.tokenizer;
  task.options = config.generation;
  task.end_tokens = end_tokens(model_folder, *prepared.tokenizer, &prepared.chat, config.generation);
  for (const std::string& metric : prepared.task.metrics) {
    if (is_text_metric(metric)) task.metrics.push_back(metric);
  }
  if (config.eval.predict_with_generate != "no") check_available(task.metrics);  // not after hours of training
  task.lowercase = prepared.task.lowercase;
  task.tokenize = prepared.task.tokenize;
  task.max_references = prepared.task.max_references;
  return task;
}

TrainingData training_data(PreparedData& prepared, const RunConfig& config, const Path& model_folder) {
  TrainingData data;
  data.kind = prepared.task.kind;
  data.metrics = prepared.task.metrics;
  if (prepared.generation()) {
    data.validation_texts = text_task(prepared, prepared.rows.validation, config, model_folder);
    data.test_texts = text_task(prepared, prepared.rows.test, config, model_folder);
  }
  data.train = std::move(prepared.train);
  data.validation = std::move(prepared.validation);
  // What has no labels can't be scored: its predictions are written in the end.
  if (prepared.rows.test.labelled) data.test = prepared.test;
  for (size_t i = 0; i < prepared.also.size(); ++i) {
    const AlsoSplit& also = prepared.rows.also[i];
    if (also.split.labelled) data.also.push_back({also.name, also.test, prepared.also[i]});
  }
  return data;
}

// predictions/FILE of each test set whose labels are kept back, for the task's server to score.
void write_predictions(Model& model, const PreparedData& prepared, const RunConfig& config, const Path& folder) {
  const auto write = [&](const Split& split, const std::vector<Example>& examples, const std::string& file) {
    if (split.labelled || examples.empty()) return;
    const at::Tensor answers =
        answers_of(predict_logits(model, examples, config.eval.per_device_eval_batch_size), prepared.task.kind);
    make_folder(folder / "predictions");
    write_submission(folder / "predictions" / (file.empty() ? "predictions.tsv" : file), prepared.task,
                     prepared.rows.labels, split.rows,
                     {answers.const_data_ptr<float>(), static_cast<size_t>(answers.numel())});
  };
  write(prepared.rows.test, prepared.test, prepared.task.submission_file);
  for (size_t i = 0; i < prepared.also.size(); ++i) {
    write(prepared.rows.also[i].split, prepared.also[i], prepared.rows.also[i].submission_file);
  }
}

// The metric that tells which checkpoint is best. Throws Error(BadInput) for one that no evaluation gives.
std::string best_metric_of(const RunConfig& config, const TrainingData& data) {
  const std::string& chosen = config.eval.metric_for_best_model;
  const std::string metric = chosen.empty() ? data.metrics.front() : chosen;
  if (metric == "eval_loss") return metric;
  if (std::find(data.metrics.begin(), data.metrics.end(), metric) == data.metrics.end()) {
    std::string known = "eval_loss";
    for (const std::string& name : data.metrics) known += ", " + name;
    throw bad_input("eval.metric_for_best_model: this task has no metric '" + metric + "'", "It has: " + known + ".",
                    "eval.metric_for_best_model");
  }
  if (is_text_metric(metric) && config.eval.predict_with_generate != "every" && !data.validation.empty()) {
    throw bad_input(
        "eval.metric_for_best_model: '" + metric + "' is scored on written texts, which no evaluation writes",
        "Choose perplexity or eval_loss, or set eval.predict_with_generate to every.", "eval.metric_for_best_model");
  }
  return metric;
}

json summary_json(const RunSummary& summary, const std::string& metric, int64_t trainable_parameters) {
  const TrainState& state = summary.state;
  const double seconds = state.train_seconds > 0 ? state.train_seconds : std::nan("");
  const auto rate = [&](int64_t count) {
    return std::isfinite(seconds) ? json(static_cast<double>(count) / seconds) : json();
  };
  json result = {{"status", summary.status},
                 {"metric", metric},
                 {"steps", state.step},
                 {"scores", summary.scores},
                 {"best_step", state.best_score ? json(state.best_step) : json()},
                 {"trainable_parameters", trainable_parameters},
                 {"examples_per_second", rate(state.train_examples)},
                 {"tokens_per_second", rate(state.train_tokens)},
                 {"seconds_to_first_step", summary.seconds_to_first_step},
                 {"peak_rss_mib", memory_state().peak_mib}};
  return result;
}

// A run killed between a checkpoint and its event: the event is written now, as it would have been.
void complete_checkpoint_event(const Path& folder, const TrainState& state, const RunHooks& hooks) {
  for (const Event& event : read_events(folder / "events.jsonl")) {
    const auto* saved = std::get_if<CheckpointSaved>(&event.body);
    if (saved && saved->step == state.step) return;
  }
  const Path relative = Path("checkpoints") / std::to_string(state.step);
  hooks.sink(Event{now(), CheckpointSaved{state.step, relative.string(), state.best_step == state.step}});
}

// Everything before and after the loop. Returns how the run ended; throws where it failed.
RunFinished train_in_folder(RunConfig& config, const Path& folder, bool resume, const RunHooks& hooks, double started) {
  const auto leave_if_stopped = [&] {
    if (hooks.stop_asked()) throw Error(ErrorCode::Stopped, "stopped before the first step");
  };
  hooks.stage("Reading the data");
  const Path model_folder = find_model_folder(config.model.name_or_path);
  const Task task = resolve_task(config.data);
  auto hashes = std::async(std::launch::async, hash_inputs, input_files(model_folder, task));
  auto prepared_later = std::async(std::launch::async, prepare_data, config.data, config.train.seed, model_folder);

  // The head's size is known only from the labels; the rest of the model is read while the data are.
  hooks.stage("Reading the model and the data");
  PreparedData prepared = prepared_later.get();
  leave_if_stopped();
  LoadOptions load;
  if (prepared.generation()) load.task = ModelTask::CausalLm;
  load.num_labels = prepared.num_labels();
  load.seed = static_cast<uint64_t>(config.train.seed);
  load.dtype = config.model.dtype;
  load.bf16 = config.train.bf16;
  load.device = find_device(config.train.device);
  const std::unique_ptr<Model> model = load_model(model_folder, load);
  check_lengths(config, model->max_positions());
  leave_if_stopped();

  const std::unique_ptr<AdapterSet> adapters = AdapterSet::attach(*model, config.adapter, load.seed);
  if (!config.adapter.adapter_name_or_path.empty()) {
    start_from(*adapters, AdapterFolder(adapter_folder_of(config.adapter.adapter_name_or_path)));
  }
  AdapterConfig adapter_config;
  adapter_config.base_model = model_folder.string();
  adapter_config.labels = prepared.rows.labels;
  adapter_config.regression = prepared.regression();
  adapter_config.language_model = prepared.generation();
  if (prepared.generation()) adapter_config.chat_template = prepared.chat.chat_template->name;
  TrainingData data = training_data(prepared, config, model_folder);
  data.best_metric = best_metric_of(config, data);

  Trainer trainer(config, *model, *adapters, adapter_config, data, folder, hooks, started);
  const json hash = hashes.get();
  int64_t from_step = 0;
  if (resume) {
    compare_hashes(folder / "run.json", hash);
    from_step = trainer.resume();
    rewind_events(folder / "events.jsonl", from_step);
    for (const int64_t step : snapshot_steps(folder)) {
      std::error_code error;
      if (step > from_step)
        std::filesystem::remove(folder / "geometry" / (std::to_string(step) + ".safetensors"), error);
    }
    if (from_step > 0) complete_checkpoint_event(folder, trainer.state(), hooks);
  }
  save_run_file_with_hashes(config, hash, folder);
  // The result of the part before: from here on the checkpoints are newer, and hold its best one, too.
  std::error_code ignored;
  std::filesystem::remove_all(folder / "adapter", ignored);
  make_folder(folder / "geometry");
  make_folder(folder / "checkpoints");
  hooks.sink(Event{now(), RunStarted{from_step, trainer.total_steps(), adapters->trainable_parameter_count()}});
  const RunSummary summary = trainer.run();
  const json file = summary_json(summary, data.best_metric, adapters->trainable_parameter_count());
  write_file(folder / "summary.json", file.dump(2) + "\n");
  if (summary.status == "completed") write_predictions(*model, prepared, config, folder);
  RunFinished finished;
  finished.step = summary.state.step;
  finished.status = summary.status;
  if (summary.status == "stopped") {
    finished.message = "stopped after step " + std::to_string(summary.state.step);
    finished.exit_code = static_cast<int>(ErrorCode::Stopped);
  }
  return finished;
}

RunFinished failure(const std::string& message, const std::string& hint, ErrorCode code) {
  RunFinished finished;
  finished.status = code == ErrorCode::Stopped ? "stopped" : "failed";
  finished.message = message;
  finished.hint = hint;
  finished.exit_code = static_cast<int>(code);
  return finished;
}

// LibTorch's messages carry a stack trace after the first line.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

constexpr const char* memory_hint = "Use a smaller batch or shorter texts (max_seq_length).";

}  // namespace

void check_lengths(const RunConfig& config, int64_t max_positions) {
  if (config.data.max_seq_length <= max_positions) return;
  throw bad_input("data.max_seq_length: " + std::to_string(config.data.max_seq_length) + " is more than the " +
                      std::to_string(max_positions) + " positions of this model",
                  "Choose at most " + std::to_string(max_positions) + ".", "data.max_seq_length");
}

std::string differing_setting(const RunConfig& saved, const RunConfig& wanted) {
  for (const Option& option : option_table()) {
    if (option.decides_result && option.get(saved) != option.get(wanted)) return option.key;
  }
  return {};
}

RunFinished run_training(RunConfig config, const Path& folder, bool resume, const RunHooks& hooks, double started) {
  const KeepFreedMemory keep;
  int64_t last_step = 0;
  bool started_training = false;
  RunHooks watched = hooks;
  watched.sink = [&](const Event& event) {
    started_training = started_training || std::holds_alternative<RunStarted>(event.body);
    std::visit([&](const auto& body) { last_step = body.step; }, event.body);
    hooks.sink(event);
  };
  RunFinished finished;
  try {
    finished = train_in_folder(config, folder, resume, watched, started);
  } catch (const Error& error) {
    finished = failure(error.what(), error.hint(), error.code());
  } catch (const c10::OutOfMemoryError& error) {
    finished = failure("the device ran out of memory: " + first_line(error.what_without_backtrace()), memory_hint,
                       ErrorCode::OutOfMemory);
  } catch (const std::bad_alloc&) {
    finished = failure("this machine ran out of memory", memory_hint, ErrorCode::OutOfMemory);
  } catch (const c10::Error& error) {
    const std::string text = first_line(error.what_without_backtrace());
    const bool memory = text.find("not enough memory") != std::string::npos;  // LibTorch's CPU allocator
    finished = memory ? failure("this machine ran out of memory", memory_hint, ErrorCode::OutOfMemory)
                      : failure("a defect of the program: " + text, "Please report it.", ErrorCode::Internal);
  } catch (const std::exception& error) {
    finished =
        failure(std::string("a defect of the program: ") + error.what(), "Please report it.", ErrorCode::Internal);
  }
  finished.step = std::max(finished.step, last_step);
  // One that could not even be resumed says nothing about what was trained before.
  const bool has_summary = std::filesystem::exists(folder / "summary.json");
  if (!has_summary || (finished.status == "failed" && started_training)) {
    const json summary = {{"status", finished.status}, {"steps", finished.step}, {"message", finished.message}};
    try {
      write_file(folder / "summary.json", summary.dump(2) + "\n");
    } catch (const Error&) {
      // The folder can't be written, which is what `finished` says already.
    }
  }
  hooks.sink(Event{now(), finished});
  return finished;
}

}  // namespace mtlora
