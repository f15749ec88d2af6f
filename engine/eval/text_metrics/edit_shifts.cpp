#include "eval/text_metrics/edit_shifts.h"

#include <algorithm>

namespace mtlora {

NumberedWords number_words(const std::vector<std::string_view>& hypothesis,
                           const std::vector<std::string_view>& reference) {
  std::vector<std::string_view> known = hypothesis;
  known.insert(known.end(), reference.begin(), reference.end());
  std::ranges::sort(known);
  const auto number = [&known](const std::vector<std::string_view>& words) {
    std::vector<int> numbers;
    numbers.reserve(words.size());
    for (const std::string_view word : words) {
      numbers.push_back(static_cast<int>(std::ranges::lower_bound(known, word) - known.begin()));
    }
    return numbers;
  };
  return {number(hypothesis), number(reference)};
}

std::vector<int> moved(const std::vector<int>& words, const BlockMove& move) {
  std::vector<int> result = words;
  const int to = std::min(move.to, static_cast<int>(words.size()) - move.length);
  const auto at = [&result](int index) { return result.begin() + index; };
  if (to < move.start) {
    std::rotate(at(to), at(move.start), at(move.start + move.length));
  } else {
    std::rotate(at(move.start), at(move.start + move.length), at(to + move.length));
  }
  return result;
}

EditAlignment align_by(const std::vector<EditStep>& path) {
  EditAlignment alignment;
  for (const EditStep step : path) {
    const bool wrong = step != EditStep::Match;
    if (step != EditStep::Insert) alignment.hypothesis_wrong.push_back(wrong);
    if (step == EditStep::Delete) continue;
    alignment.reference_wrong.push_back(wrong);
    alignment.reference_to_hypothesis.push_back(static_cast<int>(alignment.hypothesis_wrong.size()) - 1);
  }
  return alignment;
}

bool any_wrong(const std::vector<bool>& wrong, int start, int length) {
  return std::any_of(wrong.begin() + start, wrong.begin() + start + length, [](bool word) { return word; });
}

}  // namespace mtlora
