// Values of options: read from JSON with the option's type, range and choices checked, and written back.
// A header of config/ alone; others use Option::get and Option::set.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "config/option_table.h"

namespace mtlora {

// All throw Error(BadInput) with the option's key as `field`: "train.seed: expected a whole number ..., found 1.5".
void read_value(const Option& option, const nlohmann::json& json, bool& value);
void read_value(const Option& option, const nlohmann::json& json, int64_t& value);
void read_value(const Option& option, const nlohmann::json& json, double& value);
void read_value(const Option& option, const nlohmann::json& json, std::string& value);
void read_value(const Option& option, const nlohmann::json& json, std::vector<std::string>& value);
void read_value(const Option& option, const nlohmann::json& json, std::vector<int64_t>& value);
void read_value(const Option& option, const nlohmann::json& json, TargetModules& value);
template <class T>
void read_value(const Option& option, const nlohmann::json& json, std::optional<T>& value) {
  read_value(option, json, value.emplace());
}

nlohmann::json written_value(const Option& option, const std::string& value);
nlohmann::json written_value(const Option& option, const TargetModules& value);
template <class T>
nlohmann::json written_value(const Option&, const T& value) {
  return value;
}
template <class T>
nlohmann::json written_value(const Option& option, const std::optional<T>& value) {
  return value ? written_value(option, *value) : nlohmann::json();
}

// What stands for "unset" in each type that has such a value.
inline bool is_unset(const std::string& value) { return value.empty(); }
template <class T>
bool is_unset(const std::vector<T>& value) {
  return value.empty();
}
template <class T>
bool is_unset(const std::optional<T>& value) {
  return !value;
}
template <class T>
bool is_unset(const T&) {
  return false;
}

}  // namespace mtlora
