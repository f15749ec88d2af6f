// mtlora compare: variants of a run on several tasks, under several seeds.
#include <signal.h>

#include <atomic>
#include <iostream>
#include <thread>

#include "api/api.h"
#include "base/error.h"
#include "commands.h"

namespace mtlora::cli {

namespace {

std::atomic<bool> stop_asked = false;
std::string plan_or_folder, out;
bool attached = false, report_only = false;

// The window's end of this process's input: its end is a stop, unless the window has said that the work is to go on.
void watch_input() {
  std::thread([] {
    std::string line;
    bool detached = false;
    while (std::getline(std::cin, line)) {
      if (line == "detach") detached = true;
      if (line == "stop") stop_asked = true;
    }
    if (!detached) stop_asked = true;
  }).detach();
}

void compare() {
  const Path given = plan_or_folder;
  std::error_code error;
  const Path folder = std::filesystem::is_directory(given, error) ? given : create_comparison(read_plan(given), out);
  if (!report_only) {
    struct sigaction action {};
    action.sa_handler = [](int) { stop_asked = true; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    if (attached) watch_input();
    std::cerr << "comparison folder: " << folder.string() << "\n";
    ComparisonHooks hooks;
    hooks.stop_asked = [] { return stop_asked.load(); };
    hooks.on_end = [&](const ComparedRun& run) {
      std::cerr << run.run.id << ": " << name_of(run.state);
      if (run.score) std::cerr << ", " << run.metric << " " << *run.score;
      if (!run.message.empty()) std::cerr << ", " << run.message;
      std::cerr << "\n";
    };
    if (Queue queue = read_comparison(folder).queue; queue.paused && !attached) {
      std::cerr << "the queue was paused; it goes on\n";
      queue.paused = false;
      set_queue(folder, queue);
    }
    run_comparison(folder, hooks);
  }
  const Comparison comparison = read_comparison(folder);
  std::cout << comparison_report(comparison, ReportFormat::Markdown);
  if (!report_only && !comparison.done()) {
    throw Error(ErrorCode::Stopped, "stopped with " + std::to_string(comparison.left()) + " runs left",
                "'mtlora compare " + folder.string() + "' goes on.");
  }
}

}  // namespace

void add_compare(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("compare", "Run the variants of a plan one after another; prints a table in Markdown");
  command->add_option("plan", plan_or_folder, "Plan (JSON), or the folder of a comparison to go on with")->required();
  command->add_option("--out", out, "Folder of a new comparison");
  command->add_flag("--report", report_only, "Only print the table of what is there");
  command->add_flag("--attached", attached, "Stop when standard input ends, unless it brought a line 'detach'");
  command->callback(compare);
}

}  // namespace mtlora::cli
