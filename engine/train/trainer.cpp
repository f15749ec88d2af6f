#include "train/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "eval/evaluate.h"
#include "eval/metrics.h"
#include "geometry/adapter_geometry.h"
#include "ops/denormals.h"
#include "ops/loss.h"
#include "record/run_folder.h"
#include "train/schedule.h"

namespace mtlora {

namespace {

constexpr int64_t most_snapshots = 400;
constexpr int64_t warm_steps = 3;  // not counted in the throughput

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

int64_t steps_per_epoch(const TrainOptions& options, int64_t places) {
  const int64_t per_step = options.per_device_train_batch_size * options.gradient_accumulation_steps;
  return (places + per_step - 1) / per_step;
}

std::vector<std::vector<size_t>> training_places(const RunConfig& config, const std::vector<Example>& examples) {
  if (config.data.packing) return fill_places(examples, config.data.max_seq_length);
  std::vector<std::vector<size_t>> places(examples.size());
  for (size_t i = 0; i < places.size(); ++i) places[i] = {i};
  return places;
}

int64_t count_steps(const TrainOptions& options, int64_t places) {
  if (options.max_steps > 0) return options.max_steps;
  const double steps = options.num_train_epochs * static_cast<double>(steps_per_epoch(options, places));
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(steps - 1e-9)));
}

Trainer::Trainer(const RunConfig& config, Model& model, AdapterSet& adapters, const AdapterConfig& adapter_config,
                 const TrainingData& data, const Path& run_folder, const RunHooks& hooks, double started)
    : config_(config),
      model_(model),
      adapters_(adapters),
      adapter_config_(adapter_config),
      data_(data),
      run_folder_(run_folder),
      hooks_(hooks),
      started_(started),
      places_(training_places(config, data.train)),
      order_(places_.size(),
             static_cast<size_t>(config.train.per_device_train_batch_size * config.train.gradient_accumulation_steps),
             static_cast<uint64_t>(config.train.seed)),
      optimizer_(adapters.trainables(), config.train) {
  const TrainOptions& train = config.train;
  total_steps_ = count_steps(train, std::ssize(places_));
  warmup_steps_ = train.warmup_steps > 0
                      ? train.warmup_steps
                      : static_cast<int64_t>(std::ceil(train.warmup_ratio * static_cast<double>(total_steps_)));
  eval_interval_ = config.eval.eval_steps == "epoch" ? static_cast<int64_t>(order_.steps_per_epoch())
                                                     : std::stoll(config.eval.eval_steps);
  state_.learning_rate = train.learning_rate;
  state_.geometry_interval = train.geometry_steps.value_or(train.logging_steps);
  while (state_.geometry_interval > 0 && total_steps_ / state_.geometry_interval > most_snapshots)
    state_.geometry_interval *= 2;
}

int64_t Trainer::resume() {
  const std::vector<CheckpointFolder> found = list_checkpoints(run_folder_);
  if (found.empty()) return 0;
  const int64_t geometry_interval = state_.geometry_interval;  // may differ from that of the first part
  load_checkpoint(found.back().folder, adapters_, optimizer_, state_, frames_);
  state_.geometry_interval = geometry_interval;
  order_.seek(state_.epoch, state_.position);
  const auto patience = config_.eval.early_stopping_patience;
  if (patience && state_.evaluations_without_gain >= *patience) total_steps_ = state_.step;
  return state_.step;
}

RunSummary Trainer::run() {
  flush_denormals();
  hooks_.stage("Training");
  if (state_.evaluation_due) evaluate();
  while (state_.step < total_steps_ && !stop_) {
    train_step();
    const int64_t step = state_.step;
    const bool last = step == total_steps_;
    log_step(last);
    if (state_.geometry_interval > 0 && (step % state_.geometry_interval == 0 || last)) record_geometry();
    if (!data_.validation.empty() && (step % eval_interval_ == 0 || last)) evaluate();
    if (step % config_.train.save_steps == 0) save(false);
    obey(hooks_.commands(false));
    wait_while_paused();
  }
  save(false);
  finish_with_best();
  RunSummary summary;
  summary.status = stop_ ? "stopped" : "completed";
  summary.scores = state_.best_scores;
  summary.state = state_;
  summary.seconds_to_first_step = seconds_to_first_step_;
  if (!data_.test.empty() && !stop_) {
    hooks_.stage("Scoring the test file");
    const Evaluation test =
        mtlora::evaluate(model_, data_.test, data_.kind, config_.eval.per_device_eval_batch_size, data_.metrics);
    for (const auto& [name, value] : test.scores) summary.scores["test_" + name] = value;
    summary.scores["test_loss"] = test.loss;
  }
  if (!stop_) score_also(true, "test_", summary.scores);
  if (config_.eval.predict_with_generate != "no" && !stop_) {
    const bool of_test = data_.test_texts.has_value();
    const auto& texts = of_test ? data_.test_texts : data_.validation_texts;
    if (texts) {
      hooks_.stage("Writing texts");
      const std::string prefix = of_test ? "test_" : "";
      const auto scores = score_texts(*texts, of_test ? "test" : "validation");
      if (!scores) summary.status = "stopped";  // trained to the end: resumed, it only writes the texts
      for (const auto& [name, value] : scores.value_or(std::map<std::string, double>())) {
        summary.scores[prefix + name] = value;
      }
    }
  }
  return summary;
}

