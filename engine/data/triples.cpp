// WebNLG 2017 (Gardent et al.) and DART (Nan et al. 2021): sets of triples and the texts that say them, linearised as
// the LoRA release does (format_converting_webnlg.py and format_converting_dart.py of github.com/microsoft/LoRA).
#include <algorithm>

#include "data/dialogue_records.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace mtlora {

using nlohmann::json;

namespace {

// The categories of WebNLG 2017's training set.
constexpr std::string_view seen_categories[] = {"Airport", "Astronaut", "Building",   "City",       "ComicsCharacter",
                                                "Food",    "Monument",  "SportsTeam", "University", "WrittenWork"};

std::string lower_case(const std::string& text) {
  std::string storage, result;
  const std::string_view valid = valid_utf8(text, storage);
  std::u32string lower;
  for (const char* at = valid.data(); at < valid.data() + valid.size();) append_lower_case(next_code_point(at), lower);
  for (const char32_t c : lower) append_utf8(c, result);
  return result;
}

std::string linearised(const Entry& entry, bool lower_relation) {
  if (!entry.fault.empty()) throw UnusableRecord{entry.fault};
  if (entry.triples.empty()) throw UnusableRecord{"has no triples"};
  std::string text;
  for (const auto& [subject, relation, object] : entry.triples) {
    if (!text.empty()) text += " | ";
    text += subject + " : " + (lower_relation ? lower_case(relation) : relation) + " : " + object;
  }
  return text;
}

const json& list_at(const json& record, const std::string& key) {
  const auto found = record.find(key);
  if (found == record.end()) throw UnusableRecord{"lacks '" + key + "'"};
  if (!found->is_array()) {
    throw UnusableRecord{"has " + kind_of(*found) + " as '" + key + "' where a list is expected"};
  }
  return *found;
}

}  // namespace

std::vector<Dialogue> webnlg_rows(const Entry& entry) {
  const std::string context = linearised(entry, false);
  const bool seen =
      std::find(std::begin(seen_categories), std::end(seen_categories), entry.category) != std::end(seen_categories);
  std::vector<Dialogue> rows;
  for (const Entry::Text& text : entry.texts) {
    if (text.comment == "good" && !stripped(text.text).empty()) rows.push_back(pair_of(context, text.text));
  }
  if (entry.texts.empty()) rows.push_back(pair_of(context, ""));
  if (rows.empty()) throw UnusableRecord{"has no text that is marked 'good'", true};
  for (Dialogue& row : rows) row.group = seen ? "seen" : "unseen";
  return rows;
}

std::vector<Dialogue> dart_rows(const Entry& entry) {
  const std::string context = linearised(entry, true);
  std::vector<Dialogue> rows;
  for (const Entry::Text& text : entry.texts) {
    if (!stripped(text.text).empty()) rows.push_back(pair_of(context, text.text));
  }
  if (entry.texts.empty()) rows.push_back(pair_of(context, ""));
  if (rows.empty()) throw UnusableRecord{"has no text that is not empty"};
  return rows;
}

std::vector<Dialogue> read_webnlg(const json& record) {
  // The release puts each entry into an object of its own, under its number.
  const bool is_wrapped = record.size() == 1 && record.begin()->is_object();
  const json& source = is_wrapped ? *record.begin() : record;
  Entry entry;
  entry.category = text_at(source, "category");
  for (const json& triple : list_at(source, "modifiedtripleset")) {
    if (!triple.is_object()) {
      throw UnusableRecord{"has " + kind_of(triple) + " in 'modifiedtripleset' where an object is expected"};
    }
    entry.triples.push_back({text_at(triple, "subject"), text_at(triple, "property"), text_at(triple, "object")});
  }
  for (const json& text : list_at(source, "lexicalisations")) {
    if (!text.is_object()) {
      throw UnusableRecord{"has " + kind_of(text) + " in 'lexicalisations' where an object is expected"};
    }
    entry.texts.push_back({optional_text(text, "comment"), optional_text(text, "lex")});
  }
  return webnlg_rows(entry);
}

std::vector<Dialogue> read_dart(const json& record) {
  Entry entry;
  for (const json& triple : list_at(record, "tripleset")) {
    const bool is_triple = triple.is_array() && triple.size() == 3 &&
                           std::all_of(triple.begin(), triple.end(), [](const json& part) { return part.is_string(); });
    if (!is_triple) {
      throw UnusableRecord{"has " + kind_of(triple) + " in 'tripleset' where a list of three texts is expected"};
    }
    entry.triples.push_back({triple[0], triple[1], triple[2]});
  }
  if (record.contains("annotations")) {
    for (const json& text : list_at(record, "annotations")) {
      if (!text.is_object()) {
        throw UnusableRecord{"has " + kind_of(text) + " in 'annotations' where an object is expected"};
      }
      entry.texts.push_back({optional_text(text, "source"), optional_text(text, "text")});
    }
  }
  return dart_rows(entry);
}

}  // namespace mtlora
