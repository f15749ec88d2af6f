// Tokens a second of generate: bench_generate MODEL PROMPTS BEAMS NEW_TOKENS [LENGTH]. PROMPTS prompts of LENGTH tokens
// (8), made up from a fixed seed, each continued by NEW_TOKENS tokens without an end. Prints one JSON object; the best
// of three rounds after one that warms up. tests/bench/compare_generate.py sets it beside transformers.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/random.h"
#include "eval/generate.h"
#include "model/registry.h"

using namespace mtlora;

int main(int argc, char** argv) {
  if (argc < 5) return std::fprintf(stderr, "bench_generate MODEL PROMPTS BEAMS NEW_TOKENS [LENGTH]\n"), 2;
  const int64_t prompts = std::atoll(argv[2]), length = argc > 5 ? std::atoll(argv[5]) : 8;
  GenerationOptions options;
  options.num_beams = std::atoll(argv[3]);
  options.max_new_tokens = std::atoll(argv[4]);
  LoadOptions load;
  load.task = ModelTask::CausalLm;
  const auto model = load_model(argv[1], load);
  const auto vocabulary = static_cast<uint64_t>(model->output_layer().frozen->out_features());
  RandomStream random(1, 1);
  std::vector<std::vector<int32_t>> ids(static_cast<size_t>(prompts));
  for (std::vector<int32_t>& prompt : ids) {
    for (int64_t i = 0; i < length; ++i) prompt.push_back(static_cast<int32_t>(3 + random.below(vocabulary - 3)));
  }
  double best = 1e9;
  for (int round = 0; round < 4; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    generate(*model, ids, options, {});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (round > 0 && seconds < best) best = seconds;
  }
  std::printf("{\"tokens_per_second\": %.2f, \"seconds\": %.4f}\n",
              static_cast<double>(prompts * options.max_new_tokens) / best, best);
  return 0;
}
