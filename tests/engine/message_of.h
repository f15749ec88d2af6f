// What an action is refused with.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"

namespace mtlora {

// "MESSAGE | HINT" of the Error that it throws, or "no error".
inline std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

}  // namespace mtlora
