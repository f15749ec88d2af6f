// The list of runs: a cache (SQLite) of what the run folders say, rebuilt from them at any time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/paths.h"
#include "config/run_config.h"

namespace mtlora {

enum class RunStatus {
  Running,
  Paused,
  Completed,
  Stopped,
  Failed,
  Crashed
};                                      // Crashed: no end, and no process owns it
std::string name_of(RunStatus status);  // "running", "paused", ...

struct RunRow {
  Path folder;
  std::string name, note;  // the person's; name defaults to the folder's
  std::string method, model, task;
  RunStatus status = RunStatus::Completed;
  int64_t step = 0, total_steps = 0;
  std::string metric;
  std::optional<double> score, loss;  // best score of the chosen metric; last training loss
  double started = 0, seconds = 0;    // Unix seconds; wall time
  std::string problem;                // why the folder can't be opened (a newer format, a broken file), or ""
};

// The metric that chooses the best checkpoint where the configuration names none ("" where that isn't known). An Error
// that it throws becomes the row's problem.
using DefaultMetric = std::function<std::string(const RunConfig&)>;

// Any thread may call; each call blocks while it reads folders. The window and the command line may each have one on
// the same file. All throw Error(File) where the index can't be read or written.
//
// Name and note lie in the run folder (about.json), so that a lost index loses nothing but the list of remembered
// folders. An index that is broken, or of a newer program, is renamed to `file` + ".aside" and a new one begun.
class RunIndex {
 public:
  explicit RunIndex(const Path& file = home_dir() / "runs.sqlite3", const Path& runs_folder = runs_dir(),
                    DefaultMetric default_metric = {});
  ~RunIndex();
  RunIndex(const RunIndex&) = delete;
  RunIndex& operator=(const RunIndex&) = delete;

  // Every run in `runs_folder` and of the remembered folders, newest first. Only a folder whose files changed is read
  // again; one that is gone leaves the index. A run folder is one with a run.json.
  std::vector<RunRow> rows();

  // Adds a folder elsewhere, or brings a forgotten one back. Call it when a run starts: the folder may be one that was
  // forgotten under this name.
  void remember(const Path& folder);
  // Takes a folder out of the list, though it may still exist.
  void forget(const Path& folder);

 private:
  struct Database;
  template <class Action>
  auto with_database(Action action);
  void set_state(const Path& folder, const std::string& state);

  Path file_, runs_folder_;
  DefaultMetric default_metric_;
  std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

// Writes about.json in the run folder. Throws Error(BadInput) where it is no run folder, Error(File) where it can't be
// written. An empty name stands for the folder's.
void rename_run_folder(const Path& folder, const std::string& name);
void set_run_folder_note(const Path& folder, const std::string& note);

}  // namespace mtlora
