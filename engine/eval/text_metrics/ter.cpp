#include "eval/text_metrics/ter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <tuple>

#include "eval/text_metrics/sacrebleu_signature.h"
#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

// Of sacrebleu's lib_ter.py.
constexpr int kLongestMove = 10;       // words
constexpr int kFarthestMove = 50;      // words between the block's places in the two texts
constexpr int kBeamWidth = 25;         // cells each side of the diagonal
constexpr int kMostCandidates = 1000;  // of a pair of texts

constexpr int kUnreached = std::numeric_limits<int>::max() / 2;

// The edit distance of a hypothesis to a reference, near the diagonal only: row i is of the first i words of the
// hypothesis, column j of the first j words of the reference. The rows of the hypothesis are kept, so that another
// order of its words costs only the rows behind the first word that moved.
class BandedDistance {
 public:
  BandedDistance(std::vector<int> hypothesis, const std::vector<int>& reference)
      : hypothesis_(std::move(hypothesis)),
        reference_(reference),
        words_(static_cast<int>(hypothesis_.size())),
        columns_(static_cast<int>(reference.size()) + 1),
        ratio_(words_ ? static_cast<double>(columns_ - 1) / words_ : 1),
        // Where the lengths differ so much that neighbouring rows would not overlap, the beam is wider.
        beam_(kBeamWidth < ratio_ / 2 ? static_cast<int>(std::ceil(ratio_ / 2 + kBeamWidth)) : kBeamWidth),
        rows_(static_cast<size_t>(words_ + 1)) {
    rows_[0].costs.resize(static_cast<size_t>(columns_));
    rows_[0].steps.assign(rows_[0].costs.size(), EditStep::Insert);
    std::iota(rows_[0].costs.begin(), rows_[0].costs.end(), 0);
    fill_from(1);
  }

  const std::vector<int>& hypothesis() const { return hypothesis_; }
  int distance() const { return rows_.back().cost(columns_ - 1); }

  // Of the same words in an order that differs from word `first` on.
  int distance_of(const std::vector<int>& words, int first) {
    const Row* previous = &rows_[static_cast<size_t>(first)];
    for (int i = first + 1; i <= words_; ++i) {
      Row& row = scratch_[i % 2];
      fill_row(i, words[static_cast<size_t>(i) - 1], *previous, row);
      previous = &row;
    }
    return previous->cost(columns_ - 1);
  }

  void reorder(std::vector<int> words, int first) {
    hypothesis_ = std::move(words);
    fill_from(first + 1);
  }

  std::vector<EditStep> path() const {
    std::vector<EditStep> path;
    for (int i = words_, j = columns_ - 1; i > 0 || j > 0;) {
      const Row& row = rows_[static_cast<size_t>(i)];
      const EditStep step = row.steps[static_cast<size_t>(j - row.first)];
      path.push_back(step);
      if (step != EditStep::Insert) --i;
      if (step != EditStep::Delete) --j;
    }
    std::ranges::reverse(path);
    return path;
  }

 private:
  struct Row {
    int first = 0;  // column of the first cell that is kept
    std::vector<int> costs;
    std::vector<EditStep> steps;
    int cost(int column) const {
      const auto index = static_cast<size_t>(column - first);  // before the first: beyond all
      return index < costs.size() ? costs[index] : kUnreached;
    }
  };

  void fill_from(int first) {
    for (auto i = static_cast<size_t>(first); i < rows_.size(); ++i) {
      fill_row(static_cast<int>(i), hypothesis_[i - 1], rows_[i - 1], rows_[i]);
    }
  }

  // Of equally short ways the earliest of match or substitution, deletion, insertion.
  void fill_row(int i, int word, const Row& previous, Row& row) const {
    const int diagonal = static_cast<int>(std::floor(i * ratio_));
    row.first = std::max(0, diagonal - beam_);
    const int end = i == words_ ? columns_ : std::min(columns_, diagonal + beam_);
    row.costs.resize(static_cast<size_t>(end - row.first));
    row.steps.resize(row.costs.size());
    int left = kUnreached;
    for (int j = row.first; j < end; ++j) {
      int cost = previous.cost(j) + 1;
      EditStep step = EditStep::Delete;
      if (j > 0) {
        const bool same = word == reference_[static_cast<size_t>(j) - 1];
        const int across = previous.cost(j - 1) + (same ? 0 : 1);
        if (across <= cost) {
          cost = across;
          step = same ? EditStep::Match : EditStep::Substitute;
        }
        if (left + 1 < cost) {
          cost = left + 1;
          step = EditStep::Insert;
        }
      }
      left = std::min(cost, kUnreached);
      row.costs[static_cast<size_t>(j - row.first)] = left;
      row.steps[static_cast<size_t>(j - row.first)] = step;
    }
  }

  std::vector<int> hypothesis_;
  const std::vector<int>& reference_;
  int words_, columns_;
  double ratio_;
  int beam_;
  std::vector<Row> rows_;
  Row scratch_[2];
};

