#include "io/model_folder.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/json.h"
#include "base/paths.h"

namespace mtlora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* bundled_name = "minilm";

bool is_model_folder(const Path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "config.json", error);
}

std::vector<Path> sorted_entries(const Path& folder) {
  std::error_code error;
  std::vector<Path> entries;
  for (const auto& entry : fs::directory_iterator(folder, fs::directory_options::skip_permission_denied, error)) {
    entries.push_back(entry.path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

Path settings_path() { return home_dir() / "settings.json"; }

json read_settings() {
  std::error_code error;
  if (!fs::exists(settings_path(), error)) return json::object();
  json settings = json::parse(read_file(settings_path()), nullptr, false);
  if (!settings.is_object()) {
    throw bad_input("'" + settings_path().string() + "' is not a JSON object", "Mend or remove it.");
  }
  return settings;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Also where the download left config.json as a link to nothing.
bool has_config_entry(const Path& folder) {
  std::error_code error;
  return fs::exists(fs::symlink_status(folder / "config.json", error));
}

void list_hub_cache(std::vector<FoundModel>& found) {
  std::error_code error;
  for (const Path& entry : sorted_entries(hub_cache_dir())) {
    std::string name = entry.filename().string();
    if (!name.starts_with("models--")) continue;
    name.erase(0, 8);
    for (size_t at = name.find("--"); at != std::string::npos; at = name.find("--")) name.replace(at, 2, "/");
    Path snapshot;
    if (fs::is_regular_file(entry / "refs" / "main", error)) {
      std::string commit = read_file(entry / "refs" / "main");
      while (!commit.empty() && std::isspace(static_cast<unsigned char>(commit.back()))) commit.pop_back();
      if (commit.find('/') == commit.npos && commit != "..") snapshot = entry / "snapshots" / commit;
    }
    if (snapshot.empty() || !has_config_entry(snapshot)) {
      for (const Path& candidate : sorted_entries(entry / "snapshots")) {
        if (has_config_entry(candidate)) snapshot = candidate;
      }
    }
    if (!snapshot.empty() && has_config_entry(snapshot)) found.push_back({name, snapshot, false});
  }
}

}  // namespace

Path hub_cache_dir() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string cache = environment(name); !cache.empty()) return expand_user(cache);
  }
  if (const std::string home = environment("HF_HOME"); !home.empty()) return expand_user(home) / "hub";
  const std::string cache = environment("XDG_CACHE_HOME");
  return expand_user(cache.empty() ? "~/.cache" : cache) / "huggingface" / "hub";
}

Path models_dir() {
  const json settings = read_settings();
  const auto it = settings.find("models_dir");
  return it != settings.end() && it->is_string() ? expand_user(it->get<std::string>()) : expand_user("~/models");
}

void set_models_dir(const Path& folder) {
  json settings = read_settings();
  settings["models_dir"] = folder.string();
  write_file(settings_path(), settings.dump(2) + "\n");
}

std::vector<FoundModel> list_model_folders() {
  std::vector<FoundModel> found;
  if (const Path bundled = bundled_model_dir(); !bundled.empty()) found.push_back({bundled_name, bundled, true});
  for (const Path& folder : sorted_entries(resources_dir() / "models")) {
    if (is_model_folder(folder)) found.push_back({folder.filename().string(), folder, true});
  }
  for (const Path& folder : sorted_entries(models_dir())) {
    if (is_model_folder(folder)) found.push_back({folder.filename().string(), folder, false});
  }
  list_hub_cache(found);
  return found;
}

