// The synonym stage of METEOR: WordNet's sets of synonyms, read from the database's own files.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/files.h"

namespace mtlora {

// METEOR 1.5 brings the same facts of WordNet 3.0 in files of its own. It tells synonym sets apart by their offset in
// the database alone, whatever their part of speech, so that a noun and a verb with the same offset ("entity",
// "breathe") are synonyms to it; that is kept. Debian's wordnet-base has three corrected glosses behind which offsets
// differ from WordNet 3.0's; they are led back to those.
class MeteorSynonyms {
 public:
  // `folder`: index.noun, .verb, .adj, .adv and noun.exc and so on. Blocks (about 50 ms). Throws Error(File).
  explicit MeteorSynonyms(const Path& folder);

  // The synonym sets of a word in lower case and of its base forms, in order; words that share one are synonyms.
  std::vector<int32_t> sets(const std::string& word) const;

 private:
  void read_index(const Path& path, bool verbs, bool adjectives);
  std::string base_form(const std::string& word) const;

  std::unordered_map<std::string, std::vector<int32_t>> sets_;
  std::unordered_map<std::string, std::vector<std::string>> irregular_;  // word to its base forms
};

}  // namespace mtlora
