// The one exception of the engine. A message names the file, the field or tensor, what was expected and what was found.
#pragma once

#include <stdexcept>
#include <string>

namespace mtlora {

// The value is the exit code of the command line.
enum class ErrorCode { Internal = 1, BadInput = 2, File = 3, OutOfMemory = 4, Stopped = 5, Diverged = 6 };

class Error : public std::runtime_error {
 public:
  // `message` is one sentence without a line break; `hint` says what to do, or is empty.
  // `field` is the key of the setting at fault ("train.learning_rate"), or empty.
  Error(ErrorCode code, const std::string& message, std::string hint = {}, std::string field = {})
      : std::runtime_error(message), code_(code), hint_(std::move(hint)), field_(std::move(field)) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& hint() const noexcept { return hint_; }
  const std::string& field() const noexcept { return field_; }

 private:
  ErrorCode code_;
  std::string hint_;
  std::string field_;
};

inline Error bad_input(const std::string& message, std::string hint = {}, std::string field = {}) {
  return Error(ErrorCode::BadInput, message, std::move(hint), std::move(field));
}
inline Error file_error(const std::string& message, std::string hint = {}) {
  return Error(ErrorCode::File, message, std::move(hint));
}

// The name in `names` that a misspelt `name` is nearest to (edit distance), or "" where none is near.
std::string nearest_name(const std::string& name, const std::string* names, size_t count);

}  // namespace mtlora
