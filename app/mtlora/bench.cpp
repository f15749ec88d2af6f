// mtlora bench: what the program measures of itself, on the bundled model and texts of the bundled task.
#include <iostream>

#include "api/api.h"
#include "base/paths.h"
#include "commands.h"

namespace mtlora::cli {

static int64_t steps = 40;

void add_bench(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("bench", "Train each method for some steps and print its speed and memory as JSON");
  command->add_option("--steps", steps, "Optimiser steps of each method")
      ->capture_default_str()
      ->check(CLI::Range(5, 100000));
  command->callback([] {
    nlohmann::json result = nlohmann::json::object();
    for (const char* method : {"lora", "shim", "icfm", "ctcm", "dtsm"}) {
      RunConfig config;
      config.adapter.method = method;
      config.train.max_steps = steps;
      config.train.geometry_steps = 0;
      config.data.validation_split = 0;
      config.data.max_eval_samples = 64;
      const Path folder = home_dir() / "bench" / method;
      std::filesystem::remove_all(folder);
      config.output.output_dir = folder.string();
      const std::unique_ptr<Job> job = start_job(config);
      job->wait();
      result[method] = nlohmann::json::parse(read_file(folder / "summary.json"));
      std::filesystem::remove_all(folder);
    }
    std::cout << result.dump(2) << "\n";
  });
}

}  // namespace mtlora::cli
