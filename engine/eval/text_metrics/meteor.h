// METEOR 1.5 for English.
#pragma once

#include <array>
#include <optional>

#include "base/files.h"
#include "eval/text_metrics/meteor_aligner.h"
#include "eval/text_metrics/metric_result.h"

namespace mtlora {

// What METEOR reads beside the texts.
struct MeteorFiles {
  Path resources;                   // function_words.txt, nonbreaking_prefixes.txt
  Path wordnet;                     // WordNet's database files (index.noun and so on)
  std::optional<Path> paraphrases;  // METEOR's table; without it there is no paraphrase stage
};

// resources/meteor of the program; the folder that MTLORA_WORDNET names, else /usr/share/wordnet; the table that
// MTLORA_METEOR_PARAPHRASES names, else resources/meteor/paraphrase-en.gz where it exists. Throws Error(BadInput)
// where WordNet or a table that was named is missing.
MeteorFiles meteor_files();

// Counts of a text against a reference, or summed over texts.
struct MeteorCounts {
  struct Matches {
    double content = 0, function = 0;  // words
  };
  struct Side {
    double words = 0, function_words = 0;
    std::array<Matches, kMeteorStages> matches;
    double all_matches() const;
  };
  Side hypothesis, reference;
  double chunks = 0;

  // The fragmentation of a text that is matched whole in one chunk is 0; it adds no chunk.
  bool is_perfect() const;
  void add(const MeteorCounts& other);
  double score() const;  // 0 to 1
};

// Of each text the counts against the reference with the best score, the first of those; METEOR's options -l en -norm.
// Blocks (seconds for thousands of texts; some more with the paraphrase table). Throws Error(BadInput) for texts of
// much more than 3000 words.
std::vector<MeteorCounts> meteor_counts(const ScoredTexts& texts, const MeteorFiles& files);

// 0 to 1: the score of the summed counts, METEOR's "Final score". The details are METEOR's "Eval ID" and whether the
// paraphrase table was used. Denkowski and Lavie, "Meteor Universal" (2014), parameters of the ranking task for
// English.
MetricResult meteor(const ScoredTexts& texts, const MeteorFiles& files);
MetricResult meteor(const ScoredTexts& texts);  // with meteor_files()

// Of Penn Treebank tokens without punctuation, as the E2E scripts call METEOR, and of NLTK's words, as WebNLG's
// GenerationEval does.
MetricResult meteor_e2e(const ScoredTexts& texts);
MetricResult meteor_webnlg(const ScoredTexts& texts);

}  // namespace mtlora
