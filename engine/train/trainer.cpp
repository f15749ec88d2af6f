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

int64_t steps_per_epoch(const TrainOptions& options, int64_t examples) {
  const int64_t per_step = options.per_device_train_batch_size * options.gradient_accumulation_steps;
  return (examples + per_step - 1) / per_step;
}

}  // namespace

int64_t count_steps(const TrainOptions& options, int64_t examples) {
  if (options.max_steps > 0) return options.max_steps;
  const double steps = options.num_train_epochs * static_cast<double>(steps_per_epoch(options, examples));
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
      order_(data.train.size(),
             static_cast<size_t>(config.train.per_device_train_batch_size * config.train.gradient_accumulation_steps),
             static_cast<uint64_t>(config.train.seed)),
      optimizer_(adapters.trainables(), config.train) {
  const TrainOptions& train = config.train;
  total_steps_ = count_steps(train, static_cast<int64_t>(data.train.size()));
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
  load_checkpoint(found.back().folder, adapters_, optimizer_, state_, frames_);
  order_.seek(state_.epoch, state_.position);
  return state_.step;
}

RunSummary Trainer::run() {
  flush_denormals();
  hooks_.stage("Training");
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
    const at::Tensor logits =
        predict_logits(model_, data_.test, config_.eval.per_device_eval_batch_size, data_.regression);
    const Evaluation test = score_logits(logits, data_.test, data_.regression, data_.metrics);
    for (const auto& [name, value] : test.scores) summary.scores["test_" + name] = value;
    summary.scores["test_loss"] = test.loss;
  }
  return summary;
}

// One optimiser step: the gradient of the mean loss over the step's examples, in as many packed batches as asked for.
void Trainer::train_step() {
  const double begin = monotonic_seconds();
  const std::vector<size_t> chosen = order_.next();
  const size_t per_batch = static_cast<size_t>(config_.train.per_device_train_batch_size);
  const uint64_t step_key =
      mix64(static_cast<uint64_t>(config_.train.seed) ^ mix64(static_cast<uint64_t>(state_.step) + 1));
  at::Tensor step_loss;
  int64_t tokens = 0;
  for (size_t first = 0; first < chosen.size(); first += per_batch) {
    const auto from = chosen.begin() + static_cast<std::ptrdiff_t>(first);
    const auto to = chosen.begin() + static_cast<std::ptrdiff_t>(std::min(chosen.size(), first + per_batch));
    const PackedBatch batch = pack(data_.train, {from, to}, data_.regression, tokens, model_.device());
    tokens += batch.tokens();
    ForwardContext context;
    context.training = true;
    context.step_key = step_key;
    const at::Tensor logits = model_.logits(batch, context);  // [S, outputs]
    const LossSum sum = data_.regression
                            ? squared_error_sum(logits, batch.labels)
                            : cross_entropy_sum(logits, batch.labels, config_.train.label_smoothing_factor);
    const at::Tensor loss = sum.sum / static_cast<double>(chosen.size());
    loss.backward();
    step_loss = step_loss.defined() ? step_loss + loss.detach() : loss.detach();
  }
  // On the CPU a number costs nothing to read: a loss that is not finite ends the run before it reaches the weights.
  if (model_.device().is_cpu()) check_loss(step_loss.item<double>());
  const double rate =
      state_.learning_rate * schedule_factor(config_.train.lr_scheduler_type, state_.step, warmup_steps_, total_steps_);
  grad_norm_ = optimizer_.step(rate);
  loss_ = loss_.defined() ? loss_ + step_loss : step_loss;
  ++state_.loss_count;
  ++state_.step;
  state_.epoch = order_.epoch();
  state_.position = order_.position();

  const double seconds = monotonic_seconds() - begin;
  window_seconds_ += seconds;
  window_examples_ += static_cast<int64_t>(chosen.size());
  window_tokens_ += tokens;
  if (state_.step > warm_steps) {
    state_.train_seconds += seconds;
    state_.train_examples += static_cast<int64_t>(chosen.size());
    state_.train_tokens += tokens;
  }
  if (seconds_to_first_step_ == 0) seconds_to_first_step_ = now() - started_;
}

void Trainer::check_loss(double loss) {
  if (std::isfinite(loss)) return;
  if (const std::string weight = model_.weights().first_not_finite(); !weight.empty()) {
    throw bad_input(weight + ": expected finite values, found NaN or infinity", "The file is damaged; get it again.");
  }
  const int64_t step = state_.step + 1;
  const std::vector<CheckpointFolder> kept = list_checkpoints(run_folder_);
  throw Error(
      ErrorCode::Diverged, "the loss of step " + std::to_string(step) + " is not finite",
      "Lower the learning rate or clip the gradients (max_grad_norm)." +
          (kept.empty() ? std::string() : " The checkpoint of step " + std::to_string(kept.back().step) + " is kept."));
}

// Takes the summed losses off the device.
void Trainer::check_pending_losses() {
  if (!loss_.defined()) return;
  const double sum = loss_.item<double>();
  check_loss(sum);
  state_.loss_sum += sum;
  loss_.reset();
}

void Trainer::log_step(bool force) {
  if (state_.step % config_.train.logging_steps != 0 && !force) return;
  check_pending_losses();
  StepDone event;
  event.step = state_.step;
  event.epoch = static_cast<double>(state_.epoch) +
                static_cast<double>(state_.position) / static_cast<double>(data_.train.size());
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

std::string Trainer::best_metric() const {
  return config_.eval.metric_for_best_model.empty() ? data_.metrics.front() : config_.eval.metric_for_best_model;
}

bool Trainer::better(double score) const {
  if (!state_.best_score) return std::isfinite(score);
  return larger_is_better(best_metric()) ? score > *state_.best_score : score < *state_.best_score;
}

void Trainer::evaluate() {
  hooks_.stage("Evaluating");
  check_pending_losses();
  const at::Tensor logits =
      predict_logits(model_, data_.validation, config_.eval.per_device_eval_batch_size, data_.regression);
  const Evaluation result = score_logits(logits, data_.validation, data_.regression, data_.metrics);
  EvalDone event;
  event.step = state_.step;
  event.epoch = static_cast<double>(state_.epoch) +
                static_cast<double>(state_.position) / static_cast<double>(data_.train.size());
  event.eval_loss = result.loss;
  event.scores = result.scores;
  emit(event);
  const auto found = result.scores.find(best_metric());
  const double score = found != result.scores.end() ? found->second : result.loss;  // eval_loss
  if (better(score)) {
    state_.best_score = score;
    state_.best_step = state_.step;
    state_.evaluations_without_gain = 0;
    state_.best_scores = result.scores;
    state_.best_scores["eval_loss"] = result.loss;
    save(true);
  } else {
    ++state_.evaluations_without_gain;
    const auto patience = config_.eval.early_stopping_patience;
    if (patience && state_.evaluations_without_gain >= *patience) total_steps_ = state_.step;
  }
  hooks_.stage("Training");
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
  check_pending_losses();
  const Path relative = Path("checkpoints") / std::to_string(state_.step);
  const std::vector<CheckpointFolder> found = list_checkpoints(run_folder_);
  // An evaluation of this very step has written it already.
  if (best || found.empty() || found.back().step != state_.step) {
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
        if (!data_.validation.empty()) evaluate();
        break;
      case Command::Kind::SetLearningRate: state_.learning_rate = command.value; break;
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
