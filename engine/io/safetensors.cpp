#include "io/safetensors.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/error.h"

namespace mtlora {

namespace {

using nlohmann::json;

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kCopyAgain = "Download or copy the file again.";

constexpr std::array<std::pair<const char*, size_t>, 18> kDtypes{{{"BOOL", 1},
                                                                  {"U8", 1},
                                                                  {"I8", 1},
                                                                  {"F8_E4M3", 1},
                                                                  {"F8_E5M2", 1},
                                                                  {"F8_E8M0", 1},
                                                                  {"F8_E4M3FNUZ", 1},
                                                                  {"F8_E5M2FNUZ", 1},
                                                                  {"U16", 2},
                                                                  {"I16", 2},
                                                                  {"F16", 2},
                                                                  {"BF16", 2},
                                                                  {"U32", 4},
                                                                  {"I32", 4},
                                                                  {"F32", 4},
                                                                  {"U64", 8},
                                                                  {"I64", 8},
                                                                  {"F64", 8}}};

// A name out of a file, fit for a message of one line.
std::string shown(const std::string& name) {
  size_t length = std::min<size_t>(name.size(), 200);
  while (length < name.size() && length > 0 && (name[length] & 0xC0) == 0x80) --length;  // whole characters of UTF-8
  std::string text = name.substr(0, length);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return "'" + text + (length < name.size() ? "…'" : "'");
}

std::string shown(const Path& path) { return "'" + path.string() + "'"; }

std::string shown(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

Error tensor_error(const Path& path, const std::string& name, const std::string& what, const char* hint = "") {
  return bad_input(shown(path) + ": tensor " + shown(name) + " " + what, hint);
}

// Bytes of a tensor. Throws where the dtype is unknown, a dimension is negative or the product does not fit 64 bits.
uint64_t checked_bytes(const Path& path, const std::string& name, const std::string& dtype,
                       const std::vector<int64_t>& shape) {
  uint64_t bytes = size_of_dtype(dtype);
  if (bytes == 0) throw tensor_error(path, name, "has the unknown dtype " + shown(dtype));
  for (const int64_t n : shape) {
    if (n < 0) throw tensor_error(path, name, "has a negative dimension in its shape " + shown(shape));
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(n), &bytes)) {
      throw tensor_error(path, name, "has the shape " + shown(shape) + ", which is too large to address");
    }
  }
  return bytes;
}

// The header's JSON. Two equal keys of one object are refused (a plain parser would keep the last), and so is anything
// nested deeper than the format goes.
json parse_header(const Path& path, const char* begin, const char* end) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto check = [&](int depth, json::parse_event_t event, json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
        if (depth > 1) throw bad_input(shown(path) + ": the header is nested too deep");
        keys.emplace_back();
        break;
      case json::parse_event_t::array_start:
        if (depth > 2) throw bad_input(shown(path) + ": the header is nested too deep");
        break;
      case json::parse_event_t::key:
        if (const auto& key = parsed.get_ref<const std::string&>(); !keys.back().insert(key).second) {
          throw bad_input(shown(path) + ": the header has the key " + shown(key) + " twice");
        }
        break;
      case json::parse_event_t::object_end: keys.pop_back(); break;
      default: break;
    }
    return true;
  };
  try {
    return json::parse(begin, end, check);
  } catch (const json::parse_error& error) {
    throw bad_input(shown(path) + ": the header is not valid JSON (byte " + std::to_string(error.byte) + " of it)",
                    kCopyAgain);
  } catch (const json::exception&) {  // a number beyond every range
    throw bad_input(shown(path) + ": the header holds a number that can't be read", kCopyAgain);
  }
}

struct Range {
  uint64_t begin, end;
  std::string name;
};

const json& field(const Path& path, const std::string& name, const json& info, const char* key) {
  const auto found = info.find(key);
  if (found == info.end()) throw tensor_error(path, name, std::string("has no '") + key + "' in the header");
  return *found;
}

Range parse_entry(const Path& path, const std::string& name, const json& info, TensorEntry& entry) {
  if (!info.is_object()) throw tensor_error(path, name, "is not described by an object in the header");
  const json& dtype = field(path, name, info, "dtype");
  if (!dtype.is_string()) throw tensor_error(path, name, "has a dtype that is not a string");
  entry.dtype = dtype.get<std::string>();
  const json& shape = field(path, name, info, "shape");
  if (!shape.is_array()) throw tensor_error(path, name, "has a shape that is not a list");
  for (const json& n : shape) {
    if (n.is_number_integer() && !n.is_number_unsigned()) {
      throw tensor_error(path, name, "has a negative dimension in its shape");
    }
    if (!n.is_number_unsigned() || n.get<uint64_t>() > INT64_MAX) {
      throw tensor_error(path, name, "has a dimension that is not a whole number below 2^63");
    }
    entry.shape.push_back(n.get<int64_t>());
  }
  const json& offsets = field(path, name, info, "data_offsets");
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    throw tensor_error(path, name, "has data_offsets that are not two whole numbers");
  }
  Range range{offsets[0].get<uint64_t>(), offsets[1].get<uint64_t>(), name};
  if (range.begin > range.end) throw tensor_error(path, name, "has data_offsets that end before they begin");
  const uint64_t expected = checked_bytes(path, name, entry.dtype, entry.shape);
  if (range.end - range.begin != expected) {
    throw tensor_error(path, name,
                       "has " + std::to_string(range.end - range.begin) + " bytes, but shape " + shown(entry.shape) +
                           " of " + entry.dtype + " takes " + std::to_string(expected));
  }
  return range;
}

