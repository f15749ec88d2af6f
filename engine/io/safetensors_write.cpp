#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "base/json.h"
#include "io/safetensors.h"
#include "io/safetensors_format.h"

namespace mtlora {

using namespace safetensors_format;

namespace {

struct Item {
  const std::string* name;
  const std::string* dtype;
  const std::vector<int64_t>* shape;
  uint64_t bytes;
  size_t index;  // of the caller's
};

// Writes one file; `give` gives the bytes of an item.
void write_file_of(const Path& path, std::vector<Item> items, const std::map<std::string, std::string>& metadata,
                   bool sync, const std::function<void(const Item&, FileWriter&)>& give) {
  std::stable_sort(items.begin(), items.end(),
                   [](const Item& a, const Item& b) { return size_of_dtype(*a.dtype) > size_of_dtype(*b.dtype); });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[metadata_key] = metadata;
  uint64_t offset = 0;
  for (const Item& item : items) {
    const uint64_t begin = offset;
    if (__builtin_add_overflow(offset, item.bytes, &offset)) {
      throw tensor_error(path, *item.name, "makes the file too large to address");
    }
    header[*item.name] = {{"dtype", *item.dtype}, {"shape", *item.shape}, {"data_offsets", {begin, offset}}};
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::type_error&) {
    throw bad_input(shown(path) + ": a tensor's name or the metadata is not UTF-8");
  }
  text.append((8 - text.size() % 8) % 8, ' ');  // the format allows trailing spaces
  if (text.size() > max_header_bytes) throw bad_input(shown(path) + ": a header of more than 100 MB would be needed");
  std::array<unsigned char, 8> size{};
  for (size_t i = 0; i < 8; ++i) size[i] = static_cast<unsigned char>(text.size() >> (8 * i));

  FileWriter writer(path);
  writer.write(size.data(), size.size());
  writer.write(text.data(), text.size());
  for (const Item& item : items) give(item, writer);
  writer.commit(sync);
}

Item item_of(const Path& path, const std::string& name, const std::string& dtype, const std::vector<int64_t>& shape,
             size_t index) {
  if (name == metadata_key) throw tensor_error(path, name, "has a name that the format keeps for itself");
  return {&name, &dtype, &shape, checked_bytes(path, name, dtype, shape), index};
}

std::string shard_name(size_t number, size_t count) {
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "model-%05zu-of-%05zu.safetensors", number, count);
  return name.data();
}

}  // namespace

void write_safetensors(const Path& path, const std::map<std::string, TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata, bool sync) {
  std::vector<Item> items;
  std::vector<const void*> data;
  for (const auto& [name, tensor] : tensors) {
    items.push_back(item_of(path, name, tensor.dtype, tensor.shape, data.size()));
    data.push_back(tensor.data);
  }
  write_file_of(path, std::move(items), metadata, sync,
                [&](const Item& item, FileWriter& writer) { writer.write(data[item.index], item.bytes); });
}

std::vector<std::string> write_model_safetensors(const Path& folder, const std::vector<TensorPlan>& tensors,
                                                 const ProduceTensor& produce,
                                                 const std::map<std::string, std::string>& metadata,
                                                 uint64_t max_shard_bytes) {
  const Path whole = folder / "model.safetensors";
  std::vector<std::vector<Item>> shards(1);
  std::set<std::string> names;
  uint64_t total = 0, shard_bytes = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorPlan& plan = tensors[i];
    const Item item = item_of(whole, plan.name, plan.dtype, plan.shape, i);
    if (!names.insert(plan.name).second) throw tensor_error(whole, plan.name, "is to be written twice");
    if (__builtin_add_overflow(total, item.bytes, &total)) {
      throw tensor_error(whole, plan.name, "makes the model too large to address");
    }
    if (!shards.back().empty() && (shard_bytes > max_shard_bytes || item.bytes > max_shard_bytes - shard_bytes)) {
      shards.emplace_back();
      shard_bytes = 0;
    }
    shards.back().push_back(item);
    shard_bytes += item.bytes;
  }

  std::vector<std::string> files;
  nlohmann::ordered_json weight_map = nlohmann::ordered_json::object();
  for (size_t s = 0; s < shards.size(); ++s) {
    const std::string file = shards.size() == 1 ? "model.safetensors" : shard_name(s + 1, shards.size());
    const Path path = folder / file;
    for (const Item& item : shards[s]) weight_map[*item.name] = file;
    write_file_of(path, shards[s], metadata, true, [&](const Item& item, FileWriter& writer) {
      uint64_t written = 0;
      produce(item.index, [&](const void* data, size_t bytes) {
        written += bytes;
        if (written <= item.bytes) writer.write(data, bytes);
      });
      if (written != item.bytes) {
        throw Error(ErrorCode::Internal, shown(path) + ": tensor " + mtlora::shown(*item.name) + " was planned with " +
                                             std::to_string(item.bytes) + " bytes and given with " +
                                             std::to_string(written));
      }
    });
    files.push_back(file);
  }
  if (shards.size() > 1) {
    const nlohmann::ordered_json index = {{"metadata", {{"total_size", total}}}, {"weight_map", weight_map}};
    files.push_back("model.safetensors.index.json");
    write_file(folder / files.back(), index.dump(2) + "\n");
  }
  return files;
}

}  // namespace mtlora
