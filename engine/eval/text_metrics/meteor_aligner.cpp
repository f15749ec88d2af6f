#include "eval/text_metrics/meteor_aligner.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace mtlora {

namespace {

constexpr size_t kBeamSize = 40;

// All matches, by where they start in the reference.
struct Candidates {
  std::vector<std::vector<MeteorMatch>> starting_at;
  std::vector<int> hypothesis_cover, reference_cover;  // how many matches cover a word

  void add(const MeteorMatch& match) {
    starting_at[static_cast<size_t>(match.start)].push_back(match);
    for (int k = 0; k < match.length; ++k) ++reference_cover[static_cast<size_t>(match.start + k)];
    for (int k = 0; k < match.hypothesis_length; ++k) {
      ++hypothesis_cover[static_cast<size_t>(match.hypothesis_start + k)];
    }
  }
};

bool share_an_element(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) return true;
    a[i] < b[j] ? ++i : ++j;
  }
  return false;
}

bool matches(const MeteorWord& hypothesis, const MeteorWord& reference, MeteorStage stage) {
  const bool same = hypothesis.key == reference.key;
  if (stage == kExact) return same;
  if (stage == kStem) return !same && hypothesis.stem_key == reference.stem_key;
  return !same && share_an_element(hypothesis.synonym_sets, reference.synonym_sets);
}

// Calls `use` with (start, length, start in the other text, length there) for each phrase of `text` of which a
// paraphrase stands in `other`.
template <typename Use>
void for_each_paraphrase(const std::vector<int>& text, const std::vector<int>& other,
                         const MeteorParaphrases& paraphrases, Use use) {
  for (size_t start = 0; start < text.size(); ++start) {
    Phrase phrase;
    while (start + phrase.size() < text.size() && phrase.size() < paraphrases.longest_phrase()) {
      phrase.push_back(text[start + phrase.size()]);
      for (const Phrase& paraphrase : paraphrases.of(phrase)) {
        for (auto at = other.begin();; ++at) {
          at = std::search(at, other.end(), paraphrase.begin(), paraphrase.end());
          if (at == other.end()) break;
          use(static_cast<int>(start), static_cast<int>(phrase.size()), static_cast<int>(at - other.begin()),
              static_cast<int>(paraphrase.size()));
        }
      }
    }
  }
}

Candidates find_candidates(const std::vector<int>& hypothesis, const std::vector<int>& reference,
                           const std::vector<MeteorWord>& words, const MeteorParaphrases& paraphrases) {
  Candidates candidates{std::vector<std::vector<MeteorMatch>>(reference.size()), std::vector<int>(hypothesis.size()),
                        std::vector<int>(reference.size())};
  const auto word = [&words](int index) -> const MeteorWord& { return words[static_cast<size_t>(index)]; };
  // Of equal texts exact matches suffice.
  const bool equal = std::ranges::equal(
      hypothesis, reference, {}, [&](int i) { return word(i).key; }, [&](int i) { return word(i).key; });
  for (const MeteorStage stage : {kExact, kStem, kSynonym}) {
    if (equal && stage != kExact) return candidates;
    for (size_t j = 0; j < reference.size(); ++j) {
      for (size_t i = 0; i < hypothesis.size(); ++i) {
        if (!matches(word(hypothesis[i]), word(reference[j]), stage)) continue;
        candidates.add({static_cast<int>(j), 1, static_cast<int>(i), 1, stage});
      }
    }
  }
  for_each_paraphrase(reference, hypothesis, paraphrases, [&](int start, int length, int there, int length_there) {
    candidates.add({start, length, there, length_there, kParaphrase});
  });
  for_each_paraphrase(hypothesis, reference, paraphrases, [&](int start, int length, int there, int length_there) {
    candidates.add({there, length_there, start, length, kParaphrase});
  });
  return candidates;
}

// How a partial alignment stands.
struct Standing {
  int covered = 0;  // words of both texts, where a match of one word that is not exact counts nothing
  int chunks = 0, distance = 0;
  int next = 0;       // word of the reference behind the last match or gap
  int last_end = -1;  // word of the hypothesis behind the last match, −1 behind a gap

  auto rank() const { return std::tuple(-covered, chunks, distance); }

  void take(const MeteorMatch& match) {
    // Half a word each, rounded down at every match: METEOR sums whole numbers.
    const int share = match.stage == kExact ? 1 : 2;
    covered += match.hypothesis_length / share + match.length / share;
    if (last_end != -1 && match.hypothesis_start != last_end) ++chunks;
    next = match.start + match.length;
    last_end = match.hypothesis_start + match.hypothesis_length;
  }
  void close_chunk() {
    if (last_end != -1) ++chunks;
    last_end = -1;
  }
};

struct SearchPath {
  Standing standing;
  std::vector<const MeteorMatch*> matches;  // by where they start in the reference
  std::vector<bool> hypothesis_used, reference_used;