// Calls `use` with (start in the hypothesis, start in the reference, length) for runs of equal words, until it gives
// false. Runs of words that are all right are of no use and left out.
template <typename Use>
void for_each_common_run(const std::vector<int>& hypothesis, const std::vector<int>& reference,
                         const std::vector<bool>& hypothesis_wrong, Use use) {
  const int words = static_cast<int>(hypothesis.size()), reference_words = static_cast<int>(reference.size());
  for (int from = 0; from < words; ++from) {
    if (!any_wrong(hypothesis_wrong, from, std::min(kLongestMove, words - from))) continue;
    const int first = std::max(0, from - kFarthestMove);
    const int end = std::min(reference_words, from + kFarthestMove + 1);
    for (int at = first; at < end; ++at) {
      const int longest = std::min({kLongestMove, words - from, reference_words - at});
      for (int length = 1; length <= longest; ++length) {
        if (hypothesis[static_cast<size_t>(from + length) - 1] != reference[static_cast<size_t>(at + length) - 1]) {
          break;
        }
        if (!use(from, at, length)) return;
      }
    }
  }
}

// The best move of a block to where the reference has it: it saves the most edits; of those the longest, the
// earliest, and the one to the earliest place. Counts what it tries in `candidates`.
struct Candidate {
  int saved, length, start, target;
  std::vector<int> words;
  int first_changed;
  auto rank() const { return std::tuple(saved, length, -start, -target); }
};
std::optional<Candidate> best_move(BandedDistance& current, const std::vector<int>& reference, int& candidates) {
  const std::vector<int>& words = current.hypothesis();
  const EditAlignment alignment = align_by(current.path());
  const auto word_at = [&alignment](int position) {
    return alignment.reference_to_hypothesis[static_cast<size_t>(position)];
  };
  std::optional<Candidate> best;
  for_each_common_run(words, reference, alignment.hypothesis_wrong, [&](int start, int at, int length) {
    const bool useful =
        any_wrong(alignment.hypothesis_wrong, start, length) && any_wrong(alignment.reference_wrong, at, length);
    if (!useful || (word_at(at) >= start && word_at(at) < start + length)) return true;
    int last_target = -1;
    for (int offset = -1; offset < length; ++offset) {
      const int target = at + offset < 0 ? 0 : word_at(at + offset) + 1;
      if (target == last_target) continue;
      last_target = target;
      // Behind the block the target counts the words of the block too.
      const BlockMove move{start, length, target > start + length ? target - length : target};
      Candidate candidate{0, length, start, target, moved(words, move), std::min(start, move.to)};
      candidate.saved = current.distance() - current.distance_of(candidate.words, candidate.first_changed);
      ++candidates;
      if (!best || candidate.rank() > best->rank()) best = std::move(candidate);
    }
    return candidates < kMostCandidates;
  });
  return best;
}

int edits(const std::vector<std::string_view>& hypothesis, const std::vector<std::string_view>& reference) {
  if (reference.empty()) return static_cast<int>(hypothesis.size());
  NumberedWords words = number_words(hypothesis, reference);
  BandedDistance current(std::move(words.hypothesis), words.reference);
  int moves = 0, candidates = 0;
  while (true) {
    std::optional<Candidate> best = best_move(current, words.reference, candidates);
    if (candidates >= kMostCandidates || !best || best->saved <= 0) return moves + current.distance();
    current.reorder(std::move(best->words), best->first_changed);
    ++moves;
  }
}

}  // namespace

std::vector<SegmentEdits> ter_segments(const ScoredTexts& texts) {
  std::vector<SegmentEdits> segments;
  for (size_t i = 0; i < texts.hypotheses.size(); ++i) {
    const std::string lowered = lower_case(texts.hypotheses[i]);
    const std::vector<std::string_view> hypothesis = split_words(lowered);
    SegmentEdits segment;
    for (const std::string& text : texts.references[i]) {
      const std::string lowered_reference = lower_case(text);
      const std::vector<std::string_view> reference = split_words(lowered_reference);
      const int count = edits(hypothesis, reference);
      segment.edits = &text == &texts.references[i][0] ? count : std::min<double>(segment.edits, count);
      segment.reference_words += static_cast<double>(reference.size());
    }
    segment.reference_words /= static_cast<double>(texts.references[i].size());
    segments.push_back(segment);
  }
  return segments;
}

MetricResult ter(const ScoredTexts& texts) {
  double edits = 0, words = 0;
  for (const SegmentEdits& segment : ter_segments(texts)) {
    edits += segment.edits;
    words += segment.reference_words;
  }
  return {words > 0   ? 100 * (edits / words)
          : edits > 0 ? 100.0
                      : 0.0,
          sacrebleu_signature(texts, "lc", "tok:tercom|norm:no|punct:yes|asian:no")};
}

}  // namespace mtlora
