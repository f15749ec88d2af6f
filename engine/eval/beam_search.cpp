#include "eval/beam_search.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/best_of.h"
#include "eval/decoding.h"

namespace mtlora {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

struct Beam {
  std::vector<int32_t> tokens;  // written so far
  float score = 0;              // Σ log p
};

// A running beam's continuation by one token.
struct Continuation {
  float score;
  size_t beam;
  int32_t token;
};

// The search of one prompt.
struct Search {
  size_t prompt;
  std::vector<Beam> running;
  std::vector<Beam> ended;  // their scores divided by length^penalty, the best first
};

class BeamSearch {
 public:
  BeamSearch(const GenerationOptions& options, const std::vector<int32_t>& end_tokens)
      : options_(options), ends_(end_tokens), release_(options.decoding == "release") {
    beams_ = static_cast<size_t>(options.num_beams);
    wanted_ = release_ ? beams_ : std::max<size_t>(2, 1 + end_tokens.size()) * beams_;
  }

  // The best continuations of a search whose beams have these rows of logits, the best first.
  std::vector<Continuation> continuations(const Search& search, at::Tensor logits,
                                          const std::vector<int32_t>& prompt) const {
    const auto vocabulary = static_cast<size_t>(logits.size(1));
    const auto row = [&](size_t beam) {
      return std::span(logits.mutable_data_ptr<float>() + beam * vocabulary, vocabulary);
    };
    at::Tensor log_sums = release_ ? at::Tensor() : logits.logsumexp(1);
    for (size_t b = 0; options_.no_repeat_ngram_size > 0 && b < search.running.size(); ++b) {
      std::vector<int32_t> before = release_ ? std::vector<int32_t>() : prompt;
      const std::vector<int32_t>& tokens = search.running[b].tokens;
      before.insert(before.end(), tokens.begin(), tokens.end());
      ban_repeated_ngrams(row(b), before, options_.no_repeat_ngram_size);
    }
    if (release_) log_sums = logits.logsumexp(1);
    // Of equal ones the first stays: the lower beam, the lower token.
    auto best = best_of<Continuation>(wanted_, [](const Continuation& a, const Continuation& b) {
      return std::tuple(-a.score, a.beam, a.token) < std::tuple(-b.score, b.beam, b.token);
    });
    float least = -infinity;
    for (size_t b = 0; b < search.running.size(); ++b) {
      const float before = search.running[b].score, log_sum = log_sums.const_data_ptr<float>()[b];
      const std::span<const float> of_beam = row(b);
      for (size_t i = 0; i < vocabulary; ++i) {
        const float score = before + (of_beam[i] - log_sum);
        if (!(score > least)) continue;
        best.offer(Continuation{score, b, static_cast<int32_t>(i)});
        if (best.is_full()) least = best.worst().score;
      }
    }
    return std::move(best).sorted();
  }

  // Takes the continuations. Gives the beam that each new running one goes on from; none: the search has ended.
  std::vector<size_t> advance(Search& search, const std::vector<Continuation>& next, int64_t room) const {
    std::vector<Beam> running;
    std::vector<size_t> parents;
    const int64_t length = std::ssize(search.running.front().tokens) + 1;
    for (size_t i = 0; i < next.size(); ++i) {
      const bool ends = std::find(ends_.begin(), ends_.end(), next[i].token) != ends_.end();
      const bool last = length == room;
      const bool among_first = i < beams_;
      if (!ends && !last && running.size() == beams_) continue;
      if ((ends || last) && !among_first) continue;
      Beam beam{search.running[next[i].beam].tokens, next[i].score};
      beam.tokens.push_back(next[i].token);
      if (ends || last) {
        beam.score /= power(length);
        keep(search.ended, std::move(beam));
      } else {
        running.push_back(std::move(beam));
        parents.push_back(next[i].beam);
      }
    }
    search.running = std::move(running);
    if (search.running.empty() || has_best(search, length, room)) parents.clear();
    return parents;
  }

 private:
  float power(int64_t length) const {
    return static_cast<float>(std::pow(static_cast<double>(length), options_.length_penalty));
  }

  void keep(std::vector<Beam>& ended, Beam beam) const {
    const auto place = std::find_if(ended.begin(), ended.end(), [&](const Beam& b) { return b.score < beam.score; });
    ended.insert(place, std::move(beam));
    if (ended.size() > (release_ ? 1 : beams_)) ended.pop_back();
  }

  // Whether going on is given up (transformers) or can't change the result (release: sums only fall).
  bool has_best(const Search& search, int64_t length, int64_t room) const {
    const float running = search.running.front().score;
    if (!release_) return search.ended.size() == beams_ && !(running / power(length) > search.ended.back().score);
    return options_.length_penalty >= 0 && !search.ended.empty() && running / power(room) < search.ended[0].score;
  }

  const GenerationOptions& options_;
  const std::vector<int32_t>& ends_;
  const bool release_;
  size_t beams_, wanted_;
};

}  // namespace

std::vector<std::vector<int32_t>> beam_search(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                                              const std::vector<int64_t>& room, const GenerationOptions& options,
                                              const std::vector<int32_t>& end_tokens,
                                              const std::function<bool()>& go_on) {
  const BeamSearch rules(options, end_tokens);
  std::vector<std::vector<int32_t>> results(prompts.size()), next;
  std::vector<Search> searches;  // those that go on
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (room[i] <= 0) continue;
    searches.push_back({i, {Beam{}}, {}});
    next.push_back(prompts[i]);
  }
  Decoding decoding(model, searches.size());
  while (!searches.empty()) {
    const bool stops = go_on && !go_on();
    at::Tensor logits;  // [running beams of all searches, vocabulary]
    if (!stops) logits = decoding.next_logits(next);
    next.clear();
    std::vector<int64_t> first_row = {0};  // of each search
    for (const Search& search : searches) first_row.push_back(first_row.back() + std::ssize(search.running));
    std::vector<std::vector<size_t>> goes_on(searches.size());  // from which beams
    at::parallel_for(0, stops ? 0 : std::ssize(searches), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const auto at = static_cast<size_t>(i);
        Search& search = searches[at];
        const at::Tensor rows = logits.narrow(0, first_row[at], std::ssize(search.running));
        goes_on[at] =
            rules.advance(search, rules.continuations(search, rows, prompts[search.prompt]), room[search.prompt]);
      }
    });
    std::vector<int64_t> parents;  // rows of `logits`
    std::vector<Search> left;
    for (size_t i = 0; i < searches.size(); ++i) {
      Search& search = searches[i];
      if (goes_on[i].empty()) {
        const std::vector<Beam>& from = search.ended.empty() ? search.running : search.ended;
        if (!from.empty()) results[search.prompt] = from.front().tokens;
        continue;
      }
      for (const size_t parent : goes_on[i]) parents.push_back(first_row[i] + static_cast<int64_t>(parent));
      for (const Beam& beam : search.running) next.push_back({beam.tokens.back()});
      left.push_back(std::move(search));
    }
    searches = std::move(left);
    decoding.select(parents);
  }
  return results;
}

}  // namespace mtlora
