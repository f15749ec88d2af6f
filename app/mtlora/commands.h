// The commands of the command line, each added to the parser by one function. A command prints its result to standard
// output and nothing else does; what goes wrong is thrown as mtlora::Error and becomes one line and an exit code in
// main.
#pragma once

#include <CLI/CLI.hpp>

namespace mtlora::cli {

void add_train(CLI::App& app);                 // train.cpp
void add_eval_logits_tokenize(CLI::App& app);  // answers.cpp
void add_generate(CLI::App& app);              // generate.cpp
void add_score(CLI::App& app);                 // score.cpp
void add_export_geometry(CLI::App& app);       // results.cpp
void add_lists(CLI::App& app);                 // lists.cpp: options, tasks, models, runs
void add_compare(CLI::App& app);               // compare.cpp
void add_bench(CLI::App& app);                 // bench.cpp

// Exit code that a command that has run asks for (a stopped training is no success and no error message of its own).
extern int exit_code;

}  // namespace mtlora::cli
