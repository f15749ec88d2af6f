#include "io/weights.h"

#include <ATen/ATen.h>

#include <map>

#include "base/error.h"

namespace mtlora {

namespace {

const std::map<std::string, at::ScalarType> floating_dtypes = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}};

SafetensorsFile open_weights(const Path& folder) {
  const Path path = folder / "model.safetensors";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    throw file_error("model folder '" + folder.string() + "' holds no model.safetensors",
                     "Weights are read from safetensors files.");
  }
  return SafetensorsFile(path);
}

}  // namespace

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

at::Tensor tensor_of(const TensorEntry& entry, std::shared_ptr<const void> owner, const std::string& what) {
  const auto dtype = floating_dtypes.find(entry.dtype);
  if (dtype == floating_dtypes.end()) {
    throw bad_input(what + ": expected a floating dtype (F64, F32, F16, BF16), found " + entry.dtype);
  }
  return at::from_blob(
      const_cast<void*>(entry.data), entry.shape, [owner = std::move(owner)](void*) {}, at::dtype(dtype->second));
}

Weights::Weights(const Path& folder) : file_(open_weights(folder)) {}

std::string Weights::find(const std::string& name) const {
  std::vector<std::string> candidates = {name};
  const size_t dot = name.find('.');
  if (dot != std::string::npos) candidates.push_back(name.substr(dot + 1));
  for (const std::string& candidate : candidates) {
    if (file_.contains(candidate)) return candidate;
    const size_t norm = candidate.rfind("LayerNorm.");
    if (norm == std::string::npos) continue;
    const std::string older = candidate.substr(0, norm + 10) + (candidate.ends_with(".weight") ? "gamma" : "beta");
    if (file_.contains(older)) return older;
  }
  return {};
}

std::vector<int64_t> Weights::shape(const std::string& name) const { return file_.at(find(name)).shape; }

at::Tensor Weights::get(const std::string& name, at::IntArrayRef shape) const {
  return raw(name, shape).to(at::kFloat);
}

at::Tensor Weights::raw(const std::string& name, at::IntArrayRef shape) const {
  const std::string found = find(name);
  if (found.empty()) {
    throw bad_input("'" + path().string() + "' has no tensor '" + name + "'",
                    "The weights do not belong to the architecture that config.json names.");
  }
  const TensorEntry& entry = file_.at(found);
  const std::string what = "'" + path().string() + "', tensor '" + found + "'";
  if (at::IntArrayRef(entry.shape) != shape) {
    throw bad_input(what + ": config.json makes it " + shape_text(shape) + ", found " + shape_text(entry.shape),
                    "The weights and config.json do not belong together.");
  }
  return tensor_of(entry, file_.file(), what);
}

void Weights::release(const at::Tensor& tensor) const {
  const auto bytes = file_.file()->bytes();
  const auto* data = static_cast<const std::byte*>(tensor.const_data_ptr());
  if (data >= bytes.data() && data < bytes.data() + bytes.size()) file_.file()->release(data, tensor.nbytes());
}

std::string Weights::first_not_finite() const {
  for (const auto& [name, entry] : file_.tensors()) {
    if (!floating_dtypes.count(entry.dtype)) continue;
    const std::string what = "'" + path().string() + "', tensor '" + name + "'";
    const at::Tensor tensor = tensor_of(entry, file_.file(), what);
    const bool finite = at::isfinite(tensor).all().item<bool>();
    release(tensor);
    if (!finite) return what;
  }
  return {};
}

}  // namespace mtlora
