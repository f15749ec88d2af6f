// METEOR's alignment of a hypothesis with a reference.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eval/text_metrics/meteor_paraphrases.h"

namespace mtlora {

// A word of the texts, once. METEOR compares words by Java's hash of them; so that a collision is one here too
// ("an" and "c0"), words are equal where their keys are.
struct MeteorWord {
  int32_t key = 0, stem_key = 0;
  bool function_word = false;         // one of METEOR's frequent words
  std::vector<int32_t> synonym_sets;  // in order
};

enum MeteorStage : uint8_t { kExact, kStem, kSynonym, kParaphrase, kMeteorStages };

// A phrase of the hypothesis matched with one of the reference.
struct MeteorMatch {
  int start = 0, length = 0;                        // in the reference, words
  int hypothesis_start = 0, hypothesis_length = 0;  // in the hypothesis
  MeteorStage stage = kExact;
};

// Matches of words that follow each other in both texts without a gap are one chunk.
struct MeteorAlignment {
  std::vector<MeteorMatch> matches;  // in the reference's order, no word twice
  int chunks = 0;
};

// The alignment that METEOR 1.5 chooses: most words covered (a stem, a synonym and a paraphrase of one word counting
// nothing against an exact match), then fewest chunks, then least distance, by a beam search of 40 along the reference
// (Denkowski and Lavie 2014). `hypothesis` and `reference` are indices into `words` and, for `paraphrases`, the same
// numbers.
MeteorAlignment meteor_align(const std::vector<int>& hypothesis, const std::vector<int>& reference,
                             const std::vector<MeteorWord>& words, const MeteorParaphrases& paraphrases);

}  // namespace mtlora
