#include "eval/text_metrics/ter_tercom.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

// tercom's limits.
constexpr int kLongestMove = 10;   // words
constexpr int kFarthestMove = 50;  // words
constexpr int kBeamWidth = 20;     // edits behind the best

constexpr int kUnreached = -1;
constexpr int kFar = std::numeric_limits<int>::max() / 2;

// Edit distance of a hypothesis to a reference by tercom's beam search: column by column (one for each number of
// words of the hypothesis), in each the cells that are at most kBeamWidth edits behind the best of its diagonal steps.
// Where the search stands at the start of each column is kept, so that another order of the words costs only the
// columns behind the first word that moved.
class BeamDistance {
 public:
  BeamDistance(std::vector<int> hypothesis, const std::vector<int>& reference)
      : hypothesis_(std::move(hypothesis)),
        reference_(reference),
        rows_(reference.size() + 1),
        columns_(hypothesis_.size() + 1),
        steps_(columns_.size(), std::vector<EditStep>(rows_, EditStep::Match)) {
    columns_[0].costs.assign(rows_, kUnreached);
    columns_[0].costs[0] = 0;
    search_from(0);
  }

  const std::vector<int>& hypothesis() const { return hypothesis_; }
  int distance() const { return distance_; }

  // Of the same words in an order that differs from word `first` on.
  int distance_of(const std::vector<int>& words, int first) {
    scratch_[0] = columns_[static_cast<size_t>(first)];
    for (auto j = static_cast<size_t>(first); j < words.size(); ++j) {
      Column &column = scratch_[(j - static_cast<size_t>(first)) % 2],
             &next = scratch_[(j + 1 - static_cast<size_t>(first)) % 2];
      advance(words[j], column, &next, nullptr, nullptr);
    }
    Column& last = scratch_[(words.size() - static_cast<size_t>(first)) % 2];
    advance(0, last, nullptr, nullptr, nullptr);
    return last.costs.back();
  }

  void reorder(std::vector<int> words, int first) {
    hypothesis_ = std::move(words);
    search_from(static_cast<size_t>(first));
  }

  std::vector<EditStep> path() const {
    std::vector<EditStep> path;
    for (size_t i = rows_ - 1, j = hypothesis_.size(); i > 0 || j > 0;) {
      const EditStep step = steps_[j][i];
      path.push_back(step);
      if (step != EditStep::Delete) --i;
      if (step != EditStep::Insert) --j;
    }
    std::ranges::reverse(path);
    return path;
  }

 private:
  struct Column {
    std::vector<int> costs;    // of each cell, as far as the column before reached it
    int first = 0, last = 0;   // the cells to look at
    int best_diagonal = kFar;  // the least cost with which a diagonal step came here
  };

  void search_from(size_t first) {
    for (size_t j = first; j < hypothesis_.size(); ++j) {
      scratch_[0] = columns_[j];
      advance(hypothesis_[j], scratch_[0], &columns_[j + 1], steps_[j].data(), steps_[j + 1].data());
    }
    scratch_[0] = columns_.back();
    advance(0, scratch_[0], nullptr, steps_.back().data(), nullptr);
    distance_ = scratch_[0].costs.back();
  }

  // From a column to the next by one word; without `next` only down the last column, where no cell is too far behind.
  // Of equally short ways the first to reach a cell stays: from the cell above left, from the left, from above.
  void advance(int word, Column& column, Column* next, EditStep* steps, EditStep* next_steps) const {
    if (next) {
      next->costs.assign(rows_, kUnreached);
      next->best_diagonal = kFar;
      next->first = -1;
      next->last = -1;
    }
    int last = column.last;  // insertions lead further down
    for (int i = column.first; i < static_cast<int>(rows_) && i <= last; ++i) {
      const auto row = static_cast<size_t>(i);
      const int cost = column.costs[row];
      if (cost == kUnreached || (next && cost > column.best_diagonal + kBeamWidth)) continue;
      const bool more = row + 1 < rows_;
      if (next) {
        if (next->first < 0) next->first = i;
        next->last = i + 1;
        if (more) {
          const bool same = word == reference_[row];
          const int across = cost + (same ? 0 : 1);
          int& diagonal = next->costs[row + 1];
          const bool better = diagonal == kUnreached || across < diagonal;
          if (better) {
            diagonal = across;
            if (next_steps) next_steps[row + 1] = same ? EditStep::Match : EditStep::Substitute;
          }
          if (better || same) next->best_diagonal = std::min(next->best_diagonal, across);
        }
        int& left = next->costs[row];
        if (left == kUnreached || left > cost + 1) {
          left = cost + 1;
          if (next_steps) next_steps[row] = EditStep::Delete;
        }
      }
      if (!more) continue;
      int& below = column.costs[row + 1];
      if (below == kUnreached || below > cost + 1) {
        below = cost + 1;
        if (steps) steps[row + 1] = EditStep::Insert;
        last = std::max(last, i + 1);
      }
    }
  }

  std::vector<int> hypothesis_;
  const std::vector<int>& reference_;
  size_t rows_;
  std::vector<Column> columns_;
  std::vector<std::vector<EditStep>> steps_;  // [column][row]
  std::array<Column, 2> scratch_;
  int distance_ = 0;
};

