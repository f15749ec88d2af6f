// What the form of a new comparison holds, and the plan that it makes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/api.h"

namespace mtlora::ui {

struct TaskDraft {
  std::string task;                                    // its name in the option table
  std::string title;                                   // in the table of results
  std::string train_file, validation_file, test_file;  // empty: the task's own
  std::optional<double> epochs;                        // unset: as in the settings
};

struct PlanDraft {
  std::string name;
  RunConfig settings;  // of all runs; what the others here name is laid over them
  std::string model;
  std::vector<TaskDraft> tasks;
  std::vector<std::string> methods;     // in the order in which they are listed
  bool paper = true, identity = false;  // how T begins; both: each is a variant
  bool shim_twice = false;              // SHIM with twice the rate on T: DTSM moves T by two matrices
  std::vector<int64_t> ranks;           // empty: as in the settings
  std::vector<double> rates;
  bool choose = false;    // ranks and rates are chosen among, on other seeds; else each is a variant
  std::string reference;  // empty, or none of the variants: the first
  int64_t seeds = 5, first_seed = 0, choosing_seeds = 2;
};

// Unchecked; plan_from_json says what is wrong with it.
nlohmann::json plan_json(const PlanDraft& draft);

// The way back, for a comparison like an earlier one. A plan that was written by hand may hold more than the form does;
// what it does not hold is left out, and `form_holds` is false.
PlanDraft draft_of(const Plan& plan);
bool form_holds(const Plan& plan);

// "8, 16": numbers between commas, semicolons or blanks; nothing where one of them is no number.
std::optional<std::vector<double>> parse_numbers(const std::string& text);

int64_t run_count(const Plan& plan);  // of both kinds

// Settings in words, where they differ from the defaults.
std::string settings_text(const RunConfig& config);

}  // namespace mtlora::ui
