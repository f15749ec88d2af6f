#include "config/option_value.h"

#include <charconv>
#include <cmath>
#include <sstream>
#include <system_error>

#include "base/error.h"
#include "base/json.h"

namespace mtlora {

using nlohmann::json;

namespace {

// The shortest text that reads back as `value`; whole numbers without a point or exponent.
std::string number_text(double value) {
  if (std::abs(value) < 1e16 && value == std::floor(value)) return std::to_string(static_cast<int64_t>(value));
  return json(value).dump();
}

std::string range_text(const Option& option) {
  const std::string low = number_text(option.minimum), high = number_text(option.maximum);
  const bool has_low = std::isfinite(option.minimum), has_high = std::isfinite(option.maximum);
  if (has_low && has_high)
    return option.minimum_excluded ? " above " + low + " and at most " + high : " from " + low + " to " + high;
  if (has_low) return (option.minimum_excluded ? " above " : " of at least ") + low;
  return has_high ? " of at most " + high : "";
}

// "a number above 0"
std::string expectation(const Option& option) {
  switch (option.type) {
    case OptionType::Bool: return "true or false";
    case OptionType::Integer: return "a whole number" + range_text(option);
    case OptionType::Real: return "a number" + range_text(option);
    case OptionType::StepsOrEpoch: return "a whole number of steps above 0, or \"epoch\"";
    case OptionType::IntegerList: return "a list of whole numbers" + range_text(option);
    case OptionType::Names:
      return option.optional ? "a list of names" : "a list of names, one regular expression, or \"all-linear\"";
    case OptionType::Choice: {
      std::string text = "one of";
      for (const std::string& choice : option.choices) text += (&choice == &option.choices[0] ? " " : ", ") + choice;
      return text;
    }
    case OptionType::File: return "the path of a file";
    case OptionType::Folder: return "the path of a folder";
    case OptionType::Text: break;
  }
  return "a text";
}

std::string found_text(const json& value) {
  if (value.is_array()) return "a list of " + std::to_string(value.size());
  if (value.is_object()) return "an object";
  std::string text = json_text(value);
  if (text.size() > 80) {
    size_t end = 77;
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not inside a UTF-8 sequence
    text = text.substr(0, end) + "...";
  }
  return text;
}

[[noreturn]] void refuse(const Option& option, const json& found) {
  std::string hint;
  if (option.type == OptionType::Choice && found.is_string()) {
    const std::string near =
        nearest_name(found.get_ref<const std::string&>(), option.choices.data(), option.choices.size());
    if (!near.empty()) hint = "Did you mean " + near + "?";
  }
  throw bad_input(option.key + ": expected " + expectation(option) + (option.optional ? ", or null" : "") + ", found " +
                      found_text(found),
                  hint, option.key);
}

// A JSON number that is whole (60 and 60.0 alike) and fits.
std::optional<int64_t> whole(const json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return {};
    return static_cast<int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (!value.is_number_float()) return {};
  const double number = value.get<double>();
  if (!(std::abs(number) < 9007199254740992.0) || number != std::floor(number)) return {};  // 2^53
  return static_cast<int64_t>(number);
}

bool in_range(const Option& option, double number) {
  return std::isfinite(number) && (option.minimum_excluded ? number > option.minimum : number >= option.minimum) &&
         number <= option.maximum;
}

// Strings come from a JSON file (UTF-8 for sure) or a command line (anything).
bool is_utf8(const std::string& text) {
  try {
    json(text).dump();
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

}  // namespace

void read_value(const Option& option, const json& value, bool& result) {
  if (!value.is_boolean()) refuse(option, value);
  result = value.get<bool>();
}

void read_value(const Option& option, const json& value, int64_t& result) {
  const std::optional<int64_t> number = whole(value);
  if (!number || !in_range(option, static_cast<double>(*number))) refuse(option, value);
  result = *number;
}

void read_value(const Option& option, const json& value, double& result) {
  if (!value.is_number() || !in_range(option, value.get<double>())) refuse(option, value);
  result = value.get<double>();
}

void read_value(const Option& option, const json& value, std::string& result) {
  if (option.type == OptionType::StepsOrEpoch) {
    const std::optional<int64_t> steps = whole(value);
    if (steps && *steps > 0)
      result = std::to_string(*steps);
    else if (value == "epoch")
      result = "epoch";
    else
      refuse(option, value);
    return;
  }
  if (!value.is_string()) refuse(option, value);
  const std::string& text = value.get_ref<const std::string&>();
  const auto& choices = option.choices;
  if (option.type == OptionType::Choice && !choices.empty() &&
      std::find(choices.begin(), choices.end(), text) == choices.end())
    refuse(option, value);
  if (!is_utf8(text))
    throw bad_input(option.key + ": expected text in UTF-8, found other bytes: " + found_text(value), "", option.key);
  result = text;
}

void read_value(const Option& option, const json& value, std::vector<std::string>& result) {
  if (!value.is_array()) refuse(option, value);
  std::vector<std::string> names;
  for (const json& name : value) {
    if (!name.is_string() || name.get_ref<const std::string&>().empty() || !is_utf8(name)) refuse(option, name);
    names.push_back(name);
  }
  result = std::move(names);
}

void read_value(const Option& option, const json& value, std::vector<int64_t>& result) {
  std::vector<int64_t> numbers;
  for (const json& item : value.is_array() ? value : json::array({value})) {  // PEFT takes a single number, too
    const std::optional<int64_t> number = whole(item);
    if (!number || !in_range(option, static_cast<double>(*number))) refuse(option, item);
    numbers.push_back(*number);
  }
  result = std::move(numbers);
}

void read_value(const Option& option, const json& value, TargetModules& result) {
  TargetModules targets;
  if (value.is_string() && is_utf8(value))
    targets.pattern = value;
  else
    read_value(option, value, targets.names);
  if (targets == TargetModules{{}, ""}) refuse(option, value);
  result = std::move(targets);
}

json written_value(const Option& option, const std::string& value) {
  if (option.type != OptionType::StepsOrEpoch || value == "epoch") return value;
  int64_t steps = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), steps);
  if (error == std::errc() && end == value.data() + value.size()) return steps;
  return value;
}

json written_value(const Option&, const TargetModules& value) {
  return value.names.empty() ? json(value.pattern) : json(value.names);
}

// ---- text ---------------------------------------------------------------------------------------------------------

namespace {

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');)
    if (!trimmed(part).empty()) parts.push_back(trimmed(part));
  return parts;
}

template <class T>
std::optional<T> parsed_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return number;
}

