// What a run tells: plain values, one flat JSON object a line in events.jsonl.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

namespace mtlora {

// `step` everywhere: optimiser steps completed.
struct RunStarted {
  int64_t step = 0;
  int64_t total_steps = 0;
  int64_t trainable_parameters = 0;
};
struct StepDone {
  int64_t step = 0;
  double epoch = 0;
  double loss = 0;  // mean over the steps since the last such event
  double learning_rate = 0;
  double grad_norm = 0;            // before clipping, of the last step
  double examples_per_second = 0;  // since the last such event
  double tokens_per_second = 0;    // real tokens
};
struct EvalDone {
  int64_t step = 0;
  double epoch = 0;
  double eval_loss = 0;
  std::map<std::string, double> scores;
};
struct ModuleSummary {
  double effective_rank = 0;         // of BTA
  double mean_rotation_degrees = 0;  // NaN where K is not defined
  double condition = 0;              // of K; NaN where K is not defined
  double delta_fro = 0;              // ‖delta W‖_F
};
struct GeometryRecorded {
  int64_t step = 0;
  std::string file;  // relative to the run folder
  std::map<std::string, ModuleSummary> modules;
};
struct CheckpointSaved {
  int64_t step = 0;
  std::string path;  // relative to the run folder
  bool best = false;
};
struct CommandTaken {
  int64_t step = 0;
  std::string command;  // as in command.h
  nlohmann::json value;
};
struct SampleMade {
  int64_t step = 0;
  std::string prompt, text;
};
struct RunFinished {
  int64_t step = 0;
  std::string status;  // completed, stopped, failed
  std::string message, hint;
  int exit_code = 0;
};

struct Event {
  double time = 0;  // Unix seconds
  std::variant<RunStarted, StepDone, EvalDone, GeometryRecorded, CheckpointSaved, CommandTaken, SampleMade, RunFinished>
      body;
};

// A number that is not finite becomes the string "NaN", "Infinity" or "-Infinity", which JSON has no number for.
nlohmann::json to_json(const Event& event);
// Unknown keys are passed over (a newer program wrote them). Throws Error(BadInput) where a needed key is missing.
Event event_from_json(const nlohmann::json& json);

// Unix seconds now.
double now();

}  // namespace mtlora
