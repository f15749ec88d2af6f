// What the files of a model folder say (model_folder.h).
#include <algorithm>
#include <map>

#include "base/error.h"
#include "io/model_folder.h"
#include "io/tensor_file.h"

namespace mtlora {

namespace fs = std::filesystem;

namespace {

// config.json names dtypes as torch does.
std::string dtype_of_config(const ModelConfig& config) {
  static const std::map<std::string, std::string> names = {
      {"float32", "F32"}, {"float16", "F16"}, {"bfloat16", "BF16"}, {"float64", "F64"}};
  for (const char* key : {"dtype", "torch_dtype"}) {
    if (!config.has(key) || !config.json().at(key).is_string()) continue;
    std::string name = config.text(key, "");
    if (name.starts_with("torch.")) name.erase(0, 6);
    if (const auto found = names.find(name); found != names.end()) return found->second;
  }
  return {};
}

// The floating dtype that most bytes have.
std::string dtype_of_weights(const Path& file) {
  std::map<std::string, size_t> bytes;
  const TensorFile weights(file);
  for (const auto& [name, entry] : weights.tensors()) {
    if (entry.dtype.find('F') != std::string::npos) bytes[entry.dtype] += entry.bytes;
  }
  const auto most =
      std::max_element(bytes.begin(), bytes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == bytes.end() ? "" : most->first;
}

int64_t bytes_of(const Path& file) {
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  return error ? 0 : static_cast<int64_t>(bytes);
}

bool is_licence(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
  return name.starts_with("LICENSE") || name.starts_with("LICENCE") || name.starts_with("COPYING");
}

}  // namespace

ModelFacts model_facts(const Path& folder) {
  ModelFacts facts;
  std::error_code error;
  std::vector<Path> entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  for (const Path& entry : entries) {
    const std::string name = entry.filename().string();
    if (facts.licence.empty() && is_licence(name) && fs::is_regular_file(entry, error)) facts.licence = entry;
    if (facts.problem.empty() && fs::is_symlink(entry, error) && !fs::exists(entry, error)) {
      facts.problem =
          "'" + folder.string() + "' was not downloaded whole: " + name + " points to a file that is not there";
      facts.hint = "Download the model again.";
    }
  }
  const auto note = [&](const Error& problem) {
    if (!facts.problem.empty()) return;
    facts.problem = problem.what();
    facts.hint = problem.hint();
  };
  try {
    const ModelConfig config(folder);
    facts.model_type = config.model_type();
    facts.dtype = dtype_of_config(config);
  } catch (const Error& problem) {
    note(problem);
  }
  try {
    const WeightFiles weights = find_weight_files(folder);
    for (const Path& file : weights.files) facts.weight_bytes += bytes_of(file);
    if (const std::string dtype = dtype_of_weights(weights.files.front()); !dtype.empty()) facts.dtype = dtype;
  } catch (const Error& problem) {
    note(problem);
    for (const Path& entry : entries) {
      for (const char* ending : {".safetensors", ".bin", ".gguf", ".h5", ".msgpack", ".ot", ".onnx"}) {
        if (entry.string().ends_with(ending)) facts.weight_bytes += bytes_of(entry);
      }
    }
  }
  return facts;
}

}  // namespace mtlora
