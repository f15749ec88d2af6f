#include "io/torch_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "io/pickle.h"
#include "io/tensor_file.h"
#include "io/zip.h"

namespace mtlora {

namespace {

using Kind = PickleValue::Kind;
using Bytes = std::span<const std::byte>;

constexpr size_t most_pickle_bytes = 64 << 20;  // a checkpoint of a thousand tensors takes about 100 KB
constexpr int64_t largest_expanded = 1 << 24;   // elements of a tensor that repeats its storage's

constexpr std::array<std::pair<std::string_view, const char*>, 12> storage_dtypes{
    {{"torch.FloatStorage", "F32"},
     {"torch.HalfStorage", "F16"},
     {"torch.BFloat16Storage", "BF16"},
     {"torch.DoubleStorage", "F64"},
     {"torch.LongStorage", "I64"},
     {"torch.IntStorage", "I32"},
     {"torch.ShortStorage", "I16"},
     {"torch.CharStorage", "I8"},
     {"torch.ByteStorage", "U8"},
     {"torch.BoolStorage", "BOOL"},
     {"torch.UntypedStorage", "U8"},
     {"torch.storage.UntypedStorage", "U8"}}};

const char* dtype_of_storage(std::string_view global) {
  for (const auto& [name, dtype] : storage_dtypes) {
    if (global == name) return dtype;
  }
  return nullptr;
}

constexpr std::string_view rebuild_tensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view rebuild_parameter = "torch._utils._rebuild_parameter";

bool allowed_global(std::string_view global) {
  return global == rebuild_tensor || global == rebuild_parameter || dtype_of_storage(global) != nullptr;
}

Error bad_file(const Path& path, const std::string& what, const char* hint = "") {
  return bad_input(quoted(path) + " " + what, hint);
}
Error bad_tensor(const Path& path, const std::string& name, const std::string& what) {
  return bad_input(quoted(path) + ": tensor " + shown(name) + " " + what);
}

// What a persistent id says: ("storage", type, key, location, number of elements), and in the older form a sixth item,
// None or (key of the view, first element, elements) where the storage is a part of another.
struct StorageId {
  std::string key, dtype;
  uint64_t elements = 0, first = 0;
};

StorageId storage_id(const PickleValue& persistent, const Path& path) {
  const PickleValue& id = *persistent.items.at(0);
  const auto& items = id.items;
  const bool whole = id.is(Kind::Tuple) && (items.size() == 5 || items.size() == 6) && items[0]->is(Kind::Text) &&
                     items[0]->text == "storage" && items[1]->is(Kind::Global) && items[2]->is(Kind::Text) &&
                     items[4]->is(Kind::Int) && items[4]->integer >= 0;
  const char* dtype = whole ? dtype_of_storage(items[1]->text) : nullptr;
  if (!dtype) throw bad_file(path, "refers to something that is no storage of a tensor");
  StorageId storage{items[2]->text, dtype, static_cast<uint64_t>(items[4]->integer)};
  if (items.size() == 6 && !items[5]->is(Kind::None)) {
    const auto& view = items[5]->items;
    if (!items[5]->is(Kind::Tuple) || view.size() != 3 || !view[1]->is(Kind::Int) || !view[2]->is(Kind::Int) ||
        view[1]->integer < 0 || view[2]->integer < 0) {
      throw bad_file(path, "describes a part of a storage wrongly");
    }
    storage.first = static_cast<uint64_t>(view[1]->integer);
    uint64_t end = 0;
    if (__builtin_add_overflow(storage.first, static_cast<uint64_t>(view[2]->integer), &end) ||
        end > storage.elements) {
      throw bad_file(path, "describes a part of a storage that lies outside it");
    }
    storage.elements = end;
  }
  return storage;
}

using Storages = std::map<std::string, Bytes>;

std::vector<int64_t> whole_numbers(const PickleValue& tuple, const Path& path, const std::string& name) {
  if (!tuple.is(Kind::Tuple) || tuple.items.size() > 64) throw bad_tensor(path, name, "has no shape");
  std::vector<int64_t> numbers;
  for (const PickleValue* item : tuple.items) {
    if (!item->is(Kind::Int) || item->integer < 0) {
      throw bad_tensor(path, name, "has a size or stride that is no whole number from 0");
    }
    numbers.push_back(item->integer);
  }
  return numbers;
}

// `call` is _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks[, metadata]).
TensorEntry tensor_entry(const PickleValue& call, const Storages& storages, const Path& path, const std::string& name) {
  const auto& arguments = call.items.at(0)->items;
  if (arguments.size() < 4 || !arguments[0]->is(Kind::Persistent) || !arguments[1]->is(Kind::Int) ||
      arguments[1]->integer < 0) {
    throw bad_tensor(path, name, "is described wrongly");
  }
  const StorageId storage = storage_id(*arguments[0], path);
  const auto found = storages.find(storage.key);
  if (found == storages.end()) throw bad_tensor(path, name, "has no data (storage " + shown(storage.key) + ")");
  TensorEntry entry;
  entry.dtype = storage.dtype;
  entry.shape = whole_numbers(*arguments[2], path, name);
  std::vector<int64_t> strides = whole_numbers(*arguments[3], path, name);
  if (strides.size() != entry.shape.size())
    throw bad_tensor(path, name, "has another number of strides than of dimensions");

  const uint64_t element = size_of_dtype(entry.dtype);
  bool overflow = false;
  uint64_t elements = 1, last = storage.first;  // last: the highest element of the storage that it uses
  overflow |= __builtin_add_overflow(last, static_cast<uint64_t>(arguments[1]->integer), &last);
  uint64_t begin = last;
  bool row_major = true;
  for (size_t i = entry.shape.size(); i-- > 0;) {
    const uint64_t n = static_cast<uint64_t>(entry.shape[i]), stride = static_cast<uint64_t>(strides[i]);
    if (n > 1 && stride != elements) row_major = false;
    uint64_t span = 0;
    if (n > 0) {
      overflow |= __builtin_mul_overflow(n - 1, stride, &span) || __builtin_add_overflow(last, span, &last);
    }
    overflow |= __builtin_mul_overflow(elements, n, &elements);
  }
  // Zeros make the product small whatever stands beside them: the other sizes must be addressable too.
  uint64_t bytes = 0;
  overflow |= __builtin_mul_overflow(elements, element, &bytes) || bytes > INT64_MAX;
  uint64_t storage_bytes = 0, begin_byte = 0;
  overflow |= __builtin_mul_overflow(storage.elements, element, &storage_bytes);
  overflow |= __builtin_mul_overflow(begin, element, &begin_byte);
  if (overflow) throw bad_tensor(path, name, "is too large to address");
  if (storage_bytes > found->second.size()) {
    throw bad_tensor(path, name,
                     "has a storage of " + std::to_string(storage_bytes) + " bytes, but the file holds " +
                         std::to_string(found->second.size()) + " of it (truncated)");
  }
  if (elements > 0 && last >= storage.elements) throw bad_tensor(path, name, "lies outside its storage");
  if (elements > storage.elements && elements > largest_expanded) {
    throw bad_tensor(path, name, "repeats its values more often than can be read");
  }
  entry.bytes = static_cast<size_t>(bytes);
  entry.data = elements > 0 ? found->second.data() + begin_byte : found->second.data();
  if (elements > 0 && !row_major) entry.strides = std::move(strides);
  return entry;
}

std::map<std::string, TensorEntry> tensors_of(const Pickle& pickle, const Storages& storages, const Path& path) {
  const PickleValue& dict = pickle.root();
  if (!dict.is(Kind::Dict)) {
    throw bad_file(path, "holds no dict of tensors", "Save the model's state_dict(), or better a safetensors file.");
  }
  std::map<std::string, TensorEntry> tensors;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue* value = dict.items[i + 1];
    if (!value->is(Kind::Call)) continue;
    if (!dict.items[i]->is(Kind::Text)) throw bad_file(path, "has a tensor whose name is no text");
    const std::string& name = dict.items[i]->text;
    if (value->is_call(rebuild_parameter)) {
      const auto& arguments = value->items.at(0)->items;
      if (arguments.empty()) throw bad_tensor(path, name, "is described wrongly");
      value = arguments[0];
    }
    if (!value->is_call(rebuild_tensor)) throw bad_tensor(path, name, "is described wrongly");
    tensors[name] = tensor_entry(*value, storages, path, name);  // of two equal keys Python keeps the last
  }
  return tensors;
}

std::map<std::string, TensorEntry> read_zip_form(const MappedFile& file) {
  const std::map<std::string, Bytes> records = zip_records(file);
  const std::string data_name = "/data.pkl";
  std::optional<std::string> archive;
  for (const auto& [name, bytes] : records) {
    if (name.ends_with(data_name) && name.find('/') == name.size() - data_name.size()) {
      archive = name.substr(0, name.size() - data_name.size());
    }
  }
  if (!archive) {
    throw bad_file(file.path(), "is a zip archive, but none of torch.save (it has no data.pkl)",
                   "Choose the folder that holds the unpacked model.");
  }
  if (const auto order = records.find(*archive + "/byteorder"); order != records.end()) {
    const std::string text(reinterpret_cast<const char*>(order->second.data()),
                           std::min<size_t>(16, order->second.size()));
    if (text != "little") {
      throw bad_file(file.path(), "was written on a machine of another byte order (" + text + ")",
                     "Save it again on a little-endian machine, or as safetensors.");
    }
  }
  const Bytes data = records.at(*archive + data_name);
  if (data.size() > most_pickle_bytes) throw bad_file(file.path(), "has a pickle of more than 64 MiB");
  Storages storages;
  const std::string prefix = *archive + "/data/";
  for (const auto& [name, bytes] : records) {
    if (name.starts_with(prefix)) storages[name.substr(prefix.size())] = bytes;
  }
  ByteReader in(data, file.path());
  const Pickle pickle(in, allowed_global);
  return tensors_of(pickle, storages, file.path());
}

// The older form: pickles of a magic number, a protocol number, facts about the machine, the object and the keys of its
// storages; then for each key a number of elements (8 bytes) and the elements.
constexpr std::string_view legacy_magic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr int64_t legacy_protocol = 1001;

void check_machine(const Pickle& facts, const Path& path) {
  const auto& items = facts.root().items;
  if (!facts.root().is(Kind::Dict)) throw bad_file(path, "does not say on what machine it was written");
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i]->is(Kind::Text) && items[i]->text == "little_endian" &&
        !(items[i + 1]->is(Kind::Bool) && items[i + 1]->integer == 1)) {
      throw bad_file(path, "was written on a big-endian machine",
                     "Save it again on a little-endian machine, or as safetensors.");
    }
  }
}

