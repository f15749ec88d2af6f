// Model folders in Hugging Face form: where they are and what their config.json says.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"

namespace mtlora {

// The folder of the bundled model's name, of a folder that list_model_folders() finds by name, or of a path.
// Throws Error(BadInput) with field model.name_or_path.
Path find_model_folder(const std::string& name_or_path);

struct FoundModel {
  std::string name;
  Path folder;
  bool bundled = false;
};
// The bundled model, the folders with a config.json in models_dir() and those of the Hugging Face cache, named
// "org/name" (the snapshot that refs/main names, else the last by name). Blocks (folder listing).
std::vector<FoundModel> list_model_folders();

// HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME/hub, XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub, as
// the huggingface_hub package looks for it. Its layout: models--org--name/{refs,blobs,snapshots/<commit>}.
Path hub_cache_dir();

// What the files of a model folder say, without reading a weight.
struct ModelFacts {
  std::string model_type;  // "" where config.json can't be read
  std::string dtype;       // of most weights (of the first shard), as safetensors names it ("BF16"); else config.json's
  int64_t weight_bytes = 0;  // on disk, of the files that would be loaded; where there are none, of all weights there
  Path licence;              // LICENSE or the like, or empty
  std::string problem;       // why the folder can't be opened, as one sentence: a file that was not downloaded, other
  std::string hint;          // weights only, ...; "" where all files are there. The hint says what to do.
};
// Never throws for what a folder holds. Blocks shortly.
ModelFacts model_facts(const Path& folder);

// Where the user keeps models: settings.json's "models_dir", else ~/models.
Path models_dir();
void set_models_dir(const Path& folder);

// config.json with checked access: a missing or mistyped key is an Error(BadInput) that names file, key and what was
// found.
class ModelConfig {
 public:
  // `folder` holds config.json.
  explicit ModelConfig(const Path& folder);
  const Path& path() const { return path_; }  // of config.json
  const std::string& model_type() const { return model_type_; }
  bool has(const std::string& key) const;  // present and not null
  // A whole number from 1 to `most`: sizes are bounded, so that their products can't overflow and no file makes the
  // program reserve what no machine has.
  static constexpr int64_t largest_size = int64_t{1} << 24, most_layers = 4096;
  int64_t positive(const std::string& key) const { return at_most(key, largest_size); }
  int64_t positive(const std::string& key, int64_t fallback) const { return has(key) ? positive(key) : fallback; }
  int64_t layers(const std::string& key) const { return at_most(key, most_layers); }
  int64_t whole(const std::string& key, int64_t fallback) const;  // of either sign
  double real(const std::string& key, double fallback) const;
  std::string text(const std::string& key, const std::string& fallback) const;
  bool flag(const std::string& key, bool fallback) const;
  // For options that change what a model computes and that are not supported: refuses every value but `only` (and none
  // at all), by name.
  void expect(const std::string& key, const nlohmann::json& only) const;
  const nlohmann::json& json() const { return json_; }

 private:
  int64_t at_most(const std::string& key, int64_t most) const;

  Path path_;
  nlohmann::json json_;
  std::string model_type_;
};

// Where `file` is one of the bundled model's: compares its sha256 with the one that the project keeps
// (resources/models/minilm.json). Throws Error(BadInput) where they differ.
void check_bundled_file(const Path& file, const std::string& sha256);

}  // namespace mtlora
