// The part of api.h about comparisons: their folders, and the queue that works through one.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <mutex>
#include <thread>

#include "api/api.h"
#include "base/desktop.h"
#include "base/error.h"
#include "base/json.h"
#include "base/paths.h"
#include "record/run_folder.h"
#include "store/run_facts.h"
#include "store/run_lock.h"

namespace mtlora {

using nlohmann::json;

namespace {

Path folder_of(const Path& comparison, const PlannedRun& run) { return comparison / "runs" / run.id; }

bool is_left(const ComparedRun& run, const Queue& queue) {
  const bool skipped = std::ranges::find(queue.skipped, run.run.id) != queue.skipped.end();
  return !skipped && run.state != ComparedState::Completed && run.state != ComparedState::Failed;
}

Queue read_queue(const Path& folder) {
  Queue queue;
  std::error_code error;
  if (!std::filesystem::exists(folder / "queue.json", error)) return queue;
  const json file = read_json(folder / "queue.json");
  try {
    queue.order = file.value("order", std::vector<std::string>());
    queue.skipped = file.value("skipped", std::vector<std::string>());
    queue.paused = file.value("paused", false);
  } catch (const json::exception&) {
    throw bad_input("'" + (folder / "queue.json").string() + "': expected lists of run names and paused true or false",
                    "Remove the file to start from the plan's order.");
  }
  return queue;
}

// Those that `order` names first, in its order.
void put_in_order(const std::vector<std::string>& order, std::vector<ComparedRun>& runs) {
  std::ranges::stable_sort(
      runs, {}, [&](const ComparedRun& run) { return std::ranges::find(order, run.run.id) - order.begin(); });
}

void write_reports(const Path& folder) {
  const Comparison comparison = read_comparison(folder);
  write_file(folder / "results.csv", comparison_report(comparison, ReportFormat::Csv));
  write_file(folder / "results.md", comparison_report(comparison, ReportFormat::Markdown));
  write_file(folder / "results.html", comparison_report(comparison, ReportFormat::Html));
}

// A run that has completed stays as it is: it is read once, and again where its files changed. A comparison is looked
// at every second while it is worked through.
ComparedRun read_run(const PlannedRun& planned, const Path& folder) {
  static std::mutex mutex;
  static std::map<Path, std::pair<std::string, ComparedRun>> completed;  // with the stamp of its files
  const std::string stamp = run_stamp(folder);
  {
    const std::lock_guard lock(mutex);
    if (const auto known = completed.find(folder); known != completed.end() && known->second.first == stamp) {
      ComparedRun run = known->second.second;
      run.run = planned;
      return run;
    }
  }
  ComparedRun run = read_compared_run(planned, folder);
  // Without a score its summary may not be written yet, and the stamp does not hold it.
  if (run.state == ComparedState::Completed && run.score) {
    const std::lock_guard lock(mutex);
    completed[folder] = {stamp, run};
  }
  return run;
}

// The choices of the seeds that choose are made, and never change afterwards: a run id holds its choice.
std::vector<ComparedRun> all_runs(const Path& folder, const Plan& plan, const Queue& queue) {
  std::vector<ComparedRun> runs;
  for (const PlannedRun& planned : first_runs(plan)) {
    runs.push_back(read_run(planned, folder_of(folder, planned)));
  }
  if (plan.choose.empty()) return runs;
  const bool choosing = std::ranges::any_of(runs, [&](const ComparedRun& run) { return is_left(run, queue); });
  if (choosing) return runs;
  const Choices choices = choose(runs);
  for (const PlannedRun& planned : reported_runs(plan, choices)) {
    ComparedRun run = read_run(planned, folder_of(folder, planned));
    // Values that nobody chose would be compared with tuned ones.
    if (!choices.contains({planned.task, planned.variant})) {
      run.state = ComparedState::Failed;
      run.message = "no value could be chosen for it: none of the runs to choose by has a score on validation rows";
    }
    runs.push_back(std::move(run));
  }
  return runs;
}

// Trains one run to its end, or until a stop. One whose process ended without a word is marked as failed: it would be
// tried for ever.
void train_one(const ComparedRun& next, const Path& folder, const ComparisonHooks& hooks) {
  RunConfig config = next.run.config;
  config.output.output_dir = next.folder.string();
  StartOptions options;
  options.resume = true;
  options.listed = false;
  const std::unique_ptr<Job> job = start_child_job(config, options);
  bool stop_sent = false, paused = false;
  int64_t polls = 0;
  RunFinished end;
  while (!job->finished()) {
    for (const Event& event : job->take_events()) {
      if (hooks.on_event) hooks.on_event(event);
      if (const auto* finished = std::get_if<RunFinished>(&event.body)) end = *finished;
    }
    if (!stop_sent && hooks.stop_asked && hooks.stop_asked()) {
      job->send({Command::Kind::Stop, 0});
      stop_sent = true;
    }
    if (polls++ % 10 == 0) {
      const Queue queue = read_queue(folder);
      if (queue.paused != paused) job->send({queue.paused ? Command::Kind::Pause : Command::Kind::Resume, 0});
      paused = queue.paused;
      const bool skipped = std::ranges::find(queue.skipped, next.run.id) != queue.skipped.end();
      if (skipped && !stop_sent) {
        job->send({Command::Kind::Stop, 0});
        stop_sent = true;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  job->wait();
  std::error_code error;
  // A summary of an earlier segment ("stopped") says nothing about this one.
  const Path file = next.folder / "summary.json";
  const bool is_marked = std::filesystem::exists(file, error) && read_json(file).value("status", "") == "failed";
  if (end.status == "failed" && !stop_sent && !is_marked) {
    make_folder(next.folder);
    write_file(file, json_text({{"status", "failed"},
                                {"message", end.message + ". " + end.hint},
                                {"ended_from_outside", end.exit_code > 128}},
                               2) +
                         "\n");
  }
}

}  // namespace

bool Comparison::done() const {
  return std::ranges::none_of(runs, [&](const ComparedRun& run) { return is_left(run, queue); });
}

int64_t Comparison::left() const {
  const auto listed = std::ranges::count_if(runs, [&](const ComparedRun& run) { return is_left(run, queue); });
  return listed + planned - std::ssize(runs);  // those that are reported are listed once values are chosen
}

Path comparisons_dir() { return home_dir() / "comparisons"; }

std::vector<Path> list_comparisons() {
  std::vector<std::pair<std::filesystem::file_time_type, Path>> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(comparisons_dir(), error)) {
    const Path plan = entry.path() / "plan.json";
    if (!std::filesystem::exists(plan, error)) continue;
    found.emplace_back(std::filesystem::last_write_time(plan, error), entry.path());
  }
  std::ranges::sort(found, std::ranges::greater());
  std::vector<Path> folders;
  for (const auto& [time, folder] : found) folders.push_back(folder);
  return folders;
}

Path create_comparison(const Plan& plan, const Path& folder) {
  Path place = folder.empty() ? Path() : std::filesystem::absolute(folder);
  std::error_code error;
  if (place.empty()) {
    const std::time_t seconds = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    char date[16];
    std::strftime(date, sizeof date, "%Y-%m-%d", &local);
    std::string stem;
    for (const char c : plan.name) stem += c == '/' || static_cast<unsigned char>(c) < ' ' ? '-' : c;
    for (int number = 1; place.empty(); ++number) {
      const Path next = comparisons_dir() / (stem + " " + date + (number == 1 ? "" : " " + std::to_string(number)));
      if (!std::filesystem::exists(next, error)) place = next;
    }
  }
  const Path file = place / "plan.json";
  const json written = to_json(plan);
  if (std::filesystem::exists(file, error)) {
    if (to_json(read_plan(file)) == written) return place;
    throw bad_input("'" + place.string() + "' holds a comparison with another plan", "Choose another folder.");
  }
  make_folder(place / "runs");
  write_file(file, json_text(written, 2) + "\n");
  return place;
}

Comparison read_comparison(const Path& folder) {
  Comparison comparison;
  comparison.folder = folder;
  comparison.plan = read_plan(folder / "plan.json");
  comparison.queue = read_queue(folder);
  comparison.runs_now = RunLock::is_held(folder);
  comparison.runs = all_runs(folder, comparison.plan, comparison.queue);
  comparison.rows = compare_variants(comparison.plan, comparison.runs);
  const Plan& plan = comparison.plan;
  comparison.planned = static_cast<int64_t>(plan.tasks.size() * plan.variants.size() * plan.seeds.size());
  if (!plan.choose.empty()) comparison.planned += std::ssize(first_runs(plan));
  for (const ComparedRun& run : comparison.runs) {
    comparison.completed += run.state == ComparedState::Completed;
    comparison.failed += run.state == ComparedState::Failed;
  }
  put_in_order(comparison.queue.order, comparison.runs);
  return comparison;
}

void set_queue(const Path& folder, const Queue& queue) {
  const json file = {{"order", queue.order}, {"skipped", queue.skipped}, {"paused", queue.paused}};
  write_file(folder / "queue.json", json_text(file, 2) + "\n");
}

bool try_again(const Path& run_folder) {
  std::error_code error;
  const Path file = run_folder / "summary.json";
  if (!std::filesystem::exists(file, error)) return false;
  if (!read_json(file).value("ended_from_outside", false)) return false;
  std::filesystem::remove(file, error);
  if (error) throw file_error("'" + file.string() + "' could not be removed", "Check that its folder may be written.");
  return true;
}

bool stop_comparison(const Path& folder) {
  const pid_t owner = RunLock::owner(folder);
  return owner > 0 && ::kill(owner, SIGTERM) == 0;
}

void run_comparison(const Path& folder, const ComparisonHooks& hooks) {
  const RunLock lock(folder);
  const KeepAwake awake("comparing runs");
  const auto stopped = [&] { return hooks.stop_asked && hooks.stop_asked(); };
  while (!stopped()) {
    const Comparison now = read_comparison(folder);
    const auto next = std::ranges::find_if(now.runs, [&](const ComparedRun& run) { return is_left(run, now.queue); });
    if (next == now.runs.end()) break;
    if (now.queue.paused || RunLock::is_held(next->folder)) {  // held: a child of a process that was killed is ending
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      continue;
    }
    if (hooks.on_begin) hooks.on_begin(*next);
    train_one(*next, folder, hooks);
    if (hooks.on_end) hooks.on_end(read_compared_run(next->run, next->folder));
    write_reports(folder);
  }
  const Comparison end = read_comparison(folder);
  if (!end.done()) return;
  notify_desktop("Comparison finished: " + end.plan.name,
                 std::to_string(end.completed) + " runs completed" +
                     (end.failed > 0 ? ", " + std::to_string(end.failed) + " failed" : "") + ".");
}

std::string comparison_report(const Comparison& comparison, ReportFormat format) {
  switch (format) {
    case ReportFormat::Csv: return report_csv(comparison.plan, comparison.rows);
    case ReportFormat::Markdown: return report_markdown(comparison.plan, comparison.rows);
    case ReportFormat::Html: return report_html(comparison.plan, comparison.rows, comparison.runs);
  }
  return "";
}

}  // namespace mtlora