  bool is_free(const MeteorMatch& match) const {
    for (int k = 0; k < match.length; ++k) {
      if (reference_used[static_cast<size_t>(match.start + k)]) return false;
    }
    for (int k = 0; k < match.hypothesis_length; ++k) {
      if (hypothesis_used[static_cast<size_t>(match.hypothesis_start + k)]) return false;
    }
    return true;
  }
  void set(const MeteorMatch& match) {
    matches[static_cast<size_t>(match.start)] = &match;
    for (int k = 0; k < match.length; ++k) reference_used[static_cast<size_t>(match.start + k)] = true;
    for (int k = 0; k < match.hypothesis_length; ++k) {
      hypothesis_used[static_cast<size_t>(match.hypothesis_start + k)] = true;
    }
  }
};

// A path one word further, before it is known to be among the best.
struct Extension {
  Standing standing;
  size_t path;
  const MeteorMatch* match;  // null where no match was taken
};

// Matches that no other overlaps are taken at once.
SearchPath fixed_matches(const Candidates& candidates) {
  SearchPath path{{},
                  std::vector<const MeteorMatch*>(candidates.reference_cover.size(), nullptr),
                  std::vector<bool>(candidates.hypothesis_cover.size()),
                  std::vector<bool>(candidates.reference_cover.size())};
  for (const std::vector<MeteorMatch>& starting : candidates.starting_at) {
    if (starting.size() != 1) continue;
    const MeteorMatch& match = starting[0];
    const auto alone = [](const std::vector<int>& cover, int start, int length) {
      return std::all_of(cover.begin() + start, cover.begin() + start + length, [](int count) { return count == 1; });
    };
    if (alone(candidates.reference_cover, match.start, match.length) &&
        alone(candidates.hypothesis_cover, match.hypothesis_start, match.hypothesis_length)) {
      path.set(match);
    }
  }
  return path;
}

// The ways on from a path at word `current` of the reference.
void extend(const SearchPath& path, size_t index, const std::vector<MeteorMatch>& starting, int current,
            std::vector<Extension>& extensions) {
  Standing standing = path.standing;
  if (path.reference_used[static_cast<size_t>(current)]) {
    if (current >= standing.next) {
      const MeteorMatch* fixed = path.matches[static_cast<size_t>(standing.next)];
      if (!fixed) return;
      standing.take(*fixed);
      standing.distance += std::abs(fixed->start - fixed->hypothesis_start);
    }
    extensions.push_back({standing, index, nullptr});
    return;
  }
  for (const MeteorMatch& match : starting) {
    if (!path.is_free(match)) continue;
    Extension extension{standing, index, &match};
    extension.standing.take(match);
    extensions.push_back(extension);
    // As METEOR has it: the distance counts for the paths that are made after this one, not for this one.
    standing.distance += std::abs(match.start - match.hypothesis_start);
  }
  standing.close_chunk();
  ++standing.next;
  extensions.push_back({standing, index, nullptr});
}

SearchPath best_path(const Candidates& candidates) {
  std::vector<SearchPath> paths = {fixed_matches(candidates)};
  std::vector<Extension> extensions;
  const size_t count = candidates.starting_at.size();
  for (size_t current = 0; current < count; ++current) {
    extensions.clear();
    for (size_t index = 0; index < paths.size(); ++index) {
      extend(paths[index], index, candidates.starting_at[current], static_cast<int>(current), extensions);
    }
    if (extensions.empty()) extensions.push_back({paths[0].standing, 0, nullptr});
    std::ranges::stable_sort(extensions, {}, [](const Extension& extension) { return extension.standing.rank(); });
    std::vector<SearchPath> next;
    for (size_t rank = 0; rank < std::min(kBeamSize, extensions.size()); ++rank) {
      const Extension& extension = extensions[rank];
      next.push_back(paths[extension.path]);
      next.back().standing = extension.standing;
      if (extension.match) next.back().set(*extension.match);
    }
    paths = std::move(next);
  }
  for (SearchPath& path : paths) path.standing.close_chunk();
  return *std::ranges::min_element(paths, {}, [](const SearchPath& path) { return path.standing.rank(); });
}

}  // namespace

MeteorAlignment meteor_align(const std::vector<int>& hypothesis, const std::vector<int>& reference,
                             const std::vector<MeteorWord>& words, const MeteorParaphrases& paraphrases) {
  const Candidates candidates = find_candidates(hypothesis, reference, words, paraphrases);
  const SearchPath path = best_path(candidates);
  MeteorAlignment alignment;
  Standing standing;
  for (size_t i = 0; i < path.matches.size();) {
    const MeteorMatch* match = path.matches[i];
    if (match) {
      alignment.matches.push_back(*match);
      standing.take(*match);
      i = static_cast<size_t>(match->start + match->length);
    } else {
      standing.close_chunk();
      ++i;
    }
  }
  standing.close_chunk();
  alignment.chunks = standing.chunks;
  return alignment;
}

}  // namespace mtlora
