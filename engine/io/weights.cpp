#include "io/weights.h"

#include <ATen/ATen.h>

#include <cstring>

#include "base/error.h"
#include "base/json.h"

namespace mtlora {

namespace {

const std::map<std::string, at::ScalarType> floating_dtypes = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}};

std::string tensor_text(const MappedFile& file, const std::string& name) {
  return quoted(file.path()) + ", tensor " + shown(name);
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
  const auto options = at::dtype(dtype->second);
  const size_t element = size_of_dtype(entry.dtype);
  std::vector<int64_t> strides = entry.strides;
  int64_t used = 1;  // elements of the storage from the first to the last one that the tensor has
  if (strides.empty()) {
    used = static_cast<int64_t>(entry.bytes / element);
  } else {
    for (size_t i = 0; i < strides.size(); ++i) used += (entry.shape[i] - 1) * strides[i];
  }
  if (reinterpret_cast<uintptr_t>(entry.data) % element != 0) {
    at::Tensor copy = at::empty({used}, options);
    std::memcpy(copy.mutable_data_ptr(), entry.data, static_cast<size_t>(used) * element);
    return strides.empty() ? copy.view(entry.shape) : copy.as_strided(entry.shape, strides);
  }
  void* data = const_cast<void*>(entry.data);
  const auto keep = [owner = std::move(owner)](void*) {};
  return strides.empty() ? at::from_blob(data, entry.shape, keep, options)
                         : at::from_blob(data, entry.shape, strides, keep, options);
}

Weights::Weights(const Path& folder) {
  const WeightFiles found = find_weight_files(folder);
  path_ = found.path();
  std::vector<TensorFile> opened;
  for (const Path& path : found.files) {
    opened.emplace_back(path);
    files_.push_back(opened.back().file());
  }
  if (found.index.empty()) {
    for (const auto& [name, entry] : opened.front().tensors()) tensors_[name] = {entry, files_.front()};
    return;
  }
  for (const auto& [name, file] : found.file_of) {
    if (!opened[file].contains(name)) {
      throw bad_input(quoted(path_) + " says that tensor " + shown(name) + " is in '" +
                          opened[file].path().filename().string() + "', but it is not",
                      "The files do not belong together; download the model again.");
    }
    tensors_[name] = {opened[file].at(name), files_[file]};
  }
}

std::string Weights::find(const std::string& name) const {
  std::vector<std::string> candidates = {name};
  const size_t dot = name.find('.');
  if (dot != std::string::npos) candidates.push_back(name.substr(dot + 1));
  for (const std::string& candidate : candidates) {
    if (tensors_.count(candidate)) return candidate;
    const size_t norm = candidate.rfind("LayerNorm.");
    if (norm == std::string::npos) continue;
    const std::string older = candidate.substr(0, norm + 10) + (candidate.ends_with(".weight") ? "gamma" : "beta");
    if (tensors_.count(older)) return older;
  }
  return {};
}

std::vector<std::string> Weights::names() const {
  std::vector<std::string> names;
  for (const auto& [name, stored] : tensors_) names.push_back(name);
  return names;
}

const Weights::Stored& Weights::stored(const std::string& name) const {
  const auto found = tensors_.find(find(name));
  if (found == tensors_.end()) {
    throw bad_input(quoted(path_) + " has no tensor " + shown(name),
                    "The weights do not belong to the architecture that config.json names.");
  }
  return found->second;
}

at::Tensor Weights::raw(const std::string& name, at::IntArrayRef shape) const {
  const Stored& found = stored(name);
  const std::string what = tensor_text(*found.file, find(name));
  if (at::IntArrayRef(found.entry.shape) != shape) {
    throw bad_input(what + ": config.json makes it " + shape_text(shape) + ", found " + shape_text(found.entry.shape),
                    "The weights and config.json do not belong together.");
  }
  return tensor_of(found.entry, found.file, what);
}

at::Tensor Weights::get(const std::string& name, at::IntArrayRef shape) const {
  const at::Tensor tensor = raw(name, shape).to(at::kFloat).contiguous();
  stored(name).file->check();
  return tensor;
}

void Weights::write_bytes(const std::string& name,
                          const std::function<void(const void* data, size_t bytes)>& write) const {
  const Stored& found = stored(name);
  const TensorEntry& entry = found.entry;
  try {
    if (entry.strides.empty()) {
      write(entry.data, entry.bytes);
    } else {
      // Element by element, whatever they are: such tensors are rare and small.
      const size_t element = size_of_dtype(entry.dtype);
      std::vector<std::byte> row_major(entry.bytes);
      std::vector<int64_t> index(entry.shape.size());
      for (size_t done = 0; done < entry.bytes; done += element) {
        int64_t at = 0;
        for (size_t i = 0; i < index.size(); ++i) at += index[i] * entry.strides[i];
        std::memcpy(&row_major[done], static_cast<const std::byte*>(entry.data) + static_cast<size_t>(at) * element,
                    element);
        for (size_t i = index.size(); i-- > 0 && ++index[i] == entry.shape[i];) index[i] = 0;
      }
      write(row_major.data(), row_major.size());
    }
  } catch (const Error&) {
    found.file->check();  // the system refuses to write bytes that are gone: say why
    throw;
  }
  found.file->check();
  found.file->release(entry.data, entry.bytes);
}

void Weights::release(const at::Tensor& tensor) const {
  const auto* data = static_cast<const std::byte*>(tensor.const_data_ptr());
  for (const auto& file : files_) {
    const auto bytes = file->bytes();
    if (data < bytes.data() || data >= bytes.data() + bytes.size()) continue;
    file->check();
    file->release(data, tensor.nbytes());
  }
}

std::string Weights::first_not_finite() const {
  for (const auto& [name, stored] : tensors_) {
    if (!floating_dtypes.count(stored.entry.dtype)) continue;
    const std::string what = tensor_text(*stored.file, name);
    const at::Tensor tensor = tensor_of(stored.entry, stored.file, what);
    const bool finite = at::isfinite(tensor).all().item<bool>();
    release(tensor);
    if (!finite) return what;
  }
  return {};
}

void Weights::check() const {
  for (const auto& file : files_) file->check();
}

uint64_t Weights::bytes_on_disk() const {
  uint64_t bytes = 0;
  for (const auto& file : files_) bytes += file->bytes().size();
  return bytes;
}

}  // namespace mtlora
