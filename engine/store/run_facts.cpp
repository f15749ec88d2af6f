#include "store/run_facts.h"

#include <sys/stat.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "config/run_file.h"
#include "record/command.h"
#include "record/event_file.h"

namespace mtlora {

using nlohmann::json;

namespace {

constexpr const char* status_names[] = {"running", "paused", "completed", "stopped", "failed", "crashed"};

RunStatus status_of(const std::string& name) {
  const auto* found = std::find(std::begin(status_names), std::end(status_names), name);
  return found == std::end(status_names) ? RunStatus::Failed : static_cast<RunStatus>(found - status_names);
}

// Whatever the file says, for one that this program refuses, too.
std::string text_at(const json& file, const char* group, const char* key, const std::string& otherwise) {
  if (!file.is_object() || !file.contains(group) || !file[group].is_object()) return otherwise;
  const auto found = file[group].find(key);
  return found != file[group].end() && found->is_string() ? found->get<std::string>() : otherwise;
}

void read_config(const Path& folder, const DefaultMetric& default_metric, RunRow& row) {
  const json file = read_json(folder / "run.json");
  const RunConfig defaults;
  row.method = text_at(file, "adapter", "method", defaults.adapter.method);
  row.task = text_at(file, "data", "task", defaults.data.task);
  row.model = text_at(file, "model", "name_or_path", defaults.model.name_or_path);
  if (row.model.find('/') != row.model.npos) {
    const Path model = Path(row.model).lexically_normal();
    row.model = (model.has_filename() ? model : model.parent_path()).filename().string();
  }
  row.metric = text_at(file, "eval", "metric_for_best_model", "");
  const RunConfig config = run_config_from_json(file, quoted(folder / "run.json"));
  if (row.metric.empty() && default_metric) row.metric = default_metric(config);
}

// Adds up what the events tell, one after the other.
class Summary {
 public:
  explicit Summary(RunRow& row) : row_(row) {}

  void take(const Event& event) {
    if (std::holds_alternative<RunStarted>(event.body) || row_.started == 0) {
      if (row_.started == 0) row_.started = event.time;
      earlier_seconds_ += last_time_ - segment_start_;
      segment_start_ = event.time;
      paused_ = false;
    }
    if (paused_) paused_seconds_ += event.time - last_time_;
    last_time_ = event.time;
    std::visit(
        [&](const auto& body) {
          row_.step = std::max(row_.step, body.step);
          read(body);
        },
        event.body);
  }

  void finish() {
    row_.seconds = earlier_seconds_ + last_time_ - segment_start_ - paused_seconds_;
    row_.status = end_ ? *end_ : paused_ ? RunStatus::Paused : RunStatus::Running;
    // The score of the best checkpoint; before there is one, the newest.
    for (const EvalDone& evaluation : evaluations_) {
      if (best_step_ >= 0 && evaluation.step != best_step_) continue;
      const auto score = evaluation.scores.find(row_.metric);
      if (score != evaluation.scores.end()) row_.score = score->second;
      if (row_.metric == "eval_loss") row_.score = evaluation.eval_loss;
    }
  }

 private:
  void read(const RunStarted& body) {
    row_.total_steps = body.total_steps;
    end_.reset();
  }
  void read(const StepDone& body) { row_.loss = body.loss; }
  void read(const EvalDone& body) { evaluations_.push_back(body); }
  void read(const CheckpointSaved& body) {
    if (body.best) best_step_ = body.step;
  }
  void read(const CommandTaken& body) {
    if (body.command == name_of(Command::Kind::Pause)) paused_ = true;
    if (body.command == name_of(Command::Kind::Resume)) paused_ = false;
  }
  void read(const RunFinished& body) { end_ = status_of(body.status); }
  void read(const GeometryRecorded&) {}
  void read(const SampleMade&) {}

