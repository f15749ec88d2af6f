// A job as a child process, `mtlora train --commands`: a fault there ends one run and nothing else.
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <mutex>
#include <thread>

#include "api/api.h"
#include "base/child_process.h"
#include "base/error.h"
#include "record/event.h"
#include "record/run_folder.h"

namespace mtlora {

namespace {

// GNU OpenMP's threads wait for each other by spinning, which is fastest alone; beside other work that keeps the cores
// busy, each step then takes several times as long. Spinning shortly costs two or three per cent alone.
const std::vector<std::string> quiet_threads = {std::string("GOMP_SPINCOUNT=1000")};

class ChildJob : public Job {
 public:
  ChildJob(Path folder, const std::vector<std::string>& arguments)
      : folder_(std::move(folder)), process_(arguments, folder_ / "output.log", quiet_threads) {}

  ~ChildJob() override {
    send({Command::Kind::Stop, 0});
    wait();
  }

  void send(const Command& command) override {
    nlohmann::json line = {{"command", name_of(command.kind)}};
    if (command.kind == Command::Kind::SetLearningRate) line["value"] = command.value;
    const std::lock_guard lock(mutex_);
    process_.write(line.dump() + "\n");
  }

  std::vector<Event> take_events() override {
    const std::lock_guard lock(mutex_);
    const std::optional<int> code = process_.exit_code();  // asked before reading: nothing is written after it
    std::vector<Event> events = new_events();
    for (const Event& event : events) {
      if (const auto* command = std::get_if<CommandTaken>(&event.body)) {
        if (command->command == "pause") paused_ = true;
        if (command->command == "resume") paused_ = false;
      }
      has_end_ = has_end_ || std::holds_alternative<RunFinished>(event.body);
      if (std::holds_alternative<RunStarted>(event.body)) stage_ = "Training";
    }
    if (code && !has_end_) {
      RunFinished end;  // it was ended from outside
      end.status = "failed";
      end.exit_code = *code;
      end.message = "the process that trained ended with code " + std::to_string(*code);
      end.hint = "Its messages are in '" + (folder_ / "output.log").string() + "'. It can be resumed.";
      events.push_back({now(), end});
      has_end_ = true;
    }
    finished_ = finished_ || (has_end_ && code);
    return events;
  }

  std::string stage() const override {
    const std::lock_guard lock(mutex_);
    return paused_ ? "Paused" : stage_;
  }
  bool paused() const override {
    const std::lock_guard lock(mutex_);
    return paused_;
  }
  bool finished() const override {
    const std::lock_guard lock(mutex_);
    return finished_;
  }
  void wait() override {
    const auto ended = [this] {
      const std::lock_guard lock(mutex_);
      return process_.exit_code().has_value();
    };
    while (!ended()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Path folder() const override { return folder_; }

 private:
  // The whole lines that were added to the record. A run that is resumed writes it anew, with what it keeps of the
  // events before.
  std::vector<Event> new_events() {
    const Path path = folder_ / "events.jsonl";
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {};
    if (status.st_ino != inode_) {
      read_ = 0;
      given_until_ = last_time_;
    }
    inode_ = status.st_ino;
    std::ifstream file(path, std::ios::binary);
    file.seekg(read_);
    std::vector<Event> events;
    std::string line;
    while (std::getline(file, line)) {
      if (file.eof()) break;  // no line feed yet
      read_ += static_cast<std::streamoff>(line.size()) + 1;
      const auto json = nlohmann::json::parse(line, nullptr, false);
      if (!json.is_object()) continue;
      Event event = event_from_json(json);
      if (event.time > given_until_) events.push_back(std::move(event));
    }
    if (!events.empty()) last_time_ = events.back().time;
    return events;
  }

  const Path folder_;
  mutable std::mutex mutex_;
  ChildProcess process_;
  std::streamoff read_ = 0;
  ino_t inode_ = 0;
  double last_time_ = now();         // of the last event that was given out; before it, of an earlier part of the run
  double given_until_ = last_time_;  // in this file
  std::string stage_ = "Starting";
  bool paused_ = false, has_end_ = false, finished_ = false;
};

}  // namespace

std::unique_ptr<Job> start_child_job(const RunConfig& config, const StartOptions& options) {
  const Path folder = std::filesystem::absolute(
      config.output.output_dir.empty() ? new_run_folder(config) : expand_user(config.output.output_dir));
  make_folder(folder);
  RunConfig placed = config;
  placed.output.output_dir = folder.string();
  const Path file = folder / "start.json";  // run.json is the run's own
  save_run_file(placed, file);
  std::vector<std::string> arguments = {command_line_program().string(), "train", file.string(), "--commands"};
  if (options.resume && holds_run(folder)) arguments.push_back("--resume");
  if (!options.listed) arguments.push_back("--unlisted");
  return std::make_unique<ChildJob>(folder, arguments);
}

}  // namespace mtlora