void Trainer::score_also(bool test, const std::string& prefix, std::map<std::string, double>& scores) {
  for (const AlsoExamples& also : data_.also) {
    if (also.test != test || also.examples.empty()) continue;
    const Evaluation result =
        mtlora::evaluate(model_, also.examples, data_.kind, config_.eval.per_device_eval_batch_size, data_.metrics);
    for (const auto& [name, value] : result.scores) scores[prefix + name + "_" + also.name] = value;
  }
}

// Writes the texts, keeps them in generated/NAME.jsonl and scores them. Nothing where a stop cuts it short.
std::optional<std::map<std::string, double>> Trainer::score_texts(const TextTask& task, const std::string& name) {
  const std::vector<std::string> texts =
      write_texts(model_, task, config_.eval.per_device_eval_batch_size, [this] { return !hooks_.stop_asked(); });
  if (hooks_.stop_asked()) return std::nullopt;  // half of the texts would score as if the others were empty
  std::string lines;
  for (size_t i = 0; i < texts.size(); ++i) {
    const GenerationCase& one = task.cases[i];
    nlohmann::json line = {{"prompt", one.prompt.back().content}, {"text", texts[i]}, {"references", one.references}};
    if (!one.group.empty()) line["group"] = one.group;
    lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  make_folder(run_folder_ / "generated");
  write_file(run_folder_ / "generated" / (name + ".jsonl"), lines);
  return score_written(task, texts);
}

// Summed over what the batch has to predict.
at::Tensor Trainer::loss_sum(const PackedBatch& batch, ForwardContext& context) {
  const double smoothing = config_.train.label_smoothing_factor;
  if (data_.kind == TaskKind::Generation) {
    const at::Tensor hidden = model_.hidden(batch, HiddenRows::Targets, context);
    return output_cross_entropy_sum(hidden, model_.output_layer(), batch.labels, smoothing).sum;
  }
  const at::Tensor logits = model_.logits(batch, context);  // [S, outputs]
  return data_.kind == TaskKind::Regression ? squared_error_sum(logits, batch.labels).sum
                                            : cross_entropy_sum(logits, batch.labels, smoothing).sum;
}

// One optimiser step: the gradient of the mean loss over the step's examples, in as many packed batches as asked for.
void Trainer::train_step() {
  const double begin = monotonic_seconds();
  const std::vector<size_t> chosen = order_.next();  // places
  const size_t per_batch = static_cast<size_t>(config_.train.per_device_train_batch_size);
  int64_t examples = 0, targets = 0;  // the step's loss is the mean over the targets
  for (const size_t place : chosen) {
    for (const size_t i : places_[place]) targets += targets_of(data_.train[i]), ++examples;
  }
  const uint64_t step_key =
      mix64(static_cast<uint64_t>(config_.train.seed) ^ mix64(static_cast<uint64_t>(state_.step) + 1));
  at::Tensor step_loss;
  int64_t tokens = 0;
  for (size_t first = 0; first < chosen.size(); first += per_batch) {
    std::vector<size_t> indices;
    for (size_t p = first; p < std::min(chosen.size(), first + per_batch); ++p) {
      indices.insert(indices.end(), places_[chosen[p]].begin(), places_[chosen[p]].end());
    }
    const PackedBatch batch = pack(data_.train, indices, data_.kind, tokens, model_.device());
    tokens += batch.tokens();
    ForwardContext context;
    context.training = true;
    context.step_key = step_key;
    context.gradient_checkpointing = config_.train.gradient_checkpointing;
    const at::Tensor loss = loss_sum(batch, context) / static_cast<double>(targets);
    loss.backward();
    step_loss = step_loss.defined() ? step_loss + loss.detach() : loss.detach();
  }
  // On the CPU a number costs nothing to read: what is not finite ends the run before it reaches the weights.
  const bool is_cpu = model_.device().is_cpu();
  if (is_cpu) check_finite(step_loss.item<double>(), "loss", state_.step + 1);
  const double rate =
      state_.learning_rate * schedule_factor(config_.train.lr_scheduler_type, state_.step, warmup_steps_, total_steps_);
  grad_norm_ = optimizer_.step(rate);
  if (is_cpu) check_finite(grad_norm_.item<double>(), "gradient", state_.step + 1);
  changed_since_checkpoint_ = true;
  loss_ = loss_.defined() ? loss_ + step_loss : step_loss;
  ++state_.loss_count;
  ++state_.step;
  state_.epoch = order_.epoch();
  state_.position = order_.position();

  const double seconds = monotonic_seconds() - begin;
  window_seconds_ += seconds;
  window_examples_ += examples;
  window_tokens_ += tokens;
  if (state_.step > warm_steps) {
    state_.train_seconds += seconds;
    state_.train_examples += examples;
    state_.train_tokens += tokens;
  }
  if (seconds_to_first_step_ == 0) seconds_to_first_step_ = now() - started_;
}

void Trainer::check_finite(double value, const char* what, int64_t step) const {
  if (std::isfinite(value)) return;
  if (const std::string weight = model_.weights().first_not_finite(); !weight.empty()) {
    throw bad_input(weight + ": expected finite values, found NaN or infinity", "The file is damaged; get it again.");
  }
  const std::vector<CheckpointFolder> kept = list_checkpoints(run_folder_);
  throw Error(
      ErrorCode::Diverged, std::string("the ") + what + " of step " + std::to_string(step) + " is not finite",
      "Lower the learning rate or clip the gradients (max_grad_norm)." +
          (kept.empty() ? std::string() : " The checkpoint of step " + std::to_string(kept.back().step) + " is kept."));
}

// Takes the summed losses and the last gradient's norm off the device.
void Trainer::check_pending() {
  if (!loss_.defined()) return;
  const double sum = loss_.item<double>();
  check_finite(sum, "loss", state_.step);
  check_finite(grad_norm_.item<double>(), "gradient", state_.step);
  state_.loss_sum += sum;
  loss_.reset();
}

void Trainer::log_step(bool force) {
  if (state_.step % config_.train.logging_steps != 0 && !force) return;
  check_pending();
  StepDone event;
  event.step = state_.step;
  event.epoch =
      static_cast<double>(state_.epoch) + static_cast<double>(state_.position) / static_cast<double>(places_.size());
  event.loss = state_.loss_sum / static_cast<double>(std::max<int64_t>(1, state_.loss_count));
  event.learning_rate = state_.learning_rate *
                        schedule_factor(config_.train.lr_scheduler_type, state_.step - 1, warmup_steps_, total_steps_);
  event.grad_norm = grad_norm_.item<double>();
  event.examples_per_second = static_cast<double>(window_examples_) / window_seconds_;
  event.tokens_per_second = static_cast<double>(window_tokens_) / window_seconds_;
  emit(event);
  state_.loss_sum = 0;
  state_.loss_count = 0;
  window_seconds_ = 0;
  window_examples_ = window_tokens_ = 0;
}

bool Trainer::better(double score) const {
  if (!state_.best_score) return std::isfinite(score);
  return larger_is_better(data_.best_metric) ? score > *state_.best_score : score < *state_.best_score;
}

// One that a person asks for does not count towards early stopping.
void Trainer::evaluate(bool scheduled) {
  hooks_.stage("Evaluating");
  check_pending();
  state_.evaluation_due = false;
  changed_since_checkpoint_ = true;
  Evaluation result =
      mtlora::evaluate(model_, data_.validation, data_.kind, config_.eval.per_device_eval_batch_size, data_.metrics);
  score_also(false, "", result.scores);
  if (data_.validation_texts && config_.eval.predict_with_generate == "every") {
    hooks_.stage("Writing texts");
    auto written = score_texts(*data_.validation_texts, "validation");
    if (!written) {  // without its score nothing says whether this is the best
      state_.evaluation_due = scheduled;
      return;
    }
    result.scores.merge(*written);
  }
  EvalDone event;
  event.step = state_.step;
  event.epoch =
      static_cast<double>(state_.epoch) + static_cast<double>(state_.position) / static_cast<double>(places_.size());
  event.eval_loss = result.loss;
  event.scores = result.scores;
  emit(event);
  write_samples();
  const auto found = result.scores.find(data_.best_metric);
  const double score = found != result.scores.end() ? found->second : result.loss;  // eval_loss
  if (better(score)) {
    state_.best_score = score;
    state_.best_step = state_.step;
    state_.evaluations_without_gain = 0;
    state_.best_scores = result.scores;
    state_.best_scores["eval_loss"] = result.loss;
    save(true);
  } else if (scheduled) {
    ++state_.evaluations_without_gain;
    const auto patience = config_.eval.early_stopping_patience;
    if (patience && state_.evaluations_without_gain >= *patience) total_steps_ = state_.step;
  }
  hooks_.stage("Training");
}

// What the model writes now for a few contexts, for a person to watch.
void Trainer::write_samples() {
  if (!data_.validation_texts) return;
  constexpr size_t most = 3;
  constexpr int64_t longest = 48;  // tokens
  const TextTask& whole = *data_.validation_texts;
  const size_t count = std::min(most, whole.cases.size());
  TextTask few;
  for (size_t i = 0; i < count; ++i) {  // spread over the rows, the same ones each time
    few.cases.push_back(whole.cases[i * whole.cases.size() / count]);
  }
  few.chat = whole.chat;
  few.tokenizer = whole.tokenizer;
  few.options = whole.options;
  few.end_tokens = whole.end_tokens;
  few.options.num_beams = 1;
  few.options.decoding = "transformers";
  few.options.max_new_tokens = std::min(longest, few.options.max_new_tokens);
  const std::vector<std::string> texts = write_texts(model_, few, static_cast<int64_t>(most));
  for (size_t i = 0; i < count; ++i) emit(SampleMade{state_.step, few.cases[i].prompt.back().content, texts[i]});
}

void Trainer::record_geometry() {
  if (adapters_.adapters().empty()) return;
  GeometryRecorded event;
  event.step = state_.step;
  event.file = "geometry/" + std::to_string(state_.step) + ".safetensors";
  std::vector<ModuleSnapshot> snapshots;
  const auto& adapters = adapters_.adapters();
  for (size_t i = 0; i < adapters.size(); ++i) {
    const Adapter& adapter = *adapters[i];
    const auto previous = frames_.find(adapter.module);
    Frame frame;
    snapshots.push_back(snapshot_adapter(adapter, *adapters_.adapted()[i],
                                         previous == frames_.end() ? nullptr : &previous->second, &frame));
    frames_[adapter.module] = std::move(frame);
    const ModuleGeometry geometry = derive_geometry(snapshots.back());
    event.modules[adapter.module] = {geometry.effective_rank, geometry.mean_rotation_degrees,
                                     geometry.has_k ? geometry.condition : std::nan(""), geometry.delta_fro};
  }
  write_snapshot(run_folder_ / event.file, state_.step, snapshots);
  emit(event);
}

void Trainer::save(bool best) {
  check_pending();
  const Path relative = Path("checkpoints") / std::to_string(state_.step);
  const std::vector<CheckpointFolder> found = list_checkpoints(run_folder_);
  if (best || found.empty() || changed_since_checkpoint_) {
    changed_since_checkpoint_ = false;
    save_checkpoint(run_folder_, adapters_, adapter_config_, optimizer_, state_, frames_);
    prune_checkpoints(run_folder_, config_.train.save_total_limit, state_.best_step);
    emit(CheckpointSaved{state_.step, relative.string(), best});
  }
}

// Commands are taken between optimiser steps, and echoed before they act.
void Trainer::obey(const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    CommandTaken echo{state_.step, name_of(command.kind), nullptr};
    if (command.kind == Command::Kind::SetLearningRate) echo.value = command.value;
    emit(echo);
    switch (command.kind) {
      case Command::Kind::Pause: paused_ = true; break;
      case Command::Kind::Resume: paused_ = false; break;
      case Command::Kind::Stop: stop_ = true; break;
      case Command::Kind::Save: save(false); break;
      case Command::Kind::Evaluate:
        if (!data_.validation.empty()) evaluate(false);
        break;
      case Command::Kind::SetLearningRate:
        state_.learning_rate = command.value;
        changed_since_checkpoint_ = true;
        break;
    }
  }
}

void Trainer::wait_while_paused() {
  if (!paused_ || stop_) return;
  save(false);  // so that what is trained so far can be tried out, and survives whatever the pause is for
  while (paused_ && !stop_) {
    hooks_.stage("Paused");
    obey(hooks_.commands(true));
  }
  hooks_.stage("Training");
}

// The best checkpoint's weights become the model's, and the run's adapter/.
void Trainer::finish_with_best() {
  const Path best = run_folder_ / "checkpoints" / std::to_string(state_.best_step);
  std::error_code error;
  if (state_.best_score && state_.best_step != state_.step && std::filesystem::exists(best / "state.json", error)) {
    load_into(adapters_, AdapterFolder(best));
  }
  save_native(adapters_, adapter_config_, run_folder_ / "adapter");
}

void Trainer::emit(decltype(Event::body) body) const { hooks_.sink(Event{now(), std::move(body)}); }

}  // namespace mtlora