  RunRow& row_;
  double segment_start_ = 0, last_time_ = 0, earlier_seconds_ = 0;  // a resumed run has several segments
  double paused_seconds_ = 0;                                       // nothing was trained in them
  bool paused_ = false;
  std::optional<RunStatus> end_;
  int64_t best_step_ = -1;
  std::vector<EvalDone> evaluations_;
};

void read_record(const Path& folder, RunRow& row) {
  Summary summary(row);
  std::error_code error;
  if (std::filesystem::exists(folder / "events.jsonl", error))
    for (const Event& event : read_events(folder / "events.jsonl")) summary.take(event);
  summary.finish();
}

void read_about(const Path& folder, RunRow& row) {
  row.name = folder.filename().string();
  std::error_code error;
  if (!std::filesystem::exists(folder / "about.json", error)) return;
  const json about = read_json(folder / "about.json");
  const json file = {{"about", about}};
  const std::string name = text_at(file, "about", "name", "");
  if (!name.empty()) row.name = name;
  row.note = text_at(file, "about", "note", "");
}

void write_about(const Path& folder, const char* key, const std::string& text) {
  std::error_code error;
  if (!std::filesystem::exists(folder / "run.json", error))
    throw bad_input("'" + folder.string() + "' is not a run folder: it has no run.json");
  json about = json::object();
  if (std::filesystem::exists(folder / "about.json", error)) {
    const json found = json::parse(read_file(folder / "about.json"), nullptr, false);
    if (found.is_object()) about = found;  // a broken one is replaced
  }
  about[key] = text;
  write_file(folder / "about.json", json_text(about, 2) + "\n");
}

double modified(const Path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? static_cast<double>(status.st_mtime) : 0;
}

// JSON has no number for NaN, which a loss may be.
json finite_or_text(const std::optional<double>& value) {
  if (!value) return nullptr;
  return std::isfinite(*value) ? json(*value) : std::isnan(*value) ? json("NaN") : json(*value > 0 ? "inf" : "-inf");
}
std::optional<double> from_finite_or_text(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return std::strtod(value.get<std::string>().c_str(), nullptr);
  return {};
}

}  // namespace

std::string name_of(RunStatus status) { return status_names[static_cast<size_t>(status)]; }

std::string run_stamp(const Path& folder) {
  std::string stamp;
  for (const char* name : {"run.json", "events.jsonl", "about.json"}) {
    struct stat status {};
    const bool exists = ::stat((folder / name).c_str(), &status) == 0;
    if (!exists && stamp.empty()) return "";
    if (exists)
      stamp += std::to_string(status.st_ino) + ":" + std::to_string(status.st_size) + ":" +
               std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
    stamp += ";";
  }
  return stamp;
}

RunRow read_run_facts(const Path& folder, const DefaultMetric& default_metric) {
  RunRow row;
  row.folder = folder;
  // Each file on its own: a broken one does not hide what the others say.
  const auto note_problem = [&row](const auto& read) {
    try {
      read();
    } catch (const std::exception& error) {
      if (row.problem.empty()) row.problem = error.what();
    }
  };
  note_problem([&] { read_config(folder, default_metric, row); });
  note_problem([&] { read_about(folder, row); });
  row.status = RunStatus::Failed;  // where the record can't be read
  note_problem([&] { read_record(folder, row); });
  if (row.started == 0) row.started = modified(folder / "run.json");
  return row;
}

json to_json(const RunRow& row) {
  return {{"name", row.name},
          {"note", row.note},
          {"method", row.method},
          {"model", row.model},
          {"task", row.task},
          {"status", name_of(row.status)},
          {"step", row.step},
          {"total_steps", row.total_steps},
          {"metric", row.metric},
          {"score", finite_or_text(row.score)},
          {"loss", finite_or_text(row.loss)},
          {"started", row.started},
          {"seconds", row.seconds},
          {"problem", row.problem}};
}

RunRow run_row_from_json(const json& facts) {
  RunRow row;
  row.name = facts.at("name");
  row.note = facts.at("note");
  row.method = facts.at("method");
  row.model = facts.at("model");
  row.task = facts.at("task");
  row.status = status_of(facts.at("status"));
  row.step = facts.at("step");
  row.total_steps = facts.at("total_steps");
  row.metric = facts.at("metric");
  row.score = from_finite_or_text(facts.at("score"));
  row.loss = from_finite_or_text(facts.at("loss"));
  row.started = facts.at("started");
  row.seconds = facts.at("seconds");
  row.problem = facts.at("problem");
  return row;
}

void rename_run_folder(const Path& folder, const std::string& name) { write_about(folder, "name", name); }
void set_run_folder_note(const Path& folder, const std::string& note) { write_about(folder, "note", note); }

}  // namespace mtlora
