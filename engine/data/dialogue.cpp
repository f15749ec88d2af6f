#include "data/dialogue.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "data/dialogue_records.h"

namespace mtlora {

using nlohmann::json;

namespace {

constexpr const char* known_kinds =
    "Known are E2E, WebNLG and DART files, and records with instruction and output, conversations, messages, or prompt "
    "and completion.";

using ReadRecord = std::vector<Dialogue> (*)(const json&);

ReadRecord reader_of(const std::string& format) {
  if (format == "e2e") return read_e2e;
  if (format == "webnlg") return read_webnlg;
  if (format == "dart") return read_dart;
  if (format == "alpaca") return read_alpaca;
  if (format == "sharegpt") return read_sharegpt;
  if (format == "messages") return read_messages;
  return read_prompt_completion;
}

// The kind of a record with these keys, or "".
std::string format_of(const json& record) {
  const auto has = [&record](const char* key) { return record.contains(key); };
  if (has("mr") || has("MR")) return "e2e";
  if (has("tripleset")) return "dart";
  if (has("modifiedtripleset")) return "webnlg";
  if (has("conversations") || has("conversation")) return "sharegpt";
  if (has("messages")) return "messages";
  if (has("instruction")) return "alpaca";
  if ((has("prompt") || has("context")) && (has("completion") || has("response"))) return "prompt_completion";
  const bool is_wrapped = record.size() == 1 && record.begin()->is_object();
  return is_wrapped ? format_of(*record.begin()) : "";
}

// WebNLG marks its texts by quality; DART names where each comes from.
std::string format_of(const Entry& entry) {
  if (entry.texts.empty()) return entry.category == "MISC" ? "dart" : "webnlg";
  const std::string& comment = entry.texts.front().comment;
  constexpr std::string_view qualities[] = {"good", "bad", "toFix", "toBeFixed", ""};
  const bool is_quality = std::find(std::begin(qualities), std::end(qualities), comment) != std::end(qualities);
  return is_quality ? "webnlg" : "dart";
}

class Reader {
 public:
  Reader(const std::string& format, int64_t max_rows) : max_rows_(max_rows) { result_.format = format; }

  Dialogues take_result(const Path& path) {
    if (result_.format.empty()) {
      const std::string why = result_.problems.empty() ? "" : ": row 1 " + result_.problems.front().message;
      throw bad_input(quoted(path) + " holds no record that can be read" + why, known_kinds);
    }
    std::stable_sort(result_.problems.begin(), result_.problems.end(),
                     [](const RowProblem& a, const RowProblem& b) { return a.row < b.row; });
    return std::move(result_);
  }

  bool is_full() const { return max_rows_ > 0 && std::ssize(result_.rows) >= max_rows_; }

  void read_file(const Path& path) {
    const MappedFile file(path);
    std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
      throw bad_input(quoted(path) + " is UTF-16 text where UTF-8 is expected", "Save the file as UTF-8 text.");
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (stripped(text).empty()) throw bad_input(quoted(path) + " is empty");
    read_text(path, text);
    file.check();
  }

 private:
  void read_text(const Path& path, std::string_view text) {
    std::string& format = result_.format;
    const std::string_view start = stripped(text);
    const std::string_view first_line = start.substr(0, start.find('\n'));
    if (start.starts_with('<')) {
      if (!format.empty() && format != "webnlg" && format != "dart") {
        throw bad_input(quoted(path) + " is XML, which " + format + " files are not", known_kinds);
      }
      read_xml(path, start);
    } else if (!start.starts_with('{') && !start.starts_with('[') && first_line.find("||") != first_line.npos &&
               (format.empty() || format == "e2e")) {
      format = "e2e";
      read_lines(text);
    } else {
      read_records(
          path, text, [&](int64_t row, const json& record) { return take_record(path, row, record); },
          [&](int64_t row, const std::string& why) {
            result_.problems.push_back({row, why, false});
          });
    }
  }

