// What happened, for a person who looks for the cause: lines on standard error, and the level by MTLORA_LOG
// (debug, info, warn, error; warn unless told).
#pragma once

#include <string>

namespace mtlora {

void log_debug(const std::string& message);
void log_info(const std::string& message);
void log_warning(const std::string& message);

}  // namespace mtlora
