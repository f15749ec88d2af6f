// Everything that decides a run, as plain values. The names are those of the option table (option_table.h), which gives
// type, unit, range and help of each; the defaults stand here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mtlora {

struct ModelOptions {
  std::string name_or_path = "minilm";
  std::string dtype = "auto";  // auto: as in the file
};

struct DataOptions {
  std::string task = "banking77";
  std::string train_file, validation_file, test_file;       // empty: the task's own, where it is bundled
  std::string text_column, text_pair_column, label_column;  // empty: the task's
  int64_t max_seq_length = 128;                             // tokens, special ones counted
  std::optional<int64_t> max_train_samples, max_eval_samples;
  double validation_split = 0.1;
  std::string chat_template = "auto";  // of a task whose answer is a text: auto is the task's own, else the model's
  bool packing = false;                // batches are filled with short examples up to their tokens
};

// Which linear layers carry an adapter, as in PEFT: a list matched by suffix, one regular expression over the whole
// name, or "all-linear" (which is kept in `pattern`).
struct TargetModules {
  std::vector<std::string> names;
  std::string pattern;
  bool operator==(const TargetModules&) const = default;
};

struct AdapterOptions {
  std::string method = "ctcm";  // lora, shim, icfm, ctcm, dtsm, full
  std::string init = "paper";   // paper, identity
  int64_t r = 8;
  double lora_alpha = 16;
  double lora_dropout = 0;
  TargetModules target_modules{{"query", "value"}, ""};
  std::vector<int64_t> layers_to_transform;  // empty: all
  std::vector<std::string> modules_to_save;  // beside the head parts that the checkpoint lacks
  bool use_rslora = false;
  bool split_fused = false;
  std::string adapter_name_or_path;  // an adapter to go on from; empty: a new one

  // Of an adapter that was made elsewhere, as PEFT's adapter_config.json has them; no settings of a run. The first
  // pattern that matches a module's name (or its end, after a dot) gives that module's rank or alpha.
  std::vector<std::pair<std::string, int64_t>> rank_pattern;
  std::vector<std::pair<std::string, double>> alpha_pattern;
  std::string bias = "none";  // which biases are trained too: none, all, lora_only (of adapted layers)
};

struct TrainOptions {
  int64_t seed = 0;
  int64_t per_device_train_batch_size = 32;
  int64_t gradient_accumulation_steps = 1;
  double learning_rate = 4e-4;
  double t_learning_rate_ratio = 1;
  double weight_decay = 0;
  std::optional<double> t_weight_decay;  // unset: as weight_decay
  double adam_beta1 = 0.9, adam_beta2 = 0.999, adam_epsilon = 1e-8;
  double max_grad_norm = 1;  // 0: no clipping
  double num_train_epochs = 3;
  int64_t max_steps = -1;  // > 0 wins over num_train_epochs
  std::string lr_scheduler_type = "linear";
  double warmup_ratio = 0;
  int64_t warmup_steps = 0;  // > 0 wins over warmup_ratio
  double label_smoothing_factor = 0;
  int64_t logging_steps = 10;
  int64_t save_steps = 500;
  int64_t save_total_limit = 2;  // the best one is not counted
  bool bf16 = false;
  bool gradient_checkpointing = false;
  std::string device = "auto";
  std::optional<int64_t> geometry_steps;  // unset: as logging_steps; 0: none
};

struct EvalOptions {
  std::string eval_steps = "epoch";  // a number of optimiser steps, or "epoch"
  int64_t per_device_eval_batch_size = 64;
  std::string metric_for_best_model;               // empty: the task's first
  std::optional<int64_t> early_stopping_patience;  // evaluations without a better score
  std::string predict_with_generate = "end";       // when texts are written and scored: no, end, every (evaluation)
};

// How a language model writes. The names are those of transformers' GenerationConfig.
struct GenerationOptions {
  std::string decoding = "transformers";  // or release: beams as the LoRA and MTLoRA releases have them
  int64_t max_new_tokens = 128;
  int64_t num_beams = 1;  // 1: one text, greedy or sampled
  double length_penalty = 1;
  int64_t no_repeat_ngram_size = 0;  // 0: anything may repeat
  bool do_sample = false;
  double temperature = 1;
  int64_t top_k = 50;  // 0: all tokens
  double top_p = 1;
  int64_t seed = 0;  // of the sampling
};

struct OutputOptions {
  std::string output_dir;  // empty: a new folder under runs_dir()
};

struct RunConfig {
  ModelOptions model;
  DataOptions data;
  AdapterOptions adapter;
  TrainOptions train;
  EvalOptions eval;
  GenerationOptions generation;
  OutputOptions output;
};

}  // namespace mtlora
