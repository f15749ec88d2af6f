#include "eval/text_metrics/meteor_synonyms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/error.h"
#include "base/lines.h"

namespace mtlora {

namespace {

std::vector<std::string_view> fields(std::string_view line) {
  std::vector<std::string_view> found;
  for (size_t start = 0; start < line.size();) {
    const size_t end = std::min(line.find(' ', start), line.size());
    if (end > start) found.push_back(line.substr(start, end - start));
    start = end + 1;
  }
  return found;
}

// Where Debian's copy of the database has a gloss of another length, up to the next one that evens it out.
struct MovedOffsets {
  int32_t first, end, by;  // Debian's offsets [first, end) are WordNet 3.0's moved by `by`
};
constexpr MovedOffsets kMovedVerbs = {613036, 2422967, 18};
constexpr MovedOffsets kMovedAdjectives = {1681478, 99999999, 1};

int32_t number(std::string_view digits, const Path& path) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw file_error(path.string() + ": expected a number of WordNet's index, found '" + std::string(digits) + "'");
  }
  return value;
}

// Length in UTF-16, as METEOR counts.
size_t java_length(const std::string& word) {
  size_t length = 0;
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    length += (byte & 0xC0) != 0x80;
    length += byte >= 0xF0;
  }
  return length;
}

}  // namespace

MeteorSynonyms::MeteorSynonyms(const Path& folder) {
  for (const char* part : {"noun", "verb", "adj", "adv"}) {
    const std::string name = part;
    read_index(folder / ("index." + name), name == "verb", name == "adj");
    const std::string exceptions = read_file(folder / (name + ".exc"));
    for (const std::string_view line : split_lines(exceptions)) {
      const std::vector<std::string_view> words = fields(line);
      for (size_t i = 1; i < words.size(); ++i) irregular_[std::string(words[0])].emplace_back(words[i]);
    }
  }
  for (auto& [word, sets] : sets_) {
    std::ranges::sort(sets);
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  }
}

// A line: lemma, part of speech, number of sets, number of pointers, the pointers, number of senses, of tagged senses,
// offsets of the sets. The licence at the head of the file is indented.
void MeteorSynonyms::read_index(const Path& path, bool verbs, bool adjectives) {
  const MovedOffsets moved = verbs ? kMovedVerbs : adjectives ? kMovedAdjectives : MovedOffsets{0, 0, 0};
  const std::string text = read_file(path);
  // The first moved offset is none of WordNet 3.0's own.
  const std::string first =
      " " + std::string(8 - std::to_string(moved.first).size(), '0') + std::to_string(moved.first);
  const bool of_debian = moved.by != 0 && text.find(first) != std::string::npos;
  for (const std::string_view line : split_lines(text)) {
    if (line.starts_with(' ')) continue;
    const std::vector<std::string_view> words = fields(line);
    // A token never has an underscore, so that lemmas of several words need not be kept.
    if (words.empty() || words[0].find('_') != std::string_view::npos) continue;
    const size_t count = words.size() > 2 ? static_cast<size_t>(number(words[2], path)) : 0;
    if (count == 0 || count > words.size() - 3) {
      throw file_error(path.string() + ": expected the synonym sets of '" + std::string(words[0]) + "'");
    }
    std::vector<int32_t>& sets = sets_[std::string(words[0])];
    for (size_t i = words.size() - count; i < words.size(); ++i) {
      const int32_t offset = number(words[i], path);
      sets.push_back(of_debian && offset >= moved.first && offset < moved.end ? offset - moved.by : offset);
    }
  }
}

// WordNet's rules of detachment, all parts of speech in one list; the first that gives a known word.
std::string MeteorSynonyms::base_form(const std::string& word) const {
  struct Rule {
    std::string_view suffix, ending;
  };
  static constexpr std::array<Rule, 20> rules = {
      {{"s", ""},    {"ses", "s"}, {"xes", "x"}, {"zes", "z"}, {"ches", "ch"}, {"shes", "sh"}, {"men", "man"},
       {"ies", "y"}, {"s", ""},    {"ies", "y"}, {"es", "e"},  {"es", ""},     {"ed", "e"},    {"ed", ""},
       {"ing", "e"}, {"ing", ""},  {"er", ""},   {"est", ""},  {"er", "e"},    {"est", "e"}}};
  if (word.ends_with("ss") || java_length(word) <= 2) return word;
  for (const Rule& rule : rules) {
    if (!word.ends_with(rule.suffix)) continue;
    std::string base = word.substr(0, word.size() - rule.suffix.size());
    base += rule.ending;
    if (sets_.contains(base)) return base;
  }
  return {};
}

std::vector<int32_t> MeteorSynonyms::sets(const std::string& word) const {
  std::vector<int32_t> found;
  const auto add = [&](const std::string& form) {
    const auto sets = sets_.find(form);
    if (sets != sets_.end()) found.insert(found.end(), sets->second.begin(), sets->second.end());
  };
  add(word);
  const auto irregular = irregular_.find(word);
  if (irregular != irregular_.end()) {
    for (const std::string& base : irregular->second) add(base);
  } else {
    add(base_form(word));
  }
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace mtlora
