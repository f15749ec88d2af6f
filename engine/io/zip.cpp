#include "io/zip.h"

#include <algorithm>
#include <optional>

#include "io/byte_reader.h"
#include "io/tensor_entry.h"

namespace mtlora {

namespace {

constexpr uint32_t local_signature = 0x04034b50;
constexpr uint32_t central_signature = 0x02014b50;
constexpr uint32_t end_signature = 0x06054b50;
constexpr uint32_t end64_signature = 0x06064b50;
constexpr uint32_t locator64_signature = 0x07064b50;
constexpr size_t end_bytes = 22, locator_bytes = 20, longest_comment = 0xFFFF;
constexpr uint16_t zip64_extra = 0x0001;

using Bytes = std::span<const std::byte>;

ByteReader reader_at(const MappedFile& file, uint64_t position) {
  const size_t at = static_cast<size_t>(std::min<uint64_t>(position, file.bytes().size()));
  return ByteReader(file.bytes(), file.path(), at);
}

Error damaged(const MappedFile& file, const std::string& what) {
  return bad_input(quoted(file.path()) + " is no whole zip archive: " + what, "Download or copy the file again.");
}

struct Directory {
  uint64_t entries = 0, offset = 0;
};

// The end record is the last thing in the file but for a comment of a length that it names.
size_t end_record_position(const MappedFile& file) {
  const size_t size = file.bytes().size();
  if (size >= end_bytes) {
    const size_t lowest = size - end_bytes - std::min(size - end_bytes, longest_comment);
    for (size_t at = size - end_bytes + 1; at-- > lowest;) {
      ByteReader in = reader_at(file, at);
      if (in.number<uint32_t>() != end_signature) continue;
      in.take(16);
      if (in.number<uint16_t>() == size - end_bytes - at) return at;
    }
  }
  throw damaged(file, "it has no end record (truncated)");
}

Directory find_directory(const MappedFile& file) {
  const size_t end = end_record_position(file);
  ByteReader in = reader_at(file, end + 4);
  const uint16_t disk = in.number<uint16_t>(), directory_disk = in.number<uint16_t>();
  in.take(2);
  Directory directory;
  directory.entries = in.number<uint16_t>();
  const uint32_t bytes = in.number<uint32_t>();
  directory.offset = in.number<uint32_t>();
  if (directory.entries == 0xFFFF || bytes == 0xFFFFFFFF || directory.offset == 0xFFFFFFFF) {
    if (end < locator_bytes) throw damaged(file, "its zip64 end record is missing");
    ByteReader locator = reader_at(file, end - locator_bytes);
    if (locator.number<uint32_t>() != locator64_signature) throw damaged(file, "its zip64 end record is missing");
    locator.take(4);
    ByteReader end64 = reader_at(file, locator.number<uint64_t>());
    if (end64.number<uint32_t>() != end64_signature) throw damaged(file, "its zip64 end record is missing");
    end64.take(8 + 2 + 2 + 4 + 4 + 8);  // size, versions, disks, entries on this disk
    directory.entries = end64.number<uint64_t>();
    end64.take(8);
    directory.offset = end64.number<uint64_t>();
  } else if (disk != 0 || directory_disk != 0) {
    throw damaged(file, "it is one part of several");
  }
  return directory;
}

// Fields that do not fit 32 bits stand in the extra field instead, in this order.
void widen(ByteReader extra, std::initializer_list<uint64_t*> fields) {
  while (extra.left() >= 4) {
    const uint16_t id = extra.number<uint16_t>();
    const uint16_t bytes = extra.number<uint16_t>();
    ByteReader body(extra.take(bytes), extra.path());
    if (id != zip64_extra) continue;
    for (uint64_t* field : fields) {
      if (*field == 0xFFFFFFFF) *field = body.number<uint64_t>();
    }
  }
}

}  // namespace

bool looks_like_zip(Bytes bytes) {
  return bytes.size() >= 4 && bytes[0] == std::byte{'P'} && bytes[1] == std::byte{'K'} &&
         (bytes[2] == std::byte{3} || bytes[2] == std::byte{5});
}

std::map<std::string, Bytes> zip_records(const MappedFile& file) {
  const Directory directory = find_directory(file);
  ByteReader in = reader_at(file, directory.offset);
  std::map<std::string, Bytes> records;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    if (in.number<uint32_t>() != central_signature) throw damaged(file, "its directory is broken");
    in.take(4);  // versions
    const uint16_t flags = in.number<uint16_t>(), method = in.number<uint16_t>();
    in.take(8);  // time, date, checksum
    uint64_t packed = in.number<uint32_t>(), size = in.number<uint32_t>();
    const uint16_t name_bytes = in.number<uint16_t>(), extra_bytes = in.number<uint16_t>();
    const uint16_t comment_bytes = in.number<uint16_t>();
    in.take(8);  // disk, attributes
    uint64_t offset = in.number<uint32_t>();
    const std::string name(in.text(name_bytes));
    widen(ByteReader(in.take(extra_bytes), file.path()), {&size, &packed, &offset});
    in.take(comment_bytes);
    if (method != 0 || (flags & 1) != 0 || packed != size) {
      throw bad_input(quoted(file.path()) + ": record " + shown(name) + " is " +
                          ((flags & 1) ? "encrypted" : "compressed") + "; torch.save stores records as they are",
                      "Save the weights again with torch.save, or better as safetensors.");
    }
    ByteReader local = reader_at(file, offset);
    if (local.number<uint32_t>() != local_signature) throw damaged(file, "record " + shown(name) + " is not there");
    local.take(22);
    const uint16_t local_name_bytes = local.number<uint16_t>(), local_extra_bytes = local.number<uint16_t>();
    local.take(uint64_t{local_name_bytes} + local_extra_bytes);
    if (!records.emplace(name, local.take(size)).second) {
      throw bad_input(quoted(file.path()) + " holds record " + shown(name) + " twice");
    }
  }
  return records;
}

}  // namespace mtlora
