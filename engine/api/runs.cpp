// The part of api.h about runs on disk.
#include <algorithm>

#include "adapter/adapter_files.h"
#include "api/api.h"
#include "api/trained_model.h"
#include "base/error.h"
#include "data/task.h"
#include "geometry/adapter_geometry.h"
#include "record/event_file.h"
#include "record/run_folder.h"
#include "store/run_index.h"

namespace mtlora {

static RunIndex& run_index() {
  static RunIndex index(home_dir() / "runs.sqlite3", runs_dir(), [](const RunConfig& config) {
    const Task task = resolve_task(config.data);
    return task.metrics.empty() ? std::string() : task.metrics.front();
  });
  return index;
}

std::vector<RunRow> list_runs() { return run_index().rows(); }
void remember_run(const Path& folder) { run_index().remember(folder); }
void rename_run(const Path& folder, const std::string& name) { rename_run_folder(folder, name); }
void set_run_note(const Path& folder, const std::string& note) { set_run_folder_note(folder, note); }
void forget_run(const Path& folder) { run_index().forget(folder); }

RunRecord open_run(const Path& folder) {
  if (!holds_run(folder)) {
    throw bad_input("'" + folder.string() + "' holds no run (no run.json)", "Choose a run folder.");
  }
  RunRecord record;
  record.config = load_run_file(folder / "run.json");
  record.row.folder = folder;
  const Path absolute = std::filesystem::absolute(folder).lexically_normal();
  for (const RunRow& row : list_runs()) {
    if (row.folder == absolute || row.folder == folder) record.row = row;
  }
  if (record.row.name.empty()) {
    remember_run(absolute);
    for (const RunRow& row : list_runs()) {
      if (row.folder == absolute) record.row = row;
    }
  }
  std::error_code error;
  if (std::filesystem::exists(folder / "events.jsonl", error)) record.events = read_events(folder / "events.jsonl");
  record.geometry_steps = snapshot_steps(folder);
  if (std::filesystem::exists(folder / "summary.json", error)) {
    record.summary = nlohmann::json::parse(read_file(folder / "summary.json"), nullptr, false);
  }
  int64_t best_step = -1;
  for (const Event& event : record.events) {
    if (const auto* saved = std::get_if<CheckpointSaved>(&event.body); saved && saved->best) best_step = saved->step;
  }
  for (const CheckpointFolder& checkpoint : list_checkpoints(folder)) {
    record.checkpoints.push_back({checkpoint.step, checkpoint.folder, checkpoint.step == best_step});
  }
  try {
    record.labels = AdapterFolder(adapter_folder_of(folder.string())).config.labels;
  } catch (const Error&) {
    // Nothing is trained yet, so there is no adapter that knows its labels.
  }
  return record;
}

std::vector<ModuleSnapshot> read_geometry(const Path& run_folder, int64_t step) {
  return read_snapshot(run_folder / "geometry" / (std::to_string(step) + ".safetensors"));
}

GeometryOfAdapter geometry_of(const Path& source, int64_t step) {
  const std::vector<int64_t> recorded = snapshot_steps(source);
  if (!recorded.empty()) {
    const int64_t wanted = step < 0 ? recorded.back() : step;
    if (std::find(recorded.begin(), recorded.end(), wanted) == recorded.end()) {
      throw bad_input("run '" + source.string() + "' has no geometry of step " + std::to_string(wanted),
                      "It was recorded from step " + std::to_string(recorded.front()) + " to " +
                          std::to_string(recorded.back()) + ".");
    }
    return {wanted, read_geometry(source, wanted)};
  }
  const TrainedModel trained = load_trained_model("", source.string());
  GeometryOfAdapter result;
  const auto& adapters = trained.adapters->adapters();
  for (size_t i = 0; i < adapters.size(); ++i) {
    Frame frame;
    result.modules.push_back(snapshot_adapter(*adapters[i], *trained.adapters->adapted()[i], nullptr, &frame));
  }
  return result;
}

}  // namespace mtlora
