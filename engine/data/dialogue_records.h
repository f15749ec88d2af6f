// The parts of read_dialogues: what a file's records are, and what each kind of record says.
#pragma once

#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/dialogue.h"

namespace mtlora {

// Thrown for a record that can't be used; goes on from "row 3 of 'a.json' ".
struct UnusableRecord {
  std::string why;
  bool left_out = false;  // as the format has it: RowProblem::left_out
};

// Gets records in order, until it returns false; `row` counts them from 1.
using TakeRecord = std::function<bool(int64_t row, const nlohmann::json& record)>;
// Gets the rows that hold no record, with the reason.
using LeaveOut = std::function<void(int64_t row, const std::string& why)>;

// Objects of a JSON array (or of an object's "data" or "entries"), of JSON lines, or rows of CSV (TSV by the file's
// ending), whose values are then texts. `text` is the file's, without a byte-order mark.
void read_records(const Path& path, std::string_view text, const TakeRecord& take, const LeaveOut& leave_out);

// An entry of WebNLG and DART.
struct Entry {
  struct Text {
    std::string comment, text;
  };
  std::string category;
  std::vector<std::array<std::string, 3>> triples;  // subject, relation, object
  std::vector<Text> texts;
  std::string fault;  // why it can't be used, or ""
};
using TakeEntry = std::function<bool(Entry& entry)>;

// The entries of WebNLG's and DART's XML, until `take` returns false. Throws Error(BadInput) for broken XML, for one
// that declares entities, and for one without entries. Takes memory for one entry at a time.
void read_xml_entries(const Path& path, std::string_view text, const TakeEntry& take);

// The rows of one record; `row` is not set. Throw UnusableRecord.
std::vector<Dialogue> webnlg_rows(const Entry& entry);
std::vector<Dialogue> dart_rows(const Entry& entry);
std::vector<Dialogue> read_webnlg(const nlohmann::json& record);
std::vector<Dialogue> read_dart(const nlohmann::json& record);
std::vector<Dialogue> read_e2e(const nlohmann::json& record);
std::vector<Dialogue> read_alpaca(const nlohmann::json& record);
std::vector<Dialogue> read_sharegpt(const nlohmann::json& record);
std::vector<Dialogue> read_messages(const nlohmann::json& record);
std::vector<Dialogue> read_prompt_completion(const nlohmann::json& record);

// A line `meaning||reference`.
std::vector<Dialogue> read_e2e_line(std::string_view line);

// The text under `key`; throws UnusableRecord where there is none, or an empty one. `optional_text`: "" for none.
std::string text_at(const nlohmann::json& record, const std::string& key);
std::string optional_text(const nlohmann::json& record, const std::string& key);
// "a number", as messages name what was found.
std::string kind_of(const nlohmann::json& value);

Dialogue pair_of(std::string context, std::string answer);

// Without ASCII white space at both ends.
std::string_view stripped(std::string_view text);

}  // namespace mtlora