// As a whole number where it is one, as a real one ("1e3", which `whole` may take later), or the text itself, which
// the option then refuses.
json parsed_real(const std::string& text) {
  const std::optional<double> number = parsed_number<double>(text);
  return number && std::isfinite(*number) ? json(*number) : json(text);
}
json parsed_integer(const std::string& text) {
  const std::optional<int64_t> number = parsed_number<int64_t>(text);
  return number ? json(*number) : parsed_real(text);
}

// "query,value" is a list of names; one regular expression is known by a character that no module's name has.
bool looks_like_pattern(const std::string& text) {
  return text == "all-linear" || text.find_first_of("*+?()[]{}|^$\\") != text.npos;
}

json parsed_names(const std::string& text) {
  if (text.starts_with('[') || text.starts_with('"')) {
    json value = json::parse(text, nullptr, false);
    if (!value.is_discarded()) return value;
  }
  return looks_like_pattern(text) ? json(text) : json(split(text));
}

json parsed_integers(const std::string& text) {
  json numbers = json::array();
  for (const std::string& part : split(text)) {
    const size_t dash = part.find('-', 1);
    const auto first = parsed_number<int64_t>(trimmed(part.substr(0, dash)));
    const auto last = dash == part.npos ? first : parsed_number<int64_t>(trimmed(part.substr(dash + 1)));
    if (!first || !last || *last < *first || *last - *first > 10000) return text;
    for (int64_t number = *first; number <= *last; ++number) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

json parse_option_text(const Option& option, const std::string& text) {
  const std::string plain = trimmed(text);
  if (option.optional && (plain.empty() || plain == "null")) return nullptr;
  switch (option.type) {
    case OptionType::Bool: {
      std::string lower = plain;
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      return lower == "true" ? json(true) : lower == "false" ? json(false) : json(text);
    }
    case OptionType::Integer:
    case OptionType::StepsOrEpoch: return parsed_integer(plain);
    case OptionType::Real: return parsed_real(plain);
    case OptionType::Names: return parsed_names(plain);
    case OptionType::IntegerList: return parsed_integers(plain);
    default: return text;
  }
}

std::string option_text(const Option& option, const json& value) {
  if (value.is_null()) return "";
  if (option.type == OptionType::Names) {
    std::string joined;
    if (value.is_array())
      for (const json& name : value) joined += (joined.empty() ? "" : ",") + name.get<std::string>();
    else
      joined = value.get<std::string>();
    return parsed_names(joined) == value ? joined : json_text(value);
  }
  if (option.type == OptionType::IntegerList) {
    std::string joined;
    for (const json& number : value) joined += (joined.empty() ? "" : ",") + number.dump();
    return joined;
  }
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? number_text(value.get<double>()) : json_text(value);
}

}  // namespace mtlora
