// JSON that a file or a line of one holds.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/files.h"

namespace mtlora {

// Throws Error(BadInput) with `name`, line and column where the text is no JSON, and where values nest deeper than any
// file of ours (walking such a value would use up the stack).
nlohmann::json parse_json(std::string_view text, const std::string& name);

// The same with the members of objects in their order.
nlohmann::ordered_json parse_ordered_json(std::string_view text, const std::string& name);

// A whole file of JSON. Throws Error(File) where it can't be read, else as above. Blocks.
nlohmann::json read_json(const Path& path);

// 'path', as messages name a file.
std::string quoted(const Path& path);

// As text on one line (indent -1) or indented; bytes that are not UTF-8, which JSON can't hold, become U+FFFD.
std::string json_text(const nlohmann::json& value, int indent = -1);

}  // namespace mtlora