// The moves worth trying, by length: blocks of the hypothesis that hold a wrong word and stand elsewhere in the
// reference, there too with a wrong word, each to all places that the words there and the one before are aligned to.
using Moves = std::array<std::vector<BlockMove>, kLongestMove + 1>;
Moves possible_moves(const std::vector<int>& words, const std::vector<int>& reference, const EditAlignment& alignment) {
  const int count = static_cast<int>(words.size()), reference_count = static_cast<int>(reference.size());
  const std::vector<int>& aligned = alignment.reference_to_hypothesis;
  const auto aligned_at = [&aligned](int position) { return aligned[static_cast<size_t>(position)]; };
  Moves moves;
  for (int start = 0; start < count; ++start) {
    std::vector<int> places;  // of the block in the reference
    bool near = false;
    for (int at = 0; at < reference_count; ++at) {
      if (reference[static_cast<size_t>(at)] != words[static_cast<size_t>(start)]) continue;
      places.push_back(at);
      const int distance = aligned_at(at) - start;
      near = near || (distance != 0 && distance <= kFarthestMove && -distance - 1 <= kFarthestMove);
    }
    if (!near) continue;
    for (int length = 1; length <= kLongestMove && start + length <= count; ++length) {
      if (length > 1) {
        std::erase_if(places, [&](int at) {
          return at + length > reference_count ||
                 reference[static_cast<size_t>(at + length) - 1] != words[static_cast<size_t>(start + length) - 1];
        });
      }
      if (places.empty()) break;
      if (!any_wrong(alignment.hypothesis_wrong, start, length)) continue;
      bool reachable = false;
      for (const int at : places) {
        const int place = aligned_at(at);
        if ((place >= start && place < start + length) || std::abs(place - start) > kFarthestMove) continue;
        reachable = true;
        if (!any_wrong(alignment.reference_wrong, at, length)) continue;
        for (int offset = -1; offset < length; ++offset) {
          int after = -1;  // the word behind which the block goes
          if (at + offset >= 0) {
            after = aligned_at(at + offset);
            if (after == start || (offset != 0 && after == place)) continue;
          }
          const int to = after < start ? after + 1 : after < start + length ? after : after + 1 - length;
          moves[static_cast<size_t>(length)].push_back({start, length, to});
        }
      }
      if (!reachable) break;
    }
  }
  return moves;
}

// Makes the best move and gives true; false where none is worth the edit that it costs. Longer blocks are tried first,
// and shorter ones no longer where they could not save more.
bool make_best_move(BeamDistance& current, const std::vector<int>& reference) {
  const Moves moves = possible_moves(current.hypothesis(), reference, align_by(current.path()));
  const int before = current.distance();
  int best = before;  // edits with the best move, the move counted
  BlockMove best_move;
  bool found = false;
  const auto hopeless = [&](int length) {
    const int saved = before - best, most = 2 * length;
    return saved > most || (found && saved == most);
  };
  for (int length = kLongestMove; length > 0 && !hopeless(length); --length) {
    for (const BlockMove& move : moves[static_cast<size_t>(length)]) {
      if (hopeless(length)) break;
      const int edits = 1 + current.distance_of(moved(current.hypothesis(), move), std::min(move.start, move.to));
      if (edits > best || (found && edits == best)) continue;
      best = edits;
      best_move = move;
      found = true;
    }
  }
  if (found) {
    current.reorder(moved(current.hypothesis(), best_move), std::min(best_move.start, best_move.to));
  }
  return found;
}

int edits(const std::vector<std::string_view>& hypothesis, const std::vector<std::string_view>& reference) {
  if (hypothesis.empty() || reference.empty()) return static_cast<int>(hypothesis.size() + reference.size());
  NumberedWords words = number_words(hypothesis, reference);
  BeamDistance current(std::move(words.hypothesis), words.reference);
  int moves = 0;
  while (make_best_move(current, words.reference)) ++moves;
  return moves + current.distance();
}

}  // namespace

std::vector<SegmentEdits> tercom_segments(const ScoredTexts& texts) {
  std::vector<SegmentEdits> segments;
  for (size_t i = 0; i < texts.hypotheses.size(); ++i) {
    const std::string lowered = lower_case(texts.hypotheses[i]);
    const std::vector<std::string_view> hypothesis = split_words_ascii(lowered);
    SegmentEdits segment{kFar, 0};
    for (const std::string& text : texts.references[i]) {
      const std::string lowered_reference = lower_case(text);
      const std::vector<std::string_view> reference = split_words_ascii(lowered_reference);
      segment.edits = std::min<double>(segment.edits, edits(hypothesis, reference));
      segment.reference_words += static_cast<double>(reference.size());
    }
    segment.reference_words /= static_cast<double>(texts.references[i].size());
    segments.push_back(segment);
  }
  return segments;
}

MetricResult ter_tercom(const ScoredTexts& texts) {
  double edits = 0, words = 0;
  for (const SegmentEdits& segment : tercom_segments(texts)) {
    edits += segment.edits;
    words += segment.reference_words;
  }
  return {edits / words, "tercom 0.7.25, lower case, not normalised"};
}

}  // namespace mtlora
