#include "io/safetensors.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "io/safetensors_format.h"
#include "io/tensor_file.h"

namespace mtlora {

using namespace safetensors_format;

namespace {

using nlohmann::json;

constexpr const char* kCopyAgain = "Download or copy the file again.";

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

SafetensorsFile::SafetensorsFile(const Path& path) : file_(std::make_shared<MappedFile>(path)) {
  refuse_lfs_pointer(*file_);
  const std::span<const std::byte> bytes = file_->bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (bytes.size() < 8) {
    throw bad_input(
        shown(path) + " has " + std::to_string(bytes.size()) + " bytes, too few for a safetensors file (truncated)",
        kCopyAgain);
  }
  uint64_t header_bytes = 0;  // little-endian, in the first 8 bytes
  for (size_t i = 0; i < 8; ++i) header_bytes |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  if (header_bytes > max_header_bytes) {
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
    if (name == metadata_key) {
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

}  // namespace mtlora
