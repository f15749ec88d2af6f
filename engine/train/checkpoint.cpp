#include "train/checkpoint.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "io/safetensors.h"
#include "io/weights.h"
#include "record/run_folder.h"

namespace mtlora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* state_name = "state.json";
constexpr const char* optimizer_name = "optimizer.safetensors";
constexpr const char* frames_name = "geometry_frames.safetensors";

json state_json(const TrainState& state) {
  return {{"step", state.step},
          {"epoch", state.epoch},
          {"position", state.position},
          {"learning_rate", state.learning_rate},
          {"loss_sum", state.loss_sum},
          {"loss_count", state.loss_count},
          {"best_score", state.best_score ? json(*state.best_score) : json()},
          {"best_step", state.best_step},
          {"best_scores", state.best_scores},
          {"evaluations_without_gain", state.evaluations_without_gain},
          {"evaluation_due", state.evaluation_due},
          {"train_seconds", state.train_seconds},
          {"train_examples", state.train_examples},
          {"train_tokens", state.train_tokens},
          {"geometry_interval", state.geometry_interval}};
}

TrainState state_from(const json& file, const Path& path) {
  try {
    TrainState state;
    file.at("step").get_to(state.step);
    file.at("epoch").get_to(state.epoch);
    file.at("position").get_to(state.position);
    file.at("learning_rate").get_to(state.learning_rate);
    file.at("loss_sum").get_to(state.loss_sum);
    file.at("loss_count").get_to(state.loss_count);
    if (!file.at("best_score").is_null()) state.best_score = file.at("best_score").get<double>();
    file.at("best_step").get_to(state.best_step);
    file.at("best_scores").get_to(state.best_scores);
    file.at("evaluations_without_gain").get_to(state.evaluations_without_gain);
    state.evaluation_due = file.value("evaluation_due", false);
    file.at("train_seconds").get_to(state.train_seconds);
    file.at("train_examples").get_to(state.train_examples);
    file.at("train_tokens").get_to(state.train_tokens);
    file.at("geometry_interval").get_to(state.geometry_interval);
    return state;
  } catch (const json::exception& error) {
    throw bad_input("'" + path.string() + "' is not the state of a run: " + error.what(),
                    "Remove this checkpoint folder.");
  }
}

// Each module's u and v [out | in, r] and track [r].
void write_frames(const std::map<std::string, Frame>& frames, const Path& path) {
  std::map<std::string, TensorToWrite> tensors;
  std::vector<std::vector<int64_t>> tracks;
  tracks.reserve(frames.size());  // the tensors point into it
  for (const auto& [module, frame] : frames) {
    for (const auto& [name, matrix] : {std::pair{".u", &frame.u}, std::pair{".v", &frame.v}}) {
      const std::vector<int64_t> shape = {static_cast<int64_t>(matrix->rows), static_cast<int64_t>(matrix->cols)};
      tensors[module + name] = {"F64", shape, matrix->values.data()};
    }
    tracks.emplace_back(frame.track.begin(), frame.track.end());
    tensors[module + ".track"] = {"I64", {static_cast<int64_t>(frame.track.size())}, tracks.back().data()};
  }
  write_safetensors(path, tensors);
}

std::map<std::string, Frame> read_frames(const Path& path) {
  std::map<std::string, Frame> frames;
  const SafetensorsFile file(path);
  for (const auto& [key, entry] : file.tensors()) {
    const size_t dot = key.rfind('.');
    const std::string part = dot == std::string::npos ? "" : key.substr(dot);
    Frame& frame = frames[key.substr(0, dot)];
    if (part == ".track" && entry.dtype == "I64" && entry.shape.size() == 1) {
      const int64_t* track = static_cast<const int64_t*>(entry.data);
      frame.track.assign(track, track + entry.shape[0]);
    } else if ((part == ".u" || part == ".v") && entry.dtype == "F64" && entry.shape.size() == 2) {
      Matrix& matrix = part == ".u" ? frame.u : frame.v;
      matrix = Matrix(static_cast<size_t>(entry.shape[0]), static_cast<size_t>(entry.shape[1]));
      std::memcpy(matrix.values.data(), entry.data, entry.bytes);
    } else {
      throw bad_input("'" + path.string() + "', tensor '" + key + "': not a part of a geometry frame",
                      "Remove this checkpoint folder.");
    }
  }
  return frames;
}

