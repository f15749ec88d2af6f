#include "eval/text_metrics/ter_tercom.h"

#include <algorithm>
#include <array>
#include <limits>

#include "eval/text_metrics/words.h"

namespace mtlora {

namespace {

// tercom's limits.
constexpr int kLongestMove = 10;   // words
constexpr int kFarthestMove = 50;  // words
constexpr int kBeamWidth = 20;     // edits behind the best

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
        starts_(hypothesis_.size() + 1),
        columns_(starts_.size()) {
    starts_[0].cells = {{0, EditStep::Match}};
    search_from(0);
  }

  const std::vector<int>& hypothesis() const { return hypothesis_; }
  int distance() const { return columns_.back().cells.back().cost; }

  // Of the same words in an order that differs from word `first` on.
  int distance_of(const std::vector<int>& words, int first) {
    Column *column = &scratch_[0], *next = &scratch_[1];
    *column = starts_[static_cast<size_t>(first)];
    for (auto j = static_cast<size_t>(first); j < words.size(); ++j) {
      advance(words[j], *column, next);
      std::swap(column, next);
    }
    advance(0, *column, nullptr);
    return column->cells.back().cost;
  }

  void reorder(std::vector<int> words, int first) {
    hypothesis_ = std::move(words);
    search_from(static_cast<size_t>(first));
  }

  std::vector<EditStep> path() const {
    std::vector<EditStep> path;
    for (size_t i = reference_.size(), j = hypothesis_.size(); i > 0 || j > 0;) {
      const Column& column = columns_[j];
      const EditStep step = column.cells[i - static_cast<size_t>(column.first)].step;
      path.push_back(step);
      if (step != EditStep::Delete) --i;
      if (step != EditStep::Insert) --j;
    }
    std::ranges::reverse(path);
    return path;
  }

 private:
  struct Cell {
    int cost = kFar;
    EditStep step = EditStep::Match;  // the last one of the way there
    void reach(int by_cost, EditStep by_step) {
      if (by_cost < cost) *this = {by_cost, by_step};
    }
  };
  struct Column {
    int first = 0;  // row of the first cell
    std::vector<Cell> cells;
    int best_diagonal = kFar;  // the least cost with which a diagonal step came here
  };

  void search_from(size_t first) {
    for (size_t j = first; j < columns_.size(); ++j) {
      columns_[j] = starts_[j];
      const bool last = j == hypothesis_.size();
      advance(last ? 0 : hypothesis_[j], columns_[j], last ? nullptr : &starts_[j + 1]);
    }
  }

  // From a column to the next by one word; without `next` only down the last column, where no cell is too far behind.
  // Of equally short ways the first to reach a cell stays: from the cell above left, from the left, from above.
  void advance(int word, Column& column, Column* next) const {
    const int rows = static_cast<int>(reference_.size()) + 1;
    if (next) {
      next->first = -1;
      next->cells.clear();
      next->best_diagonal = kFar;
    }
    for (int i = column.first; i < column.first + static_cast<int>(column.cells.size()); ++i) {
      const int cost = column.cells[static_cast<size_t>(i - column.first)].cost;
      if (cost == kFar || (next && cost > column.best_diagonal + kBeamWidth)) continue;
      const bool more = i + 1 < rows;
      if (next) {
        if (next->first < 0) next->first = i;
        const auto here = static_cast<size_t>(i - next->first);
        next->cells.resize(here + (more ? 2 : 1));
        if (more) {
          const bool same = word == reference_[static_cast<size_t>(i)];
          Cell& diagonal = next->cells[here + 1];
          const int across = cost + (same ? 0 : 1);
          if (same || across < diagonal.cost) next->best_diagonal = std::min(next->best_diagonal, across);
          diagonal.reach(across, same ? EditStep::Match : EditStep::Substitute);
        }
        next->cells[here].reach(cost + 1, EditStep::Delete);
      }
      if (!more) continue;
      const auto below = static_cast<size_t>(i + 1 - column.first);
      if (below == column.cells.size()) column.cells.emplace_back();  // insertions lead further down
      column.cells[below].reach(cost + 1, EditStep::Insert);
    }
  }

  std::vector<int> hypothesis_;
  const std::vector<int>& reference_;
  std::vector<Column> starts_;   // as the column before reached them
  std::vector<Column> columns_;  // with the insertions
  std::array<Column, 2> scratch_;
};

// The moves worth trying, by length: blocks of the hypothesis that hold a wrong word and stand elsewhere in the
// reference, there too with a wrong word, each to all places that the words there and the one before are aligned to.
using Moves = std::array<std::vector<BlockMove>, kLongestMove + 1>;
Moves possible_moves(const std::vector<int>& words, const std::vector<int>& reference, const EditAlignment& alignment) {
  const int count = static_cast<int>(words.size()), reference_count = static_cast<int>(reference.size());
  const std::vector<int>& aligned = alignment.reference_to_hypothesis;  // never falls
  const auto aligned_at = [&aligned](int position) { return aligned[static_cast<size_t>(position)]; };
  const auto same = [&](int position, int at) {
    return words[static_cast<size_t>(position)] == reference[static_cast<size_t>(at)];
  };
  Moves moves;
  for (int start = 0; start < count; ++start) {
    const int longest = std::min(kLongestMove, count - start);
    if (!any_wrong(alignment.hypothesis_wrong, start, longest)) continue;
    std::vector<int> places;  // of the block in the reference, not too far
    const auto from = std::ranges::lower_bound(aligned, start - kFarthestMove);
    for (int at = static_cast<int>(from - aligned.begin()); at < reference_count; ++at) {
      if (aligned_at(at) > start + kFarthestMove) break;
      if (same(start, at)) places.push_back(at);
    }
    for (int length = 1; length <= longest && !places.empty(); ++length) {
      std::erase_if(places, [&](int at) {
        return at + length > reference_count || !same(start + length - 1, at + length - 1) ||
               (aligned_at(at) >= start && aligned_at(at) < start + length);  // within itself
      });
      if (!any_wrong(alignment.hypothesis_wrong, start, length)) continue;
      for (const int at : places) {
        if (!any_wrong(alignment.reference_wrong, at, length)) continue;
        for (int offset = -1; offset < length; ++offset) {
          int after = -1;  // the word behind which the block goes
          if (at + offset >= 0) {
            after = aligned_at(at + offset);
            if (after == start || (offset != 0 && after == aligned_at(at))) continue;
          }
          const int to = after < start ? after + 1 : after < start + length ? after : after + 1 - length;
          moves[static_cast<size_t>(length)].push_back({start, length, to});
        }
      }
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
  return {words > 0 ? edits / words : edits > 0 ? 1.0 : 0.0, "tercom 0.7.25, lower case, not normalised"};
}

}  // namespace mtlora