// Every byte of the data belongs to exactly one tensor.
void check_cover(const Path& path, std::vector<Range>& ranges, uint64_t data_bytes) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  uint64_t covered = 0;
  const Range* previous = nullptr;
  for (const Range& range : ranges) {
    if (range.begin < covered) {
      throw tensor_error(path, range.name, "overlaps tensor " + shown(previous->name) + " in the file");
    }
    if (range.begin > covered) {
      throw tensor_error(
          path, range.name,
          "begins after a hole of " + std::to_string(range.begin - covered) + " bytes that belong to no tensor");
    }
    if (range.end > data_bytes) {
      throw tensor_error(path, range.name,
                         "ends at byte " + std::to_string(range.end) + " of the data, but the file holds " +
                             std::to_string(data_bytes) + " (truncated)",
                         kCopyAgain);
    }
    covered = range.end;
    previous = &range;
  }
  if (covered != data_bytes) {
    throw bad_input(shown(path) + ": " + std::to_string(data_bytes - covered) +
                    " bytes after the last tensor belong to no tensor");
  }
}

}  // namespace

size_t size_of_dtype(const std::string& dtype) {
  for (const auto& [name, bytes] : kDtypes) {
    if (dtype == name) return bytes;
  }
  return 0;
}

SafetensorsFile::SafetensorsFile(const Path& path) : file_(std::make_shared<MappedFile>(path)) {
  const std::span<const std::byte> bytes = file_->bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("version https://git-lfs")) {
    throw bad_input(shown(path) + " is a Git LFS pointer, not the weights themselves",
                    "Fetch the file with 'git lfs pull' or download it.");
  }
  if (bytes.size() < 8) {
    throw bad_input(
        shown(path) + " has " + std::to_string(bytes.size()) + " bytes, too few for a safetensors file (truncated)",
        kCopyAgain);
  }
  uint64_t header_bytes = 0;  // little-endian, in the first 8 bytes
  for (size_t i = 0; i < 8; ++i) header_bytes |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  if (header_bytes > kMaxHeaderBytes) {
    throw bad_input(shown(path) + " names a header of " + std::to_string(header_bytes) +
                        " bytes; a safetensors header has at most 100 MB",
                    "This is probably not a safetensors file.");
  }
  if (header_bytes > bytes.size() - 8) {
    throw bad_input(shown(path) + " names a header of " + std::to_string(header_bytes) + " bytes, but only " +
                        std::to_string(bytes.size() - 8) + " follow (truncated)",
                    kCopyAgain);
  }
  const char* header_begin = text.data() + 8;
  if (header_bytes == 0 || *header_begin != '{') {
    throw bad_input(shown(path) + ": the header does not begin with '{'", "This is probably not a safetensors file.");
  }
  const json header = parse_header(path, header_begin, header_begin + header_bytes);
  const std::byte* data = bytes.data() + 8 + header_bytes;
  std::vector<Range> ranges;
  for (const auto& [name, info] : header.items()) {
    if (name == kMetadata) {
      if (!info.is_object()) throw bad_input(shown(path) + ": __metadata__ is not an object");
      for (const auto& [key, value] : info.items()) {
        if (!value.is_string()) {
          throw bad_input(shown(path) + ": __metadata__ has a value that is not a string at " + shown(key));
        }
        metadata_[key] = value.get<std::string>();
      }
      continue;
    }
    ranges.push_back(parse_entry(path, name, info, tensors_[name]));
  }
  check_cover(path, ranges, bytes.size() - 8 - header_bytes);
  for (const Range& range : ranges) {
    TensorEntry& entry = tensors_[range.name];
    entry.data = data + range.begin;
    entry.bytes = range.end - range.begin;
  }
}

const TensorEntry& SafetensorsFile::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw bad_input(shown(file_->path()) + " has no tensor " + shown(name));
  return found->second;
}

void write_safetensors(const Path& path, const std::map<std::string, TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata, bool sync) {
  struct Item {
    const std::string* name;
    const TensorToWrite* tensor;
    uint64_t bytes;
  };
  std::vector<Item> items;
  for (const auto& [name, tensor] : tensors) {
    if (name == kMetadata) throw tensor_error(path, name, "has a name that the format keeps for itself");
    items.push_back({&name, &tensor, checked_bytes(path, name, tensor.dtype, tensor.shape)});
  }
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return size_of_dtype(a.tensor->dtype) > size_of_dtype(b.tensor->dtype);
  });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  uint64_t offset = 0;
  for (const Item& item : items) {
    const uint64_t begin = offset;
    if (__builtin_add_overflow(offset, item.bytes, &offset)) {
      throw tensor_error(path, *item.name, "makes the file too large to address");
    }
    header[*item.name] = {
        {"dtype", item.tensor->dtype}, {"shape", item.tensor->shape}, {"data_offsets", {begin, offset}}};
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::type_error&) {
    throw bad_input(shown(path) + ": a tensor's name or the metadata is not UTF-8");
  }
  text.append((8 - text.size() % 8) % 8, ' ');  // the format allows trailing spaces
  if (text.size() > kMaxHeaderBytes) throw bad_input(shown(path) + ": a header of more than 100 MB would be needed");
  std::array<unsigned char, 8> size{};
  for (size_t i = 0; i < 8; ++i) size[i] = static_cast<unsigned char>(text.size() >> (8 * i));

  FileWriter writer(path);
  writer.write(size.data(), size.size());
  writer.write(text.data(), text.size());
  for (const Item& item : items) writer.write(item.tensor->data, item.bytes);
  writer.commit(sync);
}

}  // namespace mtlora
