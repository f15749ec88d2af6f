// Scores of files of texts.
#include <algorithm>

#include "api/api.h"
#include "base/error.h"
#include "base/json.h"
#include "base/lines.h"
#include "eval/text_metrics/words.h"
#include "text/utf8.h"

namespace mtlora {

namespace {

std::vector<std::string> lines_of(const Path& path) {
  std::string text = read_file(path);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);  // the byte order mark that some editors write
  const std::vector<std::string_view> lines = split_lines(text);
  return {lines.begin(), lines.end()};
}

bool is_blank(const std::string& line) {
  std::string storage;
  return without_trailing_space(valid_utf8(line, storage)).empty();
}

// References of each text. Blank lines in a row end one block, not several, so none is without a line.
std::vector<std::vector<std::string>> blocks_of(const Path& path) {
  std::vector<std::vector<std::string>> blocks;
  bool open = false;
  for (std::string& line : lines_of(path)) {
    if (is_blank(line)) {
      open = false;
      continue;
    }
    if (!open) blocks.emplace_back();
    open = true;
    blocks.back().push_back(std::move(line));
  }
  return blocks;
}

std::string counted(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::vector<TextScore> score_files(const std::vector<std::string>& metrics, const TextFiles& files) {
  if (files.references.empty() == files.reference_blocks.empty()) {
    throw bad_input("the references are either files with one of each text a line, or one file with blocks of them",
                    "Name one of the two.");
  }
  ScoredTexts texts;
  texts.lowercase = files.lowercase;
  texts.tokenize = files.tokenize;
  texts.hypotheses = lines_of(files.hypotheses);
  const size_t count = texts.hypotheses.size();
  const std::string hypotheses = quoted(files.hypotheses) + " has " + counted(count, "text");
  if (count == 0) throw bad_input(quoted(files.hypotheses) + " has no text to score");

  if (!files.reference_blocks.empty()) {
    texts.references = blocks_of(files.reference_blocks);
    if (texts.references.size() != count) {
      throw bad_input(hypotheses + " and " + quoted(files.reference_blocks) + " " +
                          counted(texts.references.size(), "block") + " of references",
                      "Each text needs one block, with a blank line between blocks.");
    }
  } else {
    texts.references.resize(count);
  }
  for (const Path& path : files.references) {
    std::vector<std::string> lines = lines_of(path);
    if (lines.size() != count) {
      throw bad_input(hypotheses + " and " + quoted(path) + " " + counted(lines.size(), "reference"),
                      "Each line of the one belongs to the same line of the other.");
    }
    for (size_t i = 0; i < count; ++i) texts.references[i].push_back(std::move(lines[i]));
  }
  if (files.max_references > 0) {
    for (auto& references : texts.references) references.resize(std::min(references.size(), files.max_references));
  }
  return score_texts(metrics, texts);
}

}  // namespace mtlora
