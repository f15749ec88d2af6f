// What becomes of the matches at which a text is split. "the-final--countdown" at "-":
//   Removed             the|final|countdown
//   Isolated            the|-|final|-|-|countdown
//   MergedWithPrevious  the-|final-|-|countdown
//   MergedWithNext      the|-final|-|-countdown
//   Contiguous          the|-|final|--|countdown
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "text/tokenizer_file.h"
#include "text/utf8.h"

namespace mtlora {

enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

inline SplitBehavior read_split_behavior(const FilePart& part) {
  using enum SplitBehavior;
  const std::string name = part.as_string();
  if (name == "Removed") return Removed;
  if (name == "Isolated") return Isolated;
  if (name == "MergedWithPrevious") return MergedWithPrevious;
  if (name == "MergedWithNext") return MergedWithNext;
  if (name == "Contiguous") return Contiguous;
  part.fail("should be Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous, found " + name);
}

// Calls emit(start, end) for the parts of a text of `size` bytes. `invert`: what lies between the matches counts as
// match, and a match as what lies between.
template <typename Emit>
void split_at(std::span<const Span> matches, uint32_t size, SplitBehavior behavior, bool invert, Emit emit) {
  // Matches and what lies between, in order: each(part, is_match).
  const auto each_part = [&](auto each) {
    uint32_t done = 0;
    for (const Span& match : matches) {
      if (done != match.start) each(Span{done, match.start}, invert);
      each(match, !invert);
      done = match.end;
    }
    if (done != size) each(Span{done, size}, invert);
  };
  if (behavior == SplitBehavior::Removed || behavior == SplitBehavior::Isolated) {
    return each_part([&](Span part, bool is_match) {
      if (!is_match || behavior == SplitBehavior::Isolated) emit(part.start, part.end);
    });
  }
  if (behavior == SplitBehavior::MergedWithNext) {
    // A match goes with the part behind it, unless that is a match: it is held until that is known.
    bool holds = false;
    Span held{};
    each_part([&](Span part, bool is_match) {
      if (holds && is_match) emit(held.start, held.end);
      if (is_match) {
        held = part;
      } else {
        emit(holds ? held.start : part.start, part.end);
      }
      holds = is_match;
    });
    if (holds) emit(held.start, held.end);
    return;
  }
  // A part is held until it is known whether the next one joins it.
  bool holds = false, last_is_match = false;
  Span held{};
  each_part([&](Span part, bool is_match) {
    const bool joins = behavior == SplitBehavior::Contiguous ? is_match == last_is_match : is_match && !last_is_match;
    if (holds && joins) {
      held.end = part.end;
    } else {
      if (holds) emit(held.start, held.end);
      held = part;
      holds = true;
    }
    last_is_match = is_match;
  });
  if (holds) emit(held.start, held.end);
}

}  // namespace mtlora
