// Files: read whole, mapped, or written so that a reader sees the old file or the new one and never half of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mtlora {

class MappingGuard;
using Path = std::filesystem::path;

// The whole file. Blocks. Throws Error(File) that names the file and the system's reason.
std::string read_file(const Path& path);

// Writes beside (`path` + ".tmp"), syncs, renames over `path`, syncs the folder. Throws Error(File); a full disk leaves
// the old file as it was.
void write_file(const Path& path, std::string_view bytes);

// Makes the folder and its parents. Throws Error(File).
void make_folder(const Path& path);

// Syncs a folder's entries to disk, so that a rename inside it survives a power cut. Throws Error(File).
void sync_folder(const Path& path);

// Appends to a file that is written step by step and becomes visible at once: `commit` syncs and renames.
// Without `commit` the destructor removes the partial file.
class FileWriter {
 public:
  explicit FileWriter(const Path& path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  void write(const void* data, size_t bytes);
  // `sync` false: a power cut may leave the old file or the new one, or an empty one; a killed process may not.
  void commit(bool sync = true);

 private:
  Path path_, partial_;
  int descriptor_ = -1;
};

// A file mapped read-only: pages are read when they are first touched, shared with other programs, and never copied.
// Where the file is cut short meanwhile, the bytes that are gone read as zeros; whoever used the bytes calls `check`.
class MappedFile {
 public:
  explicit MappedFile(const Path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const Path& path() const { return path_; }
  // Tells the system that these bytes, already copied elsewhere, need not stay in memory. They can still be read.
  void release(const void* begin, size_t bytes) const;
  // Throws Error(File) where the file was cut short since it was mapped: what was read may be zeros. Any thread; takes
  // about a microsecond.
  void check() const;

 private:
  Path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  uint64_t device_ = 0, inode_ = 0;
  std::unique_ptr<MappingGuard> guard_;
};

// Lower-case hexadecimal SHA-256 of a file's bytes. Blocks: about 1 GB a second.
std::string sha256_of_file(const Path& path);
std::string sha256_of(std::string_view bytes);

}  // namespace mtlora
