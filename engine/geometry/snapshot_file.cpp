// geometry/STEP.safetensors
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>

#include "base/error.h"
#include "geometry/geometry.h"
#include "io/safetensors.h"

namespace mtlora {

namespace {

constexpr const char* kVersionKey = "mtlora_geometry";
constexpr int kVersion = 1;
constexpr size_t kMeasures = 5;  // condition_b, condition_a, delta_fro, delta_spectral, delta_relative

class SnapshotReader {
 public:
  explicit SnapshotReader(const Path& path) : path_(path), file_(path) {}

  std::vector<ModuleSnapshot> read() const {
    check_version();
    std::vector<ModuleSnapshot> snapshots;
    std::set<std::string> seen;
    for (const std::string& module : module_names()) {
      if (!seen.insert(module).second) throw error("names module '" + module + "' twice");
      snapshots.push_back(read_module(module));
    }
    if (file_.tensors().size() != 5 * snapshots.size()) throw error("holds tensors of modules that it does not name");
    return snapshots;
  }

 private:
  Error error(const std::string& what) const { return bad_input("geometry snapshot '" + path_.string() + "' " + what); }

  void check_version() const {
    const auto found = file_.metadata().find(kVersionKey);
    if (found == file_.metadata().end())
      throw error("is not a geometry snapshot (no '" + std::string(kVersionKey) + "')");
    const std::string& text = found->second;
    int version = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (code != std::errc() || end != text.data() + text.size() || version < 1)
      throw error("has a broken format version");
    if (version > kVersion) {
      throw bad_input("geometry snapshot '" + path_.string() + "' has format version " + text +
                          "; this program reads up to " + std::to_string(kVersion),
                      "Open it with a newer version of the program.");
    }
  }

  std::vector<std::string> module_names() const {
    const auto found = file_.metadata().find("modules");
    const nlohmann::json names =
        found == file_.metadata().end() ? nlohmann::json() : nlohmann::json::parse(found->second, nullptr, false);
    if (!names.is_array() || !std::all_of(names.begin(), names.end(), [](const auto& n) { return n.is_string(); })) {
      throw error("has no list of modules in its metadata");
    }
    return names.get<std::vector<std::string>>();
  }

  template <typename T>
  std::vector<T> values(const std::string& name, const char* dtype, const std::vector<int64_t>& shape) const {
    const TensorEntry& entry = file_.at(name);
    if (entry.dtype != dtype || entry.shape != shape)
      throw error("tensor '" + name + "' has another type or shape than expected");
    std::vector<T> out(entry.bytes / sizeof(T));
    if (!out.empty()) std::memcpy(out.data(), entry.data, entry.bytes);
    return out;
  }

  std::vector<double> singular_values(const std::string& name, int64_t r) const {
    std::vector<double> sigma = values<double>(name, "F64", {r});
    for (size_t i = 0; i < sigma.size(); ++i) {
      if (!std::isfinite(sigma[i]) || sigma[i] < 0 || (i > 0 && sigma[i] > sigma[i - 1])) {
        throw error("tensor '" + name + "' does not hold falling singular values");
      }
    }
    return sigma;
  }

  ModuleSnapshot read_module(const std::string& module) const {
    ModuleSnapshot out;
    out.module = module;
    const std::vector<int64_t>& shape = file_.at(module + ".sigma_ba").shape;
    const int64_t r = shape.size() == 1 ? shape[0] : 0;
    if (r < 1) throw error("tensor '" + module + ".sigma_ba' is not a list of singular values");
    out.sigma_ba = singular_values(module + ".sigma_ba", r);
    out.sigma_bta = singular_values(module + ".sigma_bta", r);

    const std::vector<int64_t> track = values<int64_t>(module + ".track", "I64", {r});
    if (std::set<int64_t>(track.begin(), track.end()).size() != track.size() ||
        std::any_of(track.begin(), track.end(), [r](int64_t label) { return label < 0 || label >= r; })) {
      throw error("tensor '" + module + ".track' is not a permutation");
    }
    out.track.assign(track.begin(), track.end());

    if (file_.at(module + ".k").shape != std::vector<int64_t>{0, 0}) {
      out.k = Matrix(out.sigma_ba.size(), out.sigma_ba.size());
      out.k.values = values<double>(module + ".k", "F64", {r, r});
      if (!std::all_of(out.k.values.begin(), out.k.values.end(), [](double x) { return std::isfinite(x); })) {
        throw error("tensor '" + module + ".k' holds a value that is not finite");
      }
    }
    const std::vector<double> measures = values<double>(module + ".measures", "F64", {kMeasures});
    if (std::any_of(measures.begin(), measures.end(), [](double x) { return std::isnan(x); })) {
      throw error("tensor '" + module + ".measures' holds a value that is not a number");
    }
    out.condition_b = measures[0];
    out.condition_a = measures[1];
    out.delta_fro = measures[2];
    out.delta_spectral = measures[3];
    out.delta_relative = measures[4];
    return out;
  }

  Path path_;
  SafetensorsFile file_;
};

}  // namespace

void write_snapshot(const Path& path, int64_t step, const std::vector<ModuleSnapshot>& modules) {
  std::map<std::string, TensorToWrite> tensors;
  std::vector<std::string> names;
  std::vector<std::vector<double>> measures;  // reserved whole: the tensors point into them
  std::vector<std::vector<int64_t>> tracks;
  measures.reserve(modules.size());
  tracks.reserve(modules.size());
  for (const ModuleSnapshot& m : modules) {
    const auto r = static_cast<int64_t>(m.sigma_ba.size()), k = static_cast<int64_t>(m.k.rows);
    names.push_back(m.module);
    measures.push_back({m.condition_b, m.condition_a, m.delta_fro, m.delta_spectral, m.delta_relative});
    tracks.emplace_back(m.track.begin(), m.track.end());
    tensors[m.module + ".sigma_ba"] = {"F64", {r}, m.sigma_ba.data()};
    tensors[m.module + ".sigma_bta"] = {"F64", {r}, m.sigma_bta.data()};
    tensors[m.module + ".k"] = {"F64", {k, k}, m.k.values.data()};
    tensors[m.module + ".track"] = {"I64", {r}, tracks.back().data()};
    tensors[m.module + ".measures"] = {"F64", {kMeasures}, measures.back().data()};
  }
  // Not synced: that would hold up training for longer than the geometry itself, for what a power cut alone can lose.
  write_safetensors(path, tensors,
                    {{kVersionKey, std::to_string(kVersion)},
                     {"step", std::to_string(step)},
                     {"modules", nlohmann::json(names).dump()}},
                    /*sync=*/false);
}

std::vector<ModuleSnapshot> read_snapshot(const Path& path) { return SnapshotReader(path).read(); }

std::vector<int64_t> snapshot_steps(const Path& run_folder) {
  std::vector<int64_t> steps;
  const Path folder = run_folder / "geometry";
  if (!std::filesystem::exists(folder)) return steps;
  std::error_code error;
  const std::filesystem::directory_iterator entries(folder, error);
  if (error) throw file_error("folder '" + folder.string() + "' could not be read: " + error.message());
  for (const auto& entry : entries) {
    if (entry.path().extension() != ".safetensors") continue;
    const std::string stem = entry.path().stem().string();
    int64_t step = 0;
    std::from_chars(stem.data(), stem.data() + stem.size(), step);
    if (step >= 0 && std::to_string(step) == stem) steps.push_back(step);  // as it is written, nothing like it
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

}  // namespace mtlora
