#include "io/tensor_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "io/safetensors.h"
#include "io/torch_file.h"

namespace mtlora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct OtherKind {
  const char *ending, *what;
};
constexpr std::array<OtherKind, 8> other_kinds{{{".gguf", "GGUF weights, which are made for running a model"},
                                                {".h5", "TensorFlow weights"},
                                                {".msgpack", "Flax weights"},
                                                {".ot", "weights for Rust"},
                                                {".onnx", "an ONNX model"},
                                                {".ckpt", "a checkpoint of another program"},
                                                {".npz", "NumPy arrays"},
                                                {".tflite", "a TensorFlow Lite model"}}};
constexpr const char* get_the_weights =
    "Get the model's model.safetensors (or its shards with model.safetensors.index.json), or pytorch_model.bin.";

const OtherKind* other_kind(const Path& path) {
  const std::string name = path.filename().string();
  for (const OtherKind& kind : other_kinds) {
    if (name.ends_with(kind.ending)) return &kind;
  }
  return nullptr;
}

bool is_torch_name(const Path& path) {
  const std::string ending = path.extension().string();
  return ending == ".bin" || ending == ".pt" || ending == ".pth";
}

bool is_there(const Path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

[[noreturn]] void nothing_found(const Path& folder) {
  std::error_code error;
  std::vector<Path> entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end());
  for (const Path& entry : entries) {
    if (const OtherKind* kind = other_kind(entry)) {
      throw file_error("model folder " + quoted(folder) + " holds only " + kind->what + " (" +
                           entry.filename().string() + "), which can't be trained",
                       get_the_weights);
    }
  }
  for (const Path& entry : entries) {
    if (!fs::is_symlink(entry, error) || is_there(entry)) continue;
    throw file_error("model folder " + quoted(folder) + " was not downloaded whole: " + entry.filename().string() +
                         " points to a file that is not there",
                     "Download the model again.");
  }
  throw file_error("model folder " + quoted(folder) + " holds no model.safetensors and no pytorch_model.bin",
                   get_the_weights);
}

WeightFiles read_index(const Path& path) {
  const json index = read_json(path);
  const auto map = index.find("weight_map");
  if (!index.is_object() || map == index.end() || !map->is_object() || map->empty()) {
    throw bad_input(quoted(path) + " has no weight_map (an object of tensor names and files)");
  }
  WeightFiles found;
  found.index = path;
  std::map<std::string, size_t> index_of;
  for (const auto& [tensor, value] : map->items()) {
    const std::string name = value.is_string() ? value.get<std::string>() : "";
    if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\\\0", 3)) != name.npos) {
      throw bad_input(quoted(path) + ": the weight_map gives tensor " + shown(tensor) + " the file " +
                      shown(json_text(value)) + ", which is no file of this folder");
    }
    const auto [it, is_new] = index_of.emplace(name, found.files.size());
    if (is_new) {
      found.files.push_back(path.parent_path() / name);
      if (!is_there(found.files.back())) {
        throw file_error("model folder " + quoted(path.parent_path()) + " lacks the file '" + name + "' that " +
                             path.filename().string() + " names",
                         "The download is not complete; get that file too.");
      }
    }
    found.file_of[tensor] = it->second;
  }
  return found;
}

}  // namespace

TensorFile::TensorFile(const Path& path) {
  if (const OtherKind* kind = other_kind(path)) {
    throw bad_input(quoted(path) + " holds " + kind->what + "; it can't be trained", get_the_weights);
  }
  if (is_torch_name(path)) {
    TorchFile torch(path);
    file_ = torch.file();
    tensors_ = torch.tensors();
  } else {
    SafetensorsFile safetensors(path);
    file_ = safetensors.file();
    tensors_ = safetensors.tensors();
  }
}

const TensorEntry& TensorFile::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw bad_input(quoted(path()) + " has no tensor " + shown(name));
  return found->second;
}

WeightFiles find_weight_files(const Path& folder) {
  std::error_code error;
  if (fs::is_regular_file(folder, error)) {
    if (folder.string().ends_with(".index.json")) return read_index(folder);
    return {{}, {folder}, {}};
  }
  for (const char* name : {"model.safetensors", "pytorch_model.bin"}) {
    if (is_there(folder / name)) return {{}, {folder / name}, {}};
    const Path index = folder / (std::string(name) + ".index.json");
    if (is_there(index)) return read_index(index);
  }
  nothing_found(folder);
}

void refuse_lfs_pointer(const MappedFile& file) {
  const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  if (text.starts_with("version https://git-lfs")) {
    throw bad_input(quoted(file.path()) + " is a Git LFS pointer, not the weights themselves",
                    "Fetch the file with 'git lfs pull' or download it.");
  }
}

}  // namespace mtlora
