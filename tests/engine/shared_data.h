// The folder of real data sets, which is no part of the sources.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace mtlora {

// The folder that MTLORA_SHARED_DATA names, else shared/data beside the sources. It may be absent.
inline std::filesystem::path shared_data() {
  const char* const named = std::getenv("MTLORA_SHARED_DATA");
  return named != nullptr ? std::filesystem::path(named) : std::filesystem::path(MTLORA_SOURCE_DIR "/../shared/data");
}

}  // namespace mtlora
