// How the option table is written: one row a setting, bound to a member of RunConfig. A header of config/ alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/option_table.h"
#include "config/option_value.h"

namespace mtlora {

// The mutable table, which the getters and setters below look their own row up in (choices may be added later).
std::vector<Option>& option_rows();

// What a row says beyond key, label, type and help.
class OptionRow {
 public:
  explicit OptionRow(Option& option) : option_(option) {}
  OptionRow& unit(const char* text) { return option_.unit = text, *this; }
  OptionRow& at_least(double low) { return option_.minimum = low, *this; }
  OptionRow& above(double low) { return option_.minimum = low, option_.minimum_excluded = true, *this; }
  OptionRow& at_most(double high) { return option_.maximum = high, *this; }
  OptionRow& choice(std::vector<std::string> of) {
    return option_.type = OptionType::Choice, option_.choices = std::move(of), *this;
  }
  OptionRow& suggestions(std::vector<std::string> some) { return option_.choices = std::move(some), *this; }
  OptionRow& file() { return option_.type = OptionType::File, *this; }
  OptionRow& folder() { return option_.type = OptionType::Folder, *this; }
  OptionRow& steps_or_epoch() { return option_.type = OptionType::StepsOrEpoch, suggestions({"epoch"}); }
  OptionRow& advanced() { return option_.advanced = true, *this; }
  OptionRow& may_differ_on_resume() { return option_.decides_result = false, *this; }

 private:
  Option& option_;
};

constexpr OptionType type_of(const bool*) { return OptionType::Bool; }
constexpr OptionType type_of(const int64_t*) { return OptionType::Integer; }
constexpr OptionType type_of(const double*) { return OptionType::Real; }
constexpr OptionType type_of(const std::string*) { return OptionType::Text; }
constexpr OptionType type_of(const std::vector<std::string>*) { return OptionType::Names; }
constexpr OptionType type_of(const TargetModules*) { return OptionType::Names; }
constexpr OptionType type_of(const std::vector<int64_t>*) { return OptionType::IntegerList; }
template <class T>
constexpr OptionType type_of(const std::optional<T>*) {
  return type_of(static_cast<const T*>(nullptr));
}

// Adds rows of one group: `group("r", "Rank", &AdapterOptions::r, "...")`. A setting whose default is unset (an empty
// optional, text or list) may be null.
template <class Options>
class OptionGroup {
 public:
  OptionGroup(std::vector<Option>& table, std::string name, Options RunConfig::*group)
      : table_(table), name_(std::move(name)), group_(group) {}

  template <class Value>
  OptionRow operator()(const char* key, const char* label, Value Options::*member, const char* help) {
    const auto group = group_;
    const size_t row = table_.size();
    Option& option = table_.emplace_back();
    option.key = name_ + "." + key;
    option.label = label;
    option.help = help;
    option.type = type_of(static_cast<const Value*>(nullptr));
    const RunConfig defaults;
    option.optional = is_unset(defaults.*group.*member);
    option.get = [=](const RunConfig& config) {
      const Value& value = config.*group.*member;
      const Option& self = option_rows()[row];
      return self.optional && is_unset(value) ? nlohmann::json() : written_value(self, value);
    };
    option.set = [=](RunConfig& config, const nlohmann::json& json) {
      const Option& self = option_rows()[row];
      Value value{};
      if (!(self.optional && json.is_null())) read_value(self, json, value);
      config.*group.*member = std::move(value);
    };
    return OptionRow(option);
  }

 private:
  std::vector<Option>& table_;
  std::string name_;
  Options RunConfig::*group_;
};

// In the table's order.
void add_model_and_data_options(std::vector<Option>& table);
void add_adapter_options(std::vector<Option>& table);
void add_train_options(std::vector<Option>& table);
void add_eval_and_output_options(std::vector<Option>& table);

}  // namespace mtlora