void read_moment(const SafetensorsFile& file, const std::string& key, at::Tensor target) {
  const std::string what = "'" + file.file()->path().string() + "', tensor '" + key + "'";
  const at::Tensor source = tensor_of(file.at(key), file.file(), what);
  if (source.sizes() != target.sizes()) {
    throw bad_input(what + ": expected " + shape_text(target.sizes()) + ", found " + shape_text(source.sizes()),
                    "This checkpoint belongs to another run.");
  }
  target.copy_(source);
}

}  // namespace

void save_checkpoint(const Path& run_folder, const AdapterSet& set, const AdapterConfig& config, const AdamW& optimizer,
                     const TrainState& state, const std::map<std::string, Frame>& frames) {
  const Path folder = run_folder / "checkpoints" / std::to_string(state.step);
  const Path partial = folder.string() + ".tmp";
  fs::remove_all(partial);
  try {
    save_native(set, config, partial);
    std::vector<at::Tensor> kept;
    std::map<std::string, TensorToWrite> tensors;
    for (const AdamW::Moments& moments : optimizer.moments()) {
      for (const auto& [name, tensor] :
           {std::pair{".exp_avg", moments.exp_avg}, std::pair{".exp_avg_sq", moments.exp_avg_sq}}) {
        kept.push_back(tensor.to(at::kCPU).contiguous());
        tensors[moments.key + name] = {"F32", kept.back().sizes().vec(), kept.back().const_data_ptr()};
      }
    }
    write_safetensors(partial / optimizer_name, tensors);
    write_frames(frames, partial / frames_name);
    write_file(partial / state_name, state_json(state).dump(2) + "\n");
    fs::remove_all(folder);  // a checkpoint of the same step from before a resume
    fs::rename(partial, folder);
    sync_folder(folder.parent_path());
  } catch (const fs::filesystem_error& error) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw file_error("checkpoint '" + folder.string() + "' could not be written: " + error.code().message(),
                     "Free some space or choose another output folder, then resume.");
  } catch (const Error&) {
    std::error_code ignored;  // the reason is in the error on its way
    fs::remove_all(partial, ignored);
    throw;
  }
}

void load_checkpoint(const Path& folder, AdapterSet& set, AdamW& optimizer, TrainState& state,
                     std::map<std::string, Frame>& frames) {
  load_into(set, AdapterFolder(folder));
  const SafetensorsFile file(folder / optimizer_name);
  for (const AdamW::Moments& moments : optimizer.moments()) {
    read_moment(file, moments.key + ".exp_avg", moments.exp_avg);
    read_moment(file, moments.key + ".exp_avg_sq", moments.exp_avg_sq);
  }
  state = state_from(json::parse(read_file(folder / state_name), nullptr, false), folder / state_name);
  optimizer.set_steps(state.step);
  frames = read_frames(folder / frames_name);
}

void prune_checkpoints(const Path& run_folder, int64_t keep, int64_t best_step) {
  std::vector<CheckpointFolder> found = list_checkpoints(run_folder);
  std::erase_if(found, [&](const CheckpointFolder& checkpoint) { return checkpoint.step == best_step; });
  for (size_t i = 0; i + static_cast<size_t>(keep) < found.size(); ++i) {
    // Renamed first: a half-removed folder must not look like a whole checkpoint.
    const Path going = found[i].folder.string() + ".tmp";
    std::error_code error;
    fs::remove_all(going, error);
    fs::rename(found[i].folder, going, error);
    fs::remove_all(going, error);
  }
}

}  // namespace mtlora
