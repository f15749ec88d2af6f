#include "data/prepare.h"

#include <algorithm>
#include <future>
#include <thread>

namespace mtlora {

PreparedData prepare_data(const DataOptions& options, int64_t seed, const Path& model_folder) {
  // The tokenizer's file takes as long to read as the data: both at once.
  auto tokenizer = std::async(std::launch::async, [&] { return Tokenizer::load(model_folder); });
  PreparedData data;
  data.task = resolve_task(options);
  data.rows = load_rows(data.task, options, seed);
  data.tokenizer = tokenizer.get();
  const bool pair = !data.task.text_pair_column.empty();
  const int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const auto examples = [&](const Split& split) {
    return tokenize(split.rows, pair, *data.tokenizer, options.max_seq_length, threads);
  };
  data.train = examples(data.rows.train);
  data.validation = examples(data.rows.validation);
  data.test = examples(data.rows.test);
  return data;
}

}  // namespace mtlora
