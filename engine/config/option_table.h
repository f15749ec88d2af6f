// The one list of every setting: command line, run file and window all read it.
#pragma once

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/run_config.h"

namespace mtlora {

// `Names` is a list of names or one string (target_modules); `StepsOrEpoch` a number or "epoch".
enum class OptionType { Text, File, Folder, Choice, Bool, Integer, Real, Names, IntegerList, StepsOrEpoch };

struct Option {
  std::string key;    // "train.learning_rate"
  std::string label;  // "Learning rate"
  OptionType type;
  std::string unit;  // "tokens", "steps", or ""
  std::string help;  // a sentence or two for a person who meets it for the first time
  bool advanced = false;
  bool optional = false;  // may be unset (null in the file); its default is unset
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool minimum_excluded = false;
  std::vector<std::string> choices;  // of a Choice (none else is taken); suggestions for a Text or StepsOrEpoch
  bool decides_result = true;        // false: only says when to stop, log or save, so it may differ on resume

  std::function<nlohmann::json(const RunConfig&)> get;  // null where unset
  // Takes a JSON value of the type; throws Error(BadInput) with `field` = key if type, range or choice is wrong.
  std::function<void(RunConfig&, const nlohmann::json&)> set;
};

// In the order of the design's table (model, data, adapter, train, eval, output).
const std::vector<Option>& option_table();

// Throws Error(BadInput) naming the nearest known key.
const Option& find_option(const std::string& key);

// Text from a command line or a form ("4e-4", "query,value", "0-5", "true"; "null" or nothing: unset) as the option's
// JSON type. Text that is no such value comes back as a JSON string, which `set` then refuses with its message.
nlohmann::json parse_option_text(const Option& option, const std::string& text);

// The other way: text that parse_option_text turns into `value` again ("" where unset).
std::string option_text(const Option& option, const nlohmann::json& value);

// Names known only to later parts of the engine (task names, device names) become choices here at start-up, before any
// other thread uses the table.
void set_option_choices(const std::string& key, std::vector<std::string> choices);

}  // namespace mtlora
