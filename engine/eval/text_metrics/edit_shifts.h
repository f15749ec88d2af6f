// What the three translation edit rates share: words as numbers, moving a block of words, and which words of an edit
// path are right. The rates differ in how they search for the edit path and for the blocks to move; each says so.
#pragma once

#include <string_view>
#include <vector>

namespace mtlora {

// Words of a hypothesis and of a reference, each word a number: equal where the words are equal, and ordered as the
// words are (by code points).
struct NumberedWords {
  std::vector<int> hypothesis, reference;
};
NumberedWords number_words(const std::vector<std::string_view>& hypothesis,
                           const std::vector<std::string_view>& reference);

// A block of words [start, start + length) that is taken out and put back so that its first word stands at `to`
// (at most where the block ends with the text).
struct BlockMove {
  int start = 0, length = 0, to = 0;
};
std::vector<int> moved(const std::vector<int>& words, const BlockMove& move);

// One step from the hypothesis to the reference.
enum class EditStep : char {
  Match,
  Substitute,
  Insert,
  Delete
};  // Insert a word of the reference, Delete one of the hypothesis

// An edit path read word by word.
struct EditAlignment {
  std::vector<bool> hypothesis_wrong, reference_wrong;  // words that are not part of a match
  // For each word of the reference the word of the hypothesis it is matched to or put for; for an inserted one the
  // last word of the hypothesis before it, −1 before all.
  std::vector<int> reference_to_hypothesis;
};
EditAlignment align_by(const std::vector<EditStep>& path);

// Whether one of the words [start, start + length) is wrong.
bool any_wrong(const std::vector<bool>& wrong, int start, int length);

// The least number of edits of a hypothesis against several references, and the mean length of those, in words.
struct SegmentEdits {
  double edits = 0, reference_words = 0;
};

}  // namespace mtlora
