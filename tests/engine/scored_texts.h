// The texts of tests/golden/scored_texts.py, made from the same files.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "eval/text_metrics.h"
#include "shared_data.h"

namespace mtlora {

using TextGroups = std::vector<std::vector<std::string>>;

inline std::vector<std::string> split_at(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return parts;
}

inline std::string damaged_text(const std::string& text, size_t kind) {
  const std::vector<std::string> words = split_at(text, ' ');
  const size_t count = words.size();
  std::vector<std::string> result;
  for (size_t i = 0; i < count; ++i) {
    if (kind == 0 || kind == 3) result.push_back(words[i]);
    if (kind == 1 && i % 3 != 1) result.push_back(words[i]);
    if (kind == 2) result.push_back(words[count - 1 - i]);
    if (kind == 4 && i == 0) result.push_back(words[i]);
    if (kind == 6) result.push_back(words[(i + count / 2) % count]);
    if (kind == 7) result.insert(result.end(), words[i].size() > 5 ? 2 : 1, words[i]);
  }
  if (kind == 3) result.insert(result.end(), words.begin(), words.end());
  std::string joined;
  for (const std::string& word : result) joined += (&word == result.data() ? "" : " ") + word;
  return joined;
}

inline ScoredTexts from_groups(const TextGroups& groups) {
  ScoredTexts texts;
  for (const std::vector<std::string>& group : groups) {
    texts.hypotheses.push_back(damaged_text(group.back(), texts.hypotheses.size() % 8));
    std::vector<std::string> references(group.begin(), group.end() - (group.size() > 1 ? 1 : 0));
    if (references.size() > 6) references.resize(6);
    texts.references.push_back(std::move(references));
  }
  return texts;
}

inline std::string shared_text(const std::string& path) { return read_file(shared_data() / path); }

// "e2e", "dart" or "xray"; tercom's own example is "tercom".
inline bool has_shared_texts(const std::string& name) {
  const std::map<std::string, std::string> files = {{"e2e", "e2e/lora/valid.txt"},
                                                    {"dart", "dart/yale/dart-v1.1.1-full-dev.json"},
                                                    {"xray", "oracles/meteor-1.5/xray/reference"},
                                                    {"tercom", "oracles/tercom/ref.txt"}};
  return std::filesystem::exists(shared_data() / files.at(name));
}

inline ScoredTexts e2e_texts(size_t count) {
  std::map<std::string, std::vector<std::string>> by_meaning;
  for (const std::string& line : split_at(shared_text("e2e/lora/valid.txt"), '\n')) {
    const size_t bars = line.find("||");
    if (bars != std::string::npos) by_meaning[line.substr(0, bars)].push_back(line.substr(bars + 2));
  }
  TextGroups groups;
  for (const auto& [meaning, texts] : by_meaning) {
    if (groups.size() < count) groups.push_back(texts);
  }
  return from_groups(groups);
}

inline ScoredTexts dart_texts(size_t count) {
  const auto entries = nlohmann::json::parse(shared_text("dart/yale/dart-v1.1.1-full-dev.json"));
  TextGroups groups;
  for (size_t i = 0; i < entries.size() && groups.size() < count; i += 11) {
    groups.emplace_back();
    for (const auto& note : entries[i]["annotations"]) groups.back().push_back(note["text"]);
  }
  return from_groups(groups);
}

inline ScoredTexts xray_texts() {
  ScoredTexts texts;
  texts.hypotheses = split_at(shared_text("oracles/meteor-1.5/xray/system1.hyp"), '\n');
  for (const std::string& line : split_at(shared_text("oracles/meteor-1.5/xray/reference"), '\n')) {
    texts.references.push_back({line});
  }
  texts.hypotheses.pop_back();  // behind the last line's end
  texts.references.pop_back();
  return texts;
}

inline ScoredTexts shared_texts(const std::string& name, size_t count) {
  return name == "e2e" ? e2e_texts(count) : name == "dart" ? dart_texts(count) : xray_texts();
}

}  // namespace mtlora