Path find_model_folder(const std::string& name_or_path) {
  const std::string field = "model.name_or_path";
  if (name_or_path.empty()) throw bad_input("no model is named", "Give a model's name or folder.", field);
  if (name_or_path == bundled_name) {
    const Path bundled = bundled_model_dir();
    if (bundled.empty()) {
      throw bad_input("the bundled model 'minilm' is not installed", "Run ./studio build, which installs it.", field);
    }
    return bundled;
  }
  const Path path = expand_user(name_or_path);
  std::error_code error;
  if (fs::is_directory(path, error)) {
    if (!is_model_folder(path)) {
      throw bad_input("model folder '" + path.string() + "' holds no config.json",
                      "Choose the folder that holds config.json, model.safetensors and tokenizer.json.", field);
    }
    return path;
  }
  std::vector<std::string> names;
  for (const FoundModel& model : list_model_folders()) {
    if (model.name == name_or_path) return model.folder;
    names.push_back(model.name);
  }
  const std::string nearest = nearest_name(name_or_path, names.data(), names.size());
  throw bad_input("model '" + name_or_path + "' is neither a folder nor a known name" +
                      (nearest.empty() ? "" : " (nearest: '" + nearest + "')"),
                  "'mtlora models' lists the known names.", field);
}

ModelConfig::ModelConfig(const Path& folder) : path_(folder / "config.json") {
  json_ = read_json(path_);
  if (!json_.is_object()) throw bad_input("'" + path_.string() + "' is not a JSON object");
  model_type_ = text("model_type", "");
  if (model_type_.empty())
    throw bad_input("'" + path_.string() + "' has no model_type", "It must name the architecture.");
}

bool ModelConfig::has(const std::string& key) const {
  const auto it = json_.find(key);
  return it != json_.end() && !it->is_null();
}

int64_t ModelConfig::at_most(const std::string& key, int64_t most) const {
  const auto it = json_.find(key);
  if (it == json_.end()) throw bad_input("'" + path_.string() + "' has no '" + key + "'");
  const bool whole = it->is_number_integer() && *it > 0;
  if (!whole || *it > most) {
    throw bad_input("'" + path_.string() + "', " + key + ": expected a whole number " +
                    (whole ? "up to " + std::to_string(most) : "above 0") + ", found " + it->dump());
  }
  return it->get<int64_t>();
}

int64_t ModelConfig::whole(const std::string& key, int64_t fallback) const {
  if (!has(key)) return fallback;
  const nlohmann::json& value = json_.at(key);
  if (!value.is_number_integer() || std::abs(value.get<double>()) > 0x1p40) {
    throw bad_input("'" + path_.string() + "', " + key + ": expected a whole number, found " + value.dump());
  }
  return value.get<int64_t>();
}

void ModelConfig::expect(const std::string& key, const nlohmann::json& only) const {
  if (!has(key) || json_.at(key) == only) return;
  throw bad_input("'" + path_.string() + "', " + key + ": expected " + only.dump() + ", found " + json_.at(key).dump(),
                  "This option of the architecture is not supported.");
}

double ModelConfig::real(const std::string& key, double fallback) const {
  if (!has(key)) return fallback;
  const nlohmann::json& value = json_.at(key);
  constexpr double largest = 3e38;  // models compute in fp32
  if (!value.is_number() || !(std::abs(value.get<double>()) <= largest)) {
    throw bad_input("'" + path_.string() + "', " + key + ": expected a number of at most 3e38, found " + value.dump());
  }
  return value.get<double>();
}

std::string ModelConfig::text(const std::string& key, const std::string& fallback) const {
  if (!has(key)) return fallback;
  const nlohmann::json& value = json_.at(key);
  if (!value.is_string()) {
    throw bad_input("'" + path_.string() + "', " + key + ": expected a text, found " + value.dump());
  }
  return value.get<std::string>();
}

bool ModelConfig::flag(const std::string& key, bool fallback) const {
  if (!has(key)) return fallback;
  const nlohmann::json& value = json_.at(key);
  if (!value.is_boolean()) {
    throw bad_input("'" + path_.string() + "', " + key + ": expected true or false, found " + value.dump());
  }
  return value.get<bool>();
}

void check_bundled_file(const Path& file, const std::string& sha256) {
  if (file.parent_path() != bundled_model_dir()) return;
  const json known = json::parse(read_file(resources_dir() / "models" / "minilm.json")).at("sha256");
  const std::string name = file.filename().string();
  if (!known.contains(name) || known.at(name) == sha256) return;
  throw bad_input("'" + file.string() + "' is not the file that the program was made with: expected sha256 " +
                      known.at(name).get<std::string>() + ", found " + sha256,
                  "Remove .venv and run ./studio build.");
}

}  // namespace mtlora
