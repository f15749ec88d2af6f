#include "data/prepare.h"

#include <algorithm>
#include <future>
#include <thread>

#include "base/error.h"
#include "data/loader.h"

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
  if (data.generation()) data.chat = chat_format(options.chat_template, data.task, model_folder);
  const auto examples = [&](const Split& split, std::vector<LeftOut>* left_out) {
    if (!data.generation()) return tokenize(split.rows, pair, *data.tokenizer, options.max_seq_length, threads);
    // A test row without an answer is only written: its end token alone would count as an answer.
    std::vector<Dialogue> answered;
    const auto has_answer = [](const Dialogue& dialogue) { return !dialogue.answer().empty(); };
    const bool all_have = std::ranges::all_of(split.dialogues, has_answer);
    if (!all_have) std::ranges::copy_if(split.dialogues, std::back_inserter(answered), has_answer);
    std::vector<Example> all = tokenize_dialogues(all_have ? split.dialogues : answered, data.chat, *data.tokenizer,
                                                  options.max_seq_length, threads);
    const auto is_unscored = [](const Example& example) { return targets_of(example) == 0; };
    for (const Example& example : all) {
      if (left_out == nullptr || !is_unscored(example)) continue;
      left_out->push_back({example.row, std::ssize(example.input_ids) + example.tokens_cut});
    }
    data.unscored += static_cast<int64_t>(std::erase_if(all, is_unscored));
    return all;
  };
  data.train = examples(data.rows.train, &data.left_out);
  data.validation = examples(data.rows.validation, nullptr);
  data.test = examples(data.rows.test, nullptr);
  for (const AlsoSplit& also : data.rows.also) data.also.push_back(examples(also.split, nullptr));
  if (data.train.empty()) {
    throw bad_input("no training example has a token to learn: each answer lies behind the first " +
                        std::to_string(options.max_seq_length) + " tokens",
                    "Raise data.max_seq_length.", "data.max_seq_length");
  }
  return data;
}

}  // namespace mtlora
