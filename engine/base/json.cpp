#include "base/json.h"

#include <algorithm>

#include "base/error.h"

namespace mtlora {

template <typename Json>
static Json parse(std::string_view text, const std::string& name) {
  constexpr int deepest = 64;
  const auto not_too_deep = [&](int depth, typename Json::parse_event_t, Json&) {
    if (depth > deepest) throw bad_input(name + ": values nest deeper than " + std::to_string(deepest) + " levels");
    return true;
  };
  try {
    return Json::parse(text, not_too_deep);
  } catch (const typename Json::parse_error& error) {
    const std::string_view before = text.substr(0, std::min(text.size(), error.byte > 0 ? error.byte - 1 : 0));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const size_t newline = before.rfind('\n');
    const size_t column = newline == before.npos ? before.size() + 1 : before.size() - newline;
    throw bad_input(name + ": not valid JSON at line " + std::to_string(line) + ", column " + std::to_string(column));
  } catch (const typename Json::out_of_range&) {
    throw bad_input(name + ": not valid JSON: a number is too large");
  }
}

nlohmann::json parse_json(std::string_view text, const std::string& name) { return parse<nlohmann::json>(text, name); }

nlohmann::ordered_json parse_ordered_json(std::string_view text, const std::string& name) {
  return parse<nlohmann::ordered_json>(text, name);
}

nlohmann::json read_json(const Path& path) { return parse_json(read_file(path), quoted(path)); }

std::string quoted(const Path& path) { return std::string("'").append(path.string()).append("'"); }

std::string json_text(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace mtlora
