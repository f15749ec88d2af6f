// A job as a thread of this process.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <thread>

#include "api/api.h"
#include "base/error.h"
#include "base/log.h"
#include "base/paths.h"
#include "record/event_file.h"
#include "record/run_folder.h"
#include "store/run_lock.h"
#include "train/run.h"

namespace mtlora {

namespace {

class ThreadJob : public Job {
 public:
  ThreadJob(RunConfig config, Path folder, bool resume, const StartOptions& options)
      : folder_(std::move(folder)),
        lock_(folder_),
        started_(options.started > 0 ? options.started : now()),
        listed_(options.listed) {
    thread_ = std::thread([this, config = std::move(config), resume, yield = options.yield_to_window] {
      if (yield) {
        // Work for a waiting person goes before training. LibTorch's pool, started by this thread, inherits it.
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 5);
      }
      run_training(config, folder_, resume, hooks(), started_);
    });
  }

  ~ThreadJob() override {
    send({Command::Kind::Stop, 0});
    wait();
  }

  void send(const Command& command) override {
    {
      const std::lock_guard lock(mutex_);
      commands_.push_back(command);
      if (command.kind == Command::Kind::Stop) stop_asked_ = true;
      if (command.kind == Command::Kind::Pause) paused_ = true;
      if (command.kind == Command::Kind::Resume) paused_ = false;
    }
    arrived_.notify_all();
  }

  std::vector<Event> take_events() override {
    const std::lock_guard lock(mutex_);
    std::vector<Event> events = std::move(events_);
    events_.clear();
    for (const Event& event : events) finished_ = finished_ || std::holds_alternative<RunFinished>(event.body);
    return events;
  }

  std::string stage() const override {
    const std::lock_guard lock(mutex_);
    return stage_;
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
    if (thread_.joinable()) thread_.join();
  }

  Path folder() const override { return folder_; }

 private:
  RunHooks hooks() {
    return {[this](const Event& event) { record(event); },
            [this](bool wait) {
              std::unique_lock lock(mutex_);
              if (wait) arrived_.wait(lock, [this] { return !commands_.empty(); });
              return std::exchange(commands_, {});
            },
            [this] { return stop_asked_.load(); },
            [this](const std::string& stage) {
              const std::lock_guard lock(mutex_);
              stage_ = stage;
            }};
  }

  // On disk first, then for whoever asks.
  void record(const Event& event) {
    const bool end = std::holds_alternative<RunFinished>(event.body);
    try {
      // Opened with the first event: resuming replaces the file before it.
      if (!file_) file_ = std::make_unique<EventFile>(folder_ / "events.jsonl");
      file_->append(event);
      if (end) file_->sync();
    } catch (const Error& error) {
      if (!end) throw;  // ends the run as failed
      log_warning(error.what());
    }
    if (listed_ && std::holds_alternative<RunStarted>(event.body)) remember_run(folder_);
    const std::lock_guard lock(mutex_);
    events_.push_back(event);
  }

  const Path folder_;
  RunLock lock_;
  const double started_;
  const bool listed_;
  std::unique_ptr<EventFile> file_;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Command> commands_;
  std::vector<Event> events_;
  std::string stage_ = "Starting";
  bool paused_ = false, finished_ = false;
  std::atomic<bool> stop_asked_ = false;
  std::thread thread_;
};

}  // namespace

Path new_run_folder(const RunConfig& config) {
  const std::time_t seconds = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char date[16];
  std::strftime(date, sizeof date, "%Y-%m-%d", &local);
  const std::string stem =
      (config.data.task.empty() ? "own" : config.data.task) + "-" + config.adapter.method + "-" + date + "-";
  std::error_code error;
  for (int number = 1;; ++number) {
    const Path folder = runs_dir() / (stem + std::to_string(number));
    if (!std::filesystem::exists(folder, error)) return folder;
  }
}

std::unique_ptr<Job> start_job(const RunConfig& config, const StartOptions& options) {
  const std::vector<FieldProblem> problems = check_run_config(config);
  if (!problems.empty()) throw bad_input(problems.front().message, "", problems.front().field);
  const Path folder = config.output.output_dir.empty() ? new_run_folder(config) : expand_user(config.output.output_dir);
  const bool has_run = holds_run(folder);
  if (has_run && !options.resume) {
    throw bad_input("output.output_dir: '" + folder.string() + "' holds a run already",
                    "Resume it (--resume), or choose another folder.", "output.output_dir");
  }
  if (has_run) {
    const std::string setting = differing_setting(load_run_file(folder / "run.json"), config);
    if (!setting.empty()) {
      throw bad_input(setting + ": differs from that of the run in '" + folder.string() + "', which it would change",
                      "On resume only what says when to stop, log and save may differ.", setting);
    }
  }
  make_folder(folder);
  std::error_code error;
  if (!has_run) std::filesystem::remove(folder / "events.jsonl", error);  // of an attempt that never started
  RunConfig placed = config;
  placed.output.output_dir = std::filesystem::absolute(folder).string();
  return std::make_unique<ThreadJob>(placed, std::filesystem::absolute(folder), has_run, options);
}

}  // namespace mtlora