std::map<std::string, TensorEntry> read_legacy_form(const MappedFile& file) {
  const Path& path = file.path();
  const Bytes bytes = file.bytes();
  ByteReader in(bytes.first(std::min(bytes.size(), most_pickle_bytes)), path);
  const Pickle magic(in, allowed_global);
  if (magic.root().text != legacy_magic) throw bad_file(path, "is a pickle, but no checkpoint of torch.save");
  const Pickle protocol(in, allowed_global);
  if (!protocol.root().is(Kind::Int) || protocol.root().integer != legacy_protocol) {
    throw bad_file(path, "is a checkpoint of an unknown version of torch.save");
  }
  check_machine(Pickle(in, allowed_global), path);
  const Pickle object(in, allowed_global);
  const Pickle keys(in, allowed_global);
  if (!keys.root().is(Kind::List)) throw bad_file(path, "has no list of storages");

  std::map<std::string, size_t> element_bytes;
  for (const PickleValue& value : object.values()) {
    if (!value.is(Kind::Persistent)) continue;
    const StorageId storage = storage_id(value, path);
    element_bytes[storage.key] = size_of_dtype(storage.dtype);
  }
  Storages storages;
  ByteReader raw(bytes, path, in.position());
  for (const PickleValue* key : keys.root().items) {
    const auto found = key->is(Kind::Text) ? element_bytes.find(key->text) : element_bytes.end();
    if (found == element_bytes.end()) throw bad_file(path, "lists a storage that no tensor uses");
    uint64_t count = 0;
    if (__builtin_mul_overflow(raw.number<uint64_t>(), static_cast<uint64_t>(found->second), &count)) {
      throw bad_file(path, "names a storage that is too large to address");
    }
    storages[key->text] = raw.take(count);
  }
  return tensors_of(object, storages, path);
}

}  // namespace

TorchFile::TorchFile(const Path& path) : file_(std::make_shared<MappedFile>(path)) {
  refuse_lfs_pointer(*file_);
  tensors_ = looks_like_zip(file_->bytes()) ? read_zip_form(*file_) : read_legacy_form(*file_);
}

}  // namespace mtlora
