#include "text/tokenizer_file.h"

#include "base/error.h"

namespace mtlora {
namespace {

using nlohmann::json;

constexpr const char* other_file_hint =
    "Choose a model folder whose tokenizer.json was written by the tokenizers package.";

constexpr int deepest = 64;  // nested values that any tokenizer would have

// The value as it stands in the file, cut short.
std::string shown(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 40) text = text.substr(0, 37) + "...";
  return text;
}

// Takes the entries of model.vocab out of the parser's hands one by one: tens of thousands of JSON values would take
// longer to build than all the rest.
class VocabularyReader {
 public:
  explicit VocabularyReader(TokenizerFile& file) : file_(file) {}

  // A json::parser_callback_t. `depth` counts the objects and arrays around the value.
  bool operator()(int depth, json::parse_event_t event, json& value) {
    if (depth > deepest) {
      throw bad_input(file_.path.string() + ": values nest deeper than " + std::to_string(deepest) + " levels.",
                      other_file_hint);
    }
    if (is_value_next_) {
      is_value_next_ = false;
      add(event == json::parse_event_t::value ? value : json("a list or an object"));
      return false;
    }
    if (event == json::parse_event_t::key) {
      if (depth == 1) in_model_ = value == "model";
      if (depth <= 2) in_vocabulary_ = depth == 2 && in_model_ && value == "vocab";
      if (depth == 3 && in_vocabulary_) {
        token_ = std::move(value.get_ref<std::string&>());
        is_value_next_ = true;
        return false;
      }
    }
    return true;
  }

 private:
  void add(const json& id) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > uint64_t{Vocabulary::max_id}) {
      FilePart(file_.path, "model.vocab[" + shown(token_) + "]", id).as_count(Vocabulary::max_id);  // throws
    }
    file_.vocabulary.add(token_, id.get<int32_t>());
  }

  TokenizerFile& file_;
  bool in_model_ = false, in_vocabulary_ = false, is_value_next_ = false;
  std::string token_;
};

// A vocabulary that is a list: a token's id is its place; of equal tokens the last counts.
void add_scored_vocabulary(TokenizerFile& file) {
  if (!file.part("model").has("vocab")) return;
  const FilePart list = file.part("model").at("vocab");
  if (!list.is_list()) return;
  if (list.size() > size_t{Vocabulary::max_id})
    list.fail("has more than " + std::to_string(Vocabulary::max_id) + " tokens");
  for (size_t i = 0; i < list.size(); ++i) {
    file.vocabulary.add(list.scored_at(i).first, static_cast<int32_t>(i));
  }
}

}  // namespace

FilePart FilePart::at(const std::string& key) const {
  static const json null;
  if (!value_->is_object()) wrong("an object");
  const auto found = value_->find(key);
  return FilePart(*file_, name_.empty() ? key : name_ + "." + key, found == value_->end() ? null : *found);
}

std::vector<FilePart> FilePart::items() const {
  if (!value_->is_array()) wrong("a list");
  std::vector<FilePart> parts;
  for (const json& item : *value_) {
    parts.emplace_back(*file_, name_ + "[" + std::to_string(parts.size()) + "]", item);
  }
  return parts;
}

std::string FilePart::as_string() const {
  if (!value_->is_string()) wrong("a text");
  return value_->get<std::string>();
}

bool FilePart::as_bool() const {
  if (!value_->is_boolean()) wrong("true or false");
  return value_->get<bool>();
}

double FilePart::as_number() const {
  if (!value_->is_number()) wrong("a number");
  return value_->get<double>();
}

int32_t FilePart::as_count(int64_t max) const {
  const bool is_count = value_->is_number_integer() && (value_->is_number_unsigned() || value_->get<int64_t>() >= 0);
  if (!is_count || value_->get<uint64_t>() > static_cast<uint64_t>(max)) {
    wrong("a whole number from 0 to " + std::to_string(max));
  }
  return value_->get<int32_t>();
}

size_t FilePart::size() const {
  if (!value_->is_array()) wrong("a list");
  return value_->size();
}

FilePart FilePart::item(size_t i) const {
  return FilePart(*file_, name_ + "[" + std::to_string(i) + "]", (*value_)[i]);
}

std::string_view FilePart::text_at(size_t i) const {
  const json& value = (*value_)[i];
  return value.is_string() ? std::string_view(value.get_ref<const std::string&>()) : std::string_view();
}

std::pair<std::string_view, std::string_view> FilePart::pair_at(size_t i) const {
  const json& value = (*value_)[i];
  if (value.is_string()) {
    const std::string_view text = value.get_ref<const std::string&>();
    const size_t space = text.find(' ');
    if (space != text.npos && text.find(' ', space + 1) == text.npos) {
      return {text.substr(0, space), text.substr(space + 1)};
    }
  } else if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string()) {
    return {value[0].get_ref<const std::string&>(), value[1].get_ref<const std::string&>()};
  }
  item(i).wrong("two tokens (\"a b\" or [\"a\", \"b\"])");
}

std::pair<std::string_view, double> FilePart::scored_at(size_t i) const {
  const json& value = (*value_)[i];
  if (!value.is_array() || value.size() != 2 || !value[0].is_string() || !value[1].is_number()) {
    item(i).wrong("a token and its score ([\"a\", -1.5])");
  }
  return {value[0].get_ref<const std::string&>(), value[1].get<double>()};
}

std::string FilePart::shown() const { return mtlora::shown(*value_); }

std::string FilePart::type() const { return at("type").as_string(); }

void FilePart::fail(const std::string& what) const {
  throw bad_input(file_->string() + ": " + name_ + " " + what + ".", other_file_hint);
}

void FilePart::unsupported(const std::string& type, const std::string& supported) const {
  fail("is of type " + type + ", which is not supported (" + supported + " is)");
}

void FilePart::wrong(const std::string& expected) const {
  fail("should be " + expected + ", " + (is_null() ? "but is not there" : "found " + shown()));
}

TokenizerFile read_tokenizer_file(const Path& path) {
  TokenizerFile file{path, {}, {}};
  const std::string text = read_file(path);
  try {
    file.parts = json::parse(text, VocabularyReader(file));
  } catch (const json::exception& error) {  // a number that is too large is no parse_error
    std::string reason = error.what();      // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    reason.erase(0, reason.find("] ") + 2);
    throw bad_input(path.string() + ": not valid JSON, " + reason + ".", "Fetch the model folder again.");
  }
  if (!file.parts.is_object()) {
    throw bad_input(path.string() + ": should hold a JSON object, found " + shown(file.parts) + ".", other_file_hint);
  }
  add_scored_vocabulary(file);
  return file;
}

}  // namespace mtlora