  bool take_record(const Path& path, int64_t row, const json& record) {
    if (result_.format.empty()) result_.format = format_of(record);
    if (result_.format.empty()) {
      std::string keys;
      for (const auto& [key, value] : record.items()) {
        if (keys.size() > 200) break;
        keys += (keys.empty() ? "'" : ", '") + key.substr(0, 40) + "'";
      }
      throw bad_input("the records of " + quoted(path) + " are of no known kind: row " + std::to_string(row) + " has " +
                          (keys.empty() ? "no keys" : "the keys " + keys),
                      known_kinds);
    }
    add(row, "", [&] { return reader_of(result_.format)(record); });
    return !is_full();
  }

  void read_lines(std::string_view text) {
    for (int64_t row = 0; !text.empty() && !is_full();) {
      const size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (stripped(line).empty()) continue;
      add(++row, "", [&] { return read_e2e_line(line); });
    }
  }

  void read_xml(const Path& path, std::string_view text) {
    int64_t entry_of_file = 0;
    read_xml_entries(path, text, [&](Entry& entry) {
      if (result_.format.empty()) result_.format = format_of(entry);
      const std::string place = " (entry " + std::to_string(++entry_of_file) + " of " + quoted(path) + ")";
      add(++xml_row_, place, [&] { return result_.format == "dart" ? dart_rows(entry) : webnlg_rows(entry); });
      return !is_full();
    });
  }

  template <typename Read>
  void add(int64_t row, const std::string& place, const Read& read) {
    try {
      for (Dialogue& dialogue : read()) {
        if (is_full()) return;
        dialogue.row = row;
        result_.rows.push_back(std::move(dialogue));
      }
    } catch (const UnusableRecord& unusable) {
      result_.problems.push_back({row, unusable.why + place, false, unusable.left_out});
    }
  }

  Dialogues result_;
  int64_t max_rows_;
  int64_t xml_row_ = 0;  // through all files of a folder
};

std::vector<Path> xml_files(const Path& folder) {
  std::vector<Path> files;
  std::error_code error;
  for (auto at = std::filesystem::recursive_directory_iterator(folder, error);
       !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    if (at->is_regular_file(error) && at->path().extension() == ".xml") files.push_back(at->path());
  }
  if (error) throw file_error("the folder " + quoted(folder) + " can't be read: " + error.message());
  if (files.empty()) {
    throw bad_input("the folder " + quoted(folder) + " has no .xml file",
                    "A folder is read as WebNLG's or DART's; choose a single file of another kind.");
  }
  std::sort(files.begin(), files.end(), [](const Path& a, const Path& b) { return a.string() < b.string(); });
  return files;
}

}  // namespace

const std::vector<DialogueFormat>& dialogue_formats() {
  static const std::vector<DialogueFormat> formats = {
      {"e2e", "E2E (CSV, or meaning||reference lines)"},
      {"webnlg", "WebNLG (XML or JSON)"},
      {"dart", "DART (JSON or XML)"},
      {"alpaca", "Alpaca (instruction, input, output)"},
      {"sharegpt", "ShareGPT (conversations)"},
      {"messages", "Messages (role, content)"},
      {"prompt_completion", "Prompt and completion"},
  };
  return formats;
}

Dialogues read_dialogues(const Path& path, const std::string& format, int64_t max_rows) {
  std::vector<std::string> names;
  for (const DialogueFormat& known : dialogue_formats()) names.push_back(known.name);
  if (!format.empty() && std::find(names.begin(), names.end(), format) == names.end()) {
    const std::string nearest = nearest_name(format, names.data(), names.size());
    throw bad_input("'" + format + "' is not a format of texts",
                    nearest.empty() ? known_kinds : "Did you mean '" + nearest + "'?");
  }
  Reader reader(format, max_rows);
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    reader.read_file(path);
  } else {
    for (const Path& file : xml_files(path)) {
      if (!reader.is_full()) reader.read_file(file);
    }
  }
  return reader.take_result(path);
}

}  // namespace mtlora
