#include "eval/generate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "eval/beam_search.h"
#include "eval/decoding.h"

namespace mtlora {

namespace {

// Draws a token. The order of transformers' warpers: temperature, top_k, top_p.
int32_t sample(std::span<const float> logits, const GenerationOptions& options, RandomStream& random) {
  const size_t all = logits.size(), k = static_cast<size_t>(options.top_k);
  std::vector<Candidate> candidates = largest(logits, k == 0 ? all : std::min(k, all));
  if (candidates.empty()) return 0;  // all are banned or not finite
  std::vector<double> weights;       // not yet of sum 1
  double sum = 0;
  for (const Candidate& candidate : candidates) {
    weights.push_back(std::exp((static_cast<double>(candidate.logit) - candidates[0].logit) / options.temperature));
    sum += weights.back();
  }
  // From the least likely on, what together has at most 1 − top_p is left out; the likeliest stays.
  double tail = 0;
  while (options.top_p < 1 && weights.size() > 1 && tail + weights.back() <= (1 - options.top_p) * sum) {
    tail += weights.back();
    weights.pop_back();
  }
  double at = random.uniform() * (sum - tail);
  for (size_t i = 0; i < weights.size(); ++i) {
    if (at < weights[i]) return candidates[i].token;
    at -= weights[i];
  }
  return candidates[weights.size() - 1].token;
}

}  // namespace

std::vector<std::vector<int32_t>> generate(Model& model, const std::vector<std::vector<int32_t>>& prompts,
                                           const GenerationOptions& options, const std::vector<int32_t>& end_tokens,
                                           const GenerateHooks& hooks) {
  std::vector<int64_t> room;
  for (const std::vector<int32_t>& prompt : prompts) {
    room.push_back(std::min(options.max_new_tokens, model.max_positions() - std::ssize(prompt)));
  }
  std::vector<std::vector<int32_t>> results(prompts.size());
  if (options.num_beams > 1 || options.decoding == "release") {
    results = beam_search(model, prompts, room, options, end_tokens, hooks.go_on);
    for (size_t i = 0; hooks.on_token && i < results.size(); ++i) {
      for (const int32_t token : results[i]) hooks.on_token(i, token);
    }
    return results;
  }

  std::vector<size_t> running;  // prompts
  std::vector<std::vector<int32_t>> next;
  std::vector<RandomStream> random;
  for (size_t i = 0; i < prompts.size(); ++i) {
    random.emplace_back(static_cast<uint64_t>(options.seed),
                        purpose_of("sampling") + (hooks.numbers.empty() ? i : hooks.numbers[i]));
    if (room[i] <= 0) continue;
    running.push_back(i);
    next.push_back(prompts[i]);
  }
  Decoding decoding(model, running.size());
  while (!running.empty() && (!hooks.go_on || hooks.go_on())) {
    const at::Tensor logits = decoding.next_logits(next);
    const auto vocabulary = static_cast<size_t>(logits.size(1));
    std::vector<int64_t> parents;
    std::vector<size_t> left;
    next.clear();
    for (size_t s = 0; s < running.size(); ++s) {
      const size_t i = running[s];
      const std::span<float> row(logits.mutable_data_ptr<float>() + s * vocabulary, vocabulary);
      if (options.no_repeat_ngram_size > 0) {
        std::vector<int32_t> before = prompts[i];
        before.insert(before.end(), results[i].begin(), results[i].end());
        ban_repeated_ngrams(row, before, options.no_repeat_ngram_size);
      }
      const int32_t token = options.do_sample
                                ? sample(row, options, random[i])
                                : static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
      results[i].push_back(token);
      if (hooks.on_token) hooks.on_token(i, token);
      const bool ends = std::find(end_tokens.begin(), end_tokens.end(), token) != end_tokens.end();
      if (ends || std::ssize(results[i]) >= room[i]) continue;
      left.push_back(i);
      next.push_back({token});
      parents.push_back(static_cast<int64_t>(s));
    }
    running = std::move(left);
    if (parents.size() < static_cast<size_t>(logits.size(0))) decoding.select(parents);
  }
  return results;
}

}  // namespace mtlora
