// tokenizer.json as it lies on disk: the vocabulary in its table, all else as JSON, with the words to name a part that
// is at fault.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "text/vocabulary.h"

namespace mtlora {

// One value of the file. The accessors throw Error(BadInput) that names file, part, what was expected and what is
// there.
class FilePart {
 public:
  FilePart(const Path& file, std::string name, const nlohmann::json& value)
      : file_(&file), name_(std::move(name)), value_(&value) {}

  bool is_null() const { return value_->is_null(); }
  bool is_list() const { return value_->is_array(); }
  bool has(const std::string& key) const { return value_->is_object() && value_->contains(key); }
  FilePart at(const std::string& key) const;  // null where an object lacks it
  std::vector<FilePart> items() const;        // of an array

  std::string as_string() const;
  bool as_bool() const;
  double as_number() const;
  int32_t as_count(int64_t max) const;  // 0 .. max
  std::string as_string_or(const std::string& otherwise) const { return is_null() ? otherwise : as_string(); }
  bool as_bool_or(bool otherwise) const { return is_null() ? otherwise : as_bool(); }
  std::string type() const;  // the member "type"

  // Of a long array, without naming each element.
  size_t size() const;
  FilePart item(size_t i) const;
  std::string_view text_at(size_t i) const;                               // "" where it is no text
  std::pair<std::string_view, std::string_view> pair_at(size_t i) const;  // of "a b" or ["a", "b"]
  std::pair<std::string_view, double> scored_at(size_t i) const;          // of ["a", −1.5]

  std::string shown() const;  // as it stands in the file, cut short

  // "FILE: PART WHAT."
  [[noreturn]] void fail(const std::string& what) const;
  // Refuses a part of a type that this program doesn't know.
  [[noreturn]] void unsupported(const std::string& type, const std::string& supported) const;

 private:
  [[noreturn]] void wrong(const std::string& expected) const;

  const Path* file_;
  std::string name_;
  const nlohmann::json* value_;
};

struct TokenizerFile {
  Path path;              // of the file that the vocabulary is from
  nlohmann::json parts;   // without model.vocab, if it is an object
  Vocabulary vocabulary;  // model.vocab, an object of token: id or (Unigram, where it is in parts too) a list
  FilePart part(const std::string& key) const { return FilePart(path, "", parts).at(key); }
};

// A tokenizer.json. Blocks. Throws Error(File) and Error(BadInput).
TokenizerFile read_tokenizer_file(const Path& path);

// A model folder's tokenizer: tokenizer.json, else what the other files that tokenizers come in say, in its form (see
// file_kinds.h). Blocks. Throws Error(File) and Error(BadInput).
TokenizerFile read_tokenizer(const Path& folder);

// The files that read_tokenizer reads there, the vocabulary's first (config.json, which is the model's, not counted).
// None where the folder holds no tokenizer.
std::vector<Path> tokenizer_files(const Path& folder);

}  // namespace mtlora
