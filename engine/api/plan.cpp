// The part of api.h about what can be known before a run starts.
#include <algorithm>
#include <numeric>
#include <span>

#include "adapter/adapter_set.h"
#include "adapter/method.h"
#include "adapter/target_modules.h"
#include "api/api.h"
#include "base/error.h"
#include "base/process.h"
#include "data/prepare.h"
#include "eval/text_metrics.h"
#include "io/model_folder.h"
#include "model/model.h"
#include "model/registry.h"
#include "train/run.h"
#include "train/trainer.h"

namespace mtlora {

namespace {

LoadOptions options_for(const RunConfig& config, TaskKind kind, int64_t outputs) {
  LoadOptions options;
  if (kind == TaskKind::Generation) options.task = ModelTask::CausalLm;
  options.num_labels = outputs;
  options.dtype = config.model.dtype;
  return options;
}

ParameterCount count_for(const ModelShape& shape, const AdapterOptions& options) {
  ParameterCount count;
  count.model = shape.parameters;
  count.head = shape.head_parameters;
  if (options.method == "full") {
    count.adapter = shape.parameters;
    for (const LinearInfo& linear : shape.linears) count.adapted_modules.push_back(linear.name);
    return count;
  }
  const auto is_whole = [&](const std::string& parameter) {
    return std::ranges::any_of(options.modules_to_save,
                               [&](const std::string& wanted) { return module_selected(parameter, wanted); });
  };
  for (const auto& [name, size] : shape.sizes) count.adapter += is_whole(name) ? size : 0;
  const int matrices = find_method(options.method).matrices;
  for (const Target& target : match_targets(shape.linears, options)) {
    const LinearInfo& linear = shape.linears[target.linear];
    if (is_whole(linear.name + ".weight")) continue;
    count.adapter += adapter_parameters(linear, target, matrices);
    count.adapted_modules.push_back(linear.name);
  }
  return count;
}

// Tokens of the longest batch that the data can give.
int64_t longest_batch(const std::vector<std::vector<size_t>>& places, const std::vector<Example>& examples,
                      int64_t batch_size) {
  std::vector<int64_t> lengths;
  for (const std::vector<size_t>& place : places) {
    lengths.push_back(0);
    for (const size_t i : place) lengths.back() += std::ssize(examples[i].input_ids);
  }
  const size_t count = std::min(lengths.size(), static_cast<size_t>(batch_size));
  std::partial_sort(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(count), lengths.end(),
                    std::greater<>());
  return std::accumulate(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(count), int64_t{0});
}

// Peak of the process in MiB on a batch of `tokens`. Frozen linear weights of fp32 are packed once for each of the two
// products; a trained parameter has a gradient and two moments beside it. The activations that a step keeps at its peak
// were measured on models of several sizes to be about what the sizes below say.
double memory_needed(const ModelShape& shape, const ParameterCount& count, const RunConfig& config, int64_t tokens) {
  constexpr double runtime_mib = 190;  // LibTorch, loaded, with its thread pool
  int64_t linear_parameters = 0;
  for (const LinearInfo& linear : shape.linears) linear_parameters += linear.in_features * linear.out_features;
  const double rest = static_cast<double>(shape.parameters - linear_parameters);
  const bool full = config.adapter.method == "full";
  const double linear = static_cast<double>(linear_parameters);
  const double frozen = shape.half ? 2 * (linear + rest) : 4 * (2 * linear + rest);
  const double trained = 16.0 * static_cast<double>(count.adapter + count.head);
  const double hidden = static_cast<double>(shape.hidden_size), wide = static_cast<double>(shape.intermediate_size);
  const double layers = static_cast<double>(shape.layers);
  const double kept_layers = config.train.gradient_checkpointing ? 1 : layers;
  const double a_token = 4 * (kept_layers * (10 * hidden + 2 * wide) + 6 * wide +
                              (config.train.gradient_checkpointing ? layers * hidden : 0));
  return runtime_mib + ((full ? 0 : frozen) + trained + a_token * static_cast<double>(tokens)) / (1 << 20);
}

std::vector<SampleExample> samples_of(const PreparedData& data) {
  std::vector<SampleExample> samples;
  const size_t count = std::min<size_t>(3, data.train.size());
  for (size_t i = 0; i < count; ++i) {
    const Example& example = data.train[i * data.train.size() / count];  // spread: files are often sorted by label
    SampleExample sample;
    for (const int32_t id : example.input_ids) {
      sample.tokens.push_back(data.tokenizer->token_text(id));
      const std::span<const int32_t> one(&id, 1);
      const bool left_out = data.tokenizer->decode(one, true).empty();
      sample.special.push_back(left_out && !data.tokenizer->decode(one, false).empty());
    }
    sample.tokens_cut = example.tokens_cut;
    if (data.generation()) {
      sample.answer = example.answer;
    } else if (data.regression()) {
      sample.label = std::to_string(example.label);
      sample.label.erase(sample.label.find_last_not_of('0') + 1);
      if (sample.label.ends_with('.')) sample.label.pop_back();
    } else {
      const auto& names = data.task.label_names.empty() ? data.rows.labels : data.task.label_names;
      sample.label = names[static_cast<size_t>(example.label)];
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

// Known by the task's name, before its files are read.
bool writes_text(const DataOptions& options) {
  const std::vector<Task> tasks = list_tasks();
  const auto found = std::ranges::find(tasks, options.task, &Task::name);
  return found != tasks.end() && found->kind == TaskKind::Generation;
}

// A marker of the chat template ("<|im_start|>") that is no token of the model, whose own template is another; or "".
std::string marker_in_pieces(const PreparedData& data) {
  const ChatTemplate& form = *data.chat.chat_template;
  if (recognise_chat_template(data.chat.config.chat_template) == &form) return {};
  for (const std::string_view part : {form.user, form.header, form.answer}) {
    for (size_t begin = part.find('<'); begin != part.npos; begin = part.find('<', begin + 1)) {
      const size_t end = part.find('>', begin);
      if (end == part.npos) break;
      const std::string marker(part.substr(begin, end + 1 - begin));
      if (marker.size() < 3 || marker.find_first_of(" {}") != marker.npos) continue;
      const Encoding pieces = data.tokenizer->encode(marker, nullptr, 0, Offsets::No, SpecialTokens::None);
      const auto is_marker = [&](int32_t id) { return data.tokenizer->token_text(id) == marker; };
      if (std::ranges::none_of(pieces.input_ids, is_marker)) return marker;
    }
  }
  return {};
}

std::vector<std::string> warnings_of(const RunConfig& config, const PreparedData& data, const RunPlan& plan) {
  std::vector<std::string> warnings;
  if (data.generation()) {
    if (const std::string marker = marker_in_pieces(data); !marker.empty()) {
      warnings.push_back("The model has no token '" + marker + "', which the chat template '" + plan.chat_template +
                         "' is made of, and reads it in pieces.");
    }
  }
  if (plan.truncated_examples > 0) {
    warnings.push_back(std::to_string(plan.truncated_examples) + " training examples are longer than " +
                       std::to_string(config.data.max_seq_length) + " tokens and are cut.");
  }
  if (plan.unscored_examples > 0) {
    warnings.push_back(std::to_string(plan.unscored_examples) +
                       " examples are left out: the longest text allowed ends before their answer begins.");
  }
  if (plan.skipped_rows > 0) {
    warnings.push_back(std::to_string(plan.skipped_rows) + (plan.chat_template.empty()
                                                                ? " rows with too few fields are skipped."
                                                                : " rows without an answer are left out."));
  }
  if (plan.validation_examples == 0) {
    warnings.push_back("There is no validation data: the last weights are kept, not the best.");
  }
  if (plan.memory_needed_mib > plan.memory_free_mib) {
    warnings.push_back("The longest batch needs more memory than is free: use a smaller batch or shorter texts.");
  }
  return warnings;
}

}  // namespace

ParameterCount count_parameters(const RunConfig& config, int64_t labels) {
  const TaskKind kind = labels == 0 ? TaskKind::Generation : TaskKind::Classification;
  return count_for(describe_model(find_model_folder(config.model.name_or_path), options_for(config, kind, labels)),
                   config.adapter);
}

RunPlan plan_run(const RunConfig& config) {
  const std::vector<FieldProblem> problems = check_run_config(config);
  if (!problems.empty()) throw bad_input(problems.front().message, "", problems.front().field);
  const Path folder = find_model_folder(config.model.name_or_path);
  // A model that can not write is told of as such, not by what its tokenizer lacks.
  if (writes_text(config.data)) describe_model(folder, options_for(config, TaskKind::Generation, 0));
  const PreparedData data = prepare_data(config.data, config.train.seed, folder);
  const ModelShape shape = describe_model(folder, options_for(config, data.task.kind, data.num_labels()));
  check_lengths(config, shape.max_positions);
  if (data.generation() && config.eval.predict_with_generate != "no") check_available(data.task.metrics);
  const ParameterCount count = count_for(shape, config.adapter);
  RunPlan plan;
  plan.adapter_parameters = count.adapter;
  plan.head_parameters = count.head;
  plan.trainable_parameters = count.adapter + count.head;
  plan.model_parameters = count.model;
  plan.adapted_modules = count.adapted_modules;
  plan.train_examples = static_cast<int64_t>(data.train.size());
  plan.validation_examples = static_cast<int64_t>(data.validation.size());
  plan.test_examples = static_cast<int64_t>(data.test.size());
  const std::vector<std::vector<size_t>> places = training_places(config, data.train);
  plan.total_steps = count_steps(config.train, std::ssize(places));
  plan.steps_per_epoch = steps_per_epoch(config.train, std::ssize(places));
  for (const Example& example : data.train) {
    const int64_t tokens = static_cast<int64_t>(example.input_ids.size());
    plan.tokens_per_epoch += tokens;
    plan.longest_example = std::max(plan.longest_example, tokens);
    plan.token_lengths.push_back(static_cast<int32_t>(tokens + example.tokens_cut));
    if (example.tokens_cut == 0) continue;
    ++plan.truncated_examples;
    plan.long_rows.push_back({example.row, tokens + example.tokens_cut});
  }
  for (const LeftOut& left_out : data.left_out) {
    plan.token_lengths.push_back(static_cast<int32_t>(left_out.tokens));
    plan.long_rows.push_back({left_out.row, left_out.tokens, true});
  }
  std::ranges::stable_sort(plan.long_rows, {}, &LongRow::row);
  constexpr size_t most_rows = 100;
  if (plan.long_rows.size() > most_rows) plan.long_rows.resize(most_rows);
  plan.skipped_rows = data.rows.train.skipped + data.rows.validation.skipped + data.rows.test.skipped;
  // Evaluation keeps no activations for a backward pass: the training batch decides.
  const int64_t tokens = longest_batch(places, data.train, config.train.per_device_train_batch_size);
  plan.memory_needed_mib = memory_needed(shape, count, config, tokens);
  plan.memory_free_mib = memory_state().free_mib;
  plan.labels = data.rows.labels;
  plan.unscored_examples = data.unscored;
  if (data.generation()) plan.chat_template = data.chat.chat_template->name;
  plan.samples = samples_of(data);
  plan.warnings = warnings_of(config, data, plan);
  return plan;
}

}  // namespace mtlora
