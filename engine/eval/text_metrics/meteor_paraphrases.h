// The paraphrase stage of METEOR: its table of phrases that mean the same.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/files.h"

namespace mtlora {

// A phrase as the numbers of its words.
using Phrase = std::vector<int>;

// Of METEOR's table (paraphrase-en.gz) what can occur in texts of known words: the rest never matches.
class MeteorParaphrases {
 public:
  MeteorParaphrases() = default;  // an empty table

  // `table`: gzip, three lines an entry: probability, phrase, paraphrase. `word_numbers`: the words of the texts.
  // Blocks (seconds for the 62 MB of the English table). Throws Error(File).
  MeteorParaphrases(const Path& table, const std::unordered_map<std::string, int>& word_numbers);

  // The paraphrases of a phrase, in the table's order.
  const std::vector<Phrase>& of(const Phrase& phrase) const;
  size_t longest_phrase() const { return longest_phrase_; }  // words

 private:
  struct Hash {
    size_t operator()(const Phrase& phrase) const;
  };
  std::unordered_map<Phrase, std::vector<Phrase>, Hash> table_;
  size_t longest_phrase_ = 0;
};

}  // namespace mtlora
