#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace mtlora {

static spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_color_mt("mtlora");
    made->set_pattern("%H:%M:%S %l %v");
    const char* level = std::getenv("MTLORA_LOG");
    made->set_level(level ? spdlog::level::from_str(level) : spdlog::level::warn);
    return made;
  }();
  return *instance;
}

void log_debug(const std::string& message) { logger().debug(message); }
void log_info(const std::string& message) { logger().info(message); }
void log_warning(const std::string& message) { logger().warn(message); }

}  // namespace mtlora
