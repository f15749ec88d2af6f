#include "eval/text_metrics/meteor_paraphrases.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace mtlora {

namespace {

// The lines of a gzip file, one after another.
class GzipLines {
 public:
  explicit GzipLines(const Path& path)
      : path_(path), file_(gzopen(path.c_str(), "rb")), buffer_(size_t{1} << 20, '\0') {
    if (!file_) throw file_error(path.string() + " cannot be read: " + std::strerror(errno));
  }

  // Valid until the next call; nothing at the end of the file.
  std::optional<std::string_view> next() {
    while (true) {
      const char* const start = buffer_.data() + start_;
      if (const void* end = std::memchr(start, '\n', filled_ - start_)) {
        const auto length = static_cast<size_t>(static_cast<const char*>(end) - start);
        start_ += length + 1;
        return std::string_view(start, length);
      }
      if (!fill()) break;
    }
    if (start_ == filled_) return std::nullopt;
    const std::string_view last(buffer_.data() + start_, filled_ - start_);
    start_ = filled_;
    return last;
  }

 private:
  bool fill() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(start_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
    filled_ -= start_;
    start_ = 0;
    if (filled_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
    const int read = gzread(file_.get(), buffer_.data() + filled_, static_cast<unsigned>(buffer_.size() - filled_));
    int code = Z_OK;
    const char* reason = gzerror(file_.get(), &code);
    if (read < 0 || code != Z_OK) {
      throw file_error(path_.string() + " cannot be unpacked: " + (code == Z_ERRNO ? std::strerror(errno) : reason));
    }
    filled_ += static_cast<size_t>(read);
    return read > 0;
  }

  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  Path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::string buffer_;
  size_t start_ = 0, filled_ = 0;
};

// Whether all words of `line` are known; `phrase` gets their numbers.
bool read_phrase(std::string_view line, const std::unordered_map<std::string, int>& word_numbers, Phrase& phrase) {
  phrase.clear();
  std::string word;
  for (size_t start = 0; start < line.size();) {
    const size_t end = std::min(line.find_first_of(" \t\r\f", start), line.size());
    if (end > start) {
      word.assign(line, start, end - start);
      const auto found = word_numbers.find(word);
      if (found == word_numbers.end()) return false;
      phrase.push_back(found->second);
    }
    start = end + 1;
  }
  return true;
}

}  // namespace

MeteorParaphrases::MeteorParaphrases(const Path& table, const std::unordered_map<std::string, int>& word_numbers) {
  GzipLines lines(table);
  Phrase phrase, paraphrase;
  size_t entries = 0;
  while (lines.next()) {  // the probability, which METEOR does not use
    const std::optional<std::string_view> first = lines.next();
    const bool known = first && read_phrase(*first, word_numbers, phrase) && !phrase.empty();
    const std::optional<std::string_view> second = first ? lines.next() : std::nullopt;
    if (!second) {
      throw file_error(table.string() + " ends within entry " + std::to_string(entries + 1) + ": expected three lines",
                       "Use METEOR's own file, such as paraphrase-en.gz.");
    }
    ++entries;
    if (!known || !read_phrase(*second, word_numbers, paraphrase) || paraphrase.empty()) continue;
    table_[phrase].push_back(paraphrase);
    longest_phrase_ = std::max(longest_phrase_, phrase.size());
  }
}

const std::vector<Phrase>& MeteorParaphrases::of(const Phrase& phrase) const {
  static const std::vector<Phrase> none;
  const auto found = table_.find(phrase);
  return found == table_.end() ? none : found->second;
}

size_t MeteorParaphrases::Hash::operator()(const Phrase& phrase) const {
  size_t hash = phrase.size();
  for (const int word : phrase) hash = hash * 1000003 + static_cast<size_t>(word);
  return hash;
}

}  // namespace mtlora
