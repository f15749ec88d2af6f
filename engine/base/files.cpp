#include "base/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/error.h"
#include "base/mapping_guard.h"

namespace mtlora {

namespace {

[[noreturn]] void fail(const Path& path, const std::string& what) {
  const int reason = errno;
  const char* hint = reason == ENOSPC   ? "Free some space on that disk and try again."
                     : reason == EACCES ? "Choose a place that this user may read and write."
                                        : "";
  throw file_error("'" + path.string() + "' " + what + ": " + std::strerror(reason), hint);
}

int open_or_fail(const Path& path, int flags, const char* what) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (descriptor < 0) fail(path, what);
  return descriptor;
}

struct stat regular_status(int descriptor, const Path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    throw file_error("'" + path.string() + "' is not a regular file");
  }
  return status;
}

}  // namespace

std::string read_file(const Path& path) {
  const int descriptor = open_or_fail(path, O_RDONLY, "could not be opened");
  std::string bytes(static_cast<size_t>(regular_status(descriptor, path).st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      ::close(descriptor);
      fail(path, "could not be read");
    }
    if (n == 0) break;  // cut short while it was read
    done += static_cast<size_t>(n);
  }
  ::close(descriptor);
  bytes.resize(done);
  return bytes;
}

void write_file(const Path& path, std::string_view bytes) {
  FileWriter writer(path);
  writer.write(bytes.data(), bytes.size());
  writer.commit();
}

void make_folder(const Path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    throw file_error("folder '" + path.string() + "' could not be made: " + error.message(),
                     "Choose a place that this user may write.");
  }
}

void sync_folder(const Path& path) {
  const int descriptor = open_or_fail(path.empty() ? Path(".") : path, O_RDONLY | O_DIRECTORY, "could not be opened");
  const int result = ::fsync(descriptor);
  ::close(descriptor);
  if (result != 0) fail(path, "could not be synced");
}

FileWriter::FileWriter(const Path& path) : path_(path), partial_(path.string() + ".tmp") {
  descriptor_ = open_or_fail(partial_, O_WRONLY | O_CREAT | O_TRUNC, "could not be written");
}

FileWriter::~FileWriter() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(partial_.c_str());
}

void FileWriter::write(const void* data, size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::write(descriptor_, from, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path_, "could not be written");
    from += n;
    bytes -= static_cast<size_t>(n);
  }
}

void FileWriter::commit(bool sync) {
  if (sync && ::fsync(descriptor_) != 0) fail(path_, "could not be written");
  ::close(descriptor_);
  descriptor_ = -1;
  if (::rename(partial_.c_str(), path_.c_str()) != 0) fail(path_, "could not be replaced");
  if (sync) sync_folder(path_.parent_path());
}

MappedFile::MappedFile(const Path& path) : path_(path) {
  const int descriptor = open_or_fail(path, O_RDONLY, "could not be opened");
  const struct stat status = regular_status(descriptor, path);
  size_ = static_cast<size_t>(status.st_size);
  device_ = static_cast<uint64_t>(status.st_dev);
  inode_ = static_cast<uint64_t>(status.st_ino);
  if (size_ > 0) {
    void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) {
      ::close(descriptor);
      fail(path, "could not be mapped");
    }
    data_ = static_cast<const std::byte*>(mapped);
    guard_ = std::make_unique<MappingGuard>(data_, size_);
  }
  ::close(descriptor);
}

MappedFile::~MappedFile() {
  guard_.reset();
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::release(const void* begin, size_t bytes) const {
  // Only whole pages inside the range: their neighbours may still be in use.
  const uintptr_t page = 4096;
  const uintptr_t from = (reinterpret_cast<uintptr_t>(begin) + page - 1) / page * page;
  const uintptr_t to = (reinterpret_cast<uintptr_t>(begin) + bytes) / page * page;
  if (to > from) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

void MappedFile::check() const {
  // The size is asked too: what is gone of the last page that is left reads as zeros without a signal. A file that was
  // replaced by name or removed keeps its bytes as long as they are mapped.
  struct stat now {};
  const bool same = ::stat(path_.c_str(), &now) == 0 && static_cast<uint64_t>(now.st_dev) == device_ &&
                    static_cast<uint64_t>(now.st_ino) == inode_;
  if ((guard_ && guard_->damaged()) || (same && static_cast<size_t>(now.st_size) < size_)) {
    throw file_error("'" + path_.string() + "' was cut short while it was in use",
                     "Put the whole file back and open it again.");
  }
}

namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Sha256() { EVP_MD_CTX_free(context_); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(const void* data, size_t bytes) { EVP_DigestUpdate(context_, data, bytes); }
  std::string hex() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(context_, digest.data(), nullptr);
    std::string text;
    for (const unsigned char byte : digest) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

 private:
  EVP_MD_CTX* context_;
};

}  // namespace

std::string sha256_of(std::string_view bytes) {
  Sha256 sha;
  sha.update(bytes.data(), bytes.size());
  return sha.hex();
}

std::string sha256_of_file(const Path& path) {
  // Read in pieces, not mapped: hashing a large file should not make it look like memory in use.
  const int descriptor = open_or_fail(path, O_RDONLY, "could not be opened");
  std::string buffer(1 << 20, '\0');
  Sha256 sha;
  for (;;) {
    const ssize_t n = ::read(descriptor, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      ::close(descriptor);
      fail(path, "could not be read");
    }
    if (n == 0) break;
    sha.update(buffer.data(), static_cast<size_t>(n));
  }
  ::close(descriptor);
  return sha.hex();
}

}  // namespace mtlora
