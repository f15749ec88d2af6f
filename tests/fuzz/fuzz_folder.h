// A folder of this process for what a fuzz target reads: in memory where the system has such a place, else temporary.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace mtlora {

class FuzzFolder {
 public:
  explicit FuzzFolder(const std::string& target) {
    std::error_code error;
    const std::filesystem::path memory = "/dev/shm";
    const auto place = ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    path_ = place / ("mtlora-fuzz-" + target + "-" + std::to_string(::getpid()));
    std::filesystem::create_directories(path_, error);
  }
  ~FuzzFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  FuzzFolder(const FuzzFolder&) = delete;
  FuzzFolder& operator=(const FuzzFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const uint8_t* data, size_t size) const {
    std::ofstream(path_ / name, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace mtlora
