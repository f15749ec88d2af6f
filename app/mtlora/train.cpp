// mtlora train
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "api/api.h"
#include "base/error.h"
#include "base/process.h"
#include "commands.h"

namespace mtlora::cli {

namespace {

volatile sig_atomic_t interrupts = 0;

std::string number(double value, const char* format) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string time_text(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  const long whole = std::lround(seconds);
  char text[32];
  std::snprintf(text, sizeof text, whole >= 3600 ? "%ld:%02ld:%02ld" : "%ld:%02ld",
                whole >= 3600 ? whole / 3600 : whole / 60, whole >= 3600 ? whole / 60 % 60 : whole % 60, whole % 60);
  return text;
}

// Tells a person how the run goes: a bar on a terminal, plain lines elsewhere. All on standard error.
class Progress {
 public:
  void show(const Event& event) {
    std::visit([this](const auto& body) { show(body); }, event.body);
  }

 private:
  void line(const std::string& text) {
    if (bar_) std::cerr << "\r\033[K";
    std::cerr << text << "\n";
  }

  void show(const RunStarted& event) {
    total_ = event.total_steps;
    line("training " + std::to_string(event.trainable_parameters) + " parameters for " + std::to_string(total_) +
         " steps" + (event.step ? ", from step " + std::to_string(event.step) : ""));
  }
  void show(const StepDone& event) {
    const std::string text = "step " + std::to_string(event.step) + "/" + std::to_string(total_) + "  epoch " +
                             number(event.epoch, "%.2f") + "  loss " + number(event.loss, "%.4f") + "  " +
                             number(event.examples_per_second, "%.1f") + " examples/s";
    if (!bar_) return line(text);
    const double share = static_cast<double>(event.step) / static_cast<double>(std::max<int64_t>(1, total_));
    const int width = 24, done = static_cast<int>(share * width);
    const double left = (now() - started_) / std::max(share, 1e-9) * (1 - share);
    std::cerr << "\r\033[K[" << std::string(static_cast<size_t>(done), '#')
              << std::string(static_cast<size_t>(width - done), '.') << "] " << text << "  " << time_text(left)
              << " left" << std::flush;
  }
  void show(const EvalDone& event) {
    std::string text = "evaluation at step " + std::to_string(event.step) + ": loss " + number(event.eval_loss, "%.4f");
    for (const auto& [name, score] : event.scores) text += "  " + name + " " + number(score, "%.4f");
    line(text);
  }
  void show(const CheckpointSaved& event) { line("checkpoint " + event.path + (event.best ? " (best)" : "")); }
  void show(const CommandTaken& event) {
    line(event.command + (event.value.is_null() ? "" : " " + event.value.dump()));
  }
  void show(const GeometryRecorded&) {}
  void show(const SampleMade&) {}
  void show(const RunFinished& event) {
    if (event.status == "completed") line("completed after step " + std::to_string(event.step));
  }

  const bool bar_ = ::isatty(STDERR_FILENO);
  const double started_ = now();
  int64_t total_ = 0;
};

std::vector<std::pair<std::string, std::string>> split_overrides(const std::vector<std::string>& settings) {
  std::vector<std::pair<std::string, std::string>> overrides;
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      throw bad_input("--set " + setting + ": expected group.key=value", "For example --set train.max_steps=60");
    }
    overrides.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return overrides;
}

// Commands as lines of standard input, {"command": "pause"}; its end is a stop. Reads on a thread of its own, which may
// outlive the training (nothing can wake it), so it owns what it needs.
class CommandReader {
 public:
  CommandReader() {
    std::thread([state = state_] {
      std::string line;
      while (std::getline(std::cin, line)) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        const auto kind = json.is_object() ? command_named(json.value("command", "")) : std::nullopt;
        const std::lock_guard lock(state->mutex);
        if (kind) state->commands.push_back({*kind, json.value("value", 0.0)});
      }
      const std::lock_guard lock(state->mutex);
      state->commands.push_back({Command::Kind::Stop, 0});
    }).detach();
  }
  std::vector<Command> take() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->commands, {});
  }

 private:
  struct State {
    std::mutex mutex;
    std::vector<Command> commands;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

struct TrainArguments {
  std::string run_file, out;
  bool resume = false, commands = false, unlisted = false;
  std::vector<std::string> settings;
};

void train(const TrainArguments& arguments) {
  const auto& [run_file, out, resume, takes_commands, unlisted, settings] = arguments;
  RunConfig config = load_run_file(run_file, split_overrides(settings));
  if (!out.empty()) config.output.output_dir = std::filesystem::absolute(out).string();
  StartOptions options;
  options.resume = resume;
  options.listed = !unlisted;
  options.started = process_start_time();
  struct sigaction action {};
  action.sa_handler = [](int) { interrupts = interrupts + 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);

  const std::unique_ptr<Job> job = start_job(config, options);
  std::optional<CommandReader> commands;
  if (takes_commands) commands.emplace();
  Progress progress;
  RunFinished finished;
  bool stop_sent = false;
  while (!job->finished()) {
    for (const Event& event : job->take_events()) {
      progress.show(event);
      if (const auto* end = std::get_if<RunFinished>(&event.body)) finished = *end;
    }
    if (commands) {
      for (const Command& command : commands->take()) job->send(command);
    }
    if (interrupts > 0 && !stop_sent) {
      job->send({Command::Kind::Stop, 0});
      stop_sent = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  job->wait();
  if (finished.status == "completed") {
    std::cout << read_file(job->folder() / "summary.json");
    std::cerr << "run folder: " << job->folder().string() << "\n";
    return;
  }
  throw Error(static_cast<ErrorCode>(finished.exit_code), finished.message,
              finished.status == "stopped" ? "'mtlora train --resume' goes on." : finished.hint);
}

}  // namespace

void add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "Train as a run file says; prints the summary");
  static TrainArguments arguments;
  command->add_option("run", arguments.run_file, "Run file (JSON)")->required();
  command->add_option("--out", arguments.out, "Run folder; wins over output.output_dir");
  command->add_flag("--resume", arguments.resume, "Go on from the newest checkpoint of the run in that folder");
  command->add_flag("--commands", arguments.commands,
                    "Take commands as lines of standard input, {\"command\": \"pause\"}; its end is a stop");
  command->add_flag("--unlisted", arguments.unlisted, "Leave the run out of the list of runs");
  command->add_option("--set", arguments.settings, "group.key=value, laid over the file")->expected(1)->take_all();
  command->callback([] { train(arguments); });
}

}  // namespace mtlora::cli
