#include "data/generation_data.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"

namespace mtlora {

namespace {

// The special tokens of a chat stand in its text.
SpecialTokens specials_of(const ChatFormat& format) {
  return format.chat_template->as_any_text ? SpecialTokens::Add : SpecialTokens::None;
}

// What tells contexts apart.
std::string key_of(std::span<const Message> prompt) {
  std::string key;
  for (const Message& message : prompt) {
    for (const std::string* part : {&message.role, &message.content}) {
      key += std::to_string(part->size());
      key += ':';
      key += *part;
    }
  }
  return key;
}

Split load_split(const Task& task, const Path& path, const std::string& field, int64_t max_rows, bool wants_answers) {
  Dialogues read;
  try {
    read = read_dialogues(path, task.format, max_rows);
  } catch (const Error& error) {
    throw Error(error.code(), error.what(), error.hint(), error.field().empty() ? field : error.field());
  }
  const std::string name = "'" + path.string() + "'";
  Split split;
  for (const RowProblem& problem : read.problems) {
    if (problem.left_out) split.skipped_rows.push_back(problem);
  }
  std::erase_if(read.problems, [](const RowProblem& problem) { return problem.left_out; });
  if (!read.problems.empty()) {
    const RowProblem& first = read.problems.front();
    const std::string others =
        read.problems.size() == 1 ? "" : " (and " + std::to_string(read.problems.size() - 1) + " more such rows)";
    throw bad_input("row " + std::to_string(first.row) + " of " + name + " " + first.message + others,
                    "Put the row right, or leave it out.", field);
  }
  for (Dialogue& dialogue : read.rows) {
    if (wants_answers && dialogue.answer().empty()) {
      split.skipped_rows.push_back({dialogue.row, "has no answer text"});
    } else {
      split.dialogues.push_back(std::move(dialogue));
    }
  }
  split.skipped = std::ssize(split.skipped_rows);
  if (split.dialogues.empty()) {
    throw bad_input(name + " has no rows with an answer", "It needs a text that the model learns to write.", field);
  }
  return split;
}

// Moves the rows of some contexts, at least one, to `validation`: as many contexts as make up `share` of the rows.
void hold_out(double share, int64_t seed, std::vector<Dialogue>& train, std::vector<Dialogue>& validation) {
  std::map<std::string, size_t> numbers;
  std::vector<std::vector<size_t>> contexts;  // rows of each
  for (size_t i = 0; i < train.size(); ++i) {
    const auto [found, is_new] = numbers.emplace(key_of(train[i].prompt()), contexts.size());
    if (is_new) contexts.emplace_back();
    contexts[found->second].push_back(i);
  }
  if (contexts.size() < 2) return;  // nothing would be left to learn from
  RandomStream random(static_cast<uint64_t>(seed), purpose_of("held-out contexts"));
  shuffle(contexts, random);
  const auto wanted = std::max<int64_t>(1, std::llround(share * static_cast<double>(train.size())));
  std::vector<bool> moved(train.size());
  int64_t taken = 0;
  for (size_t c = 0; c + 1 < contexts.size() && taken < wanted; ++c) {
    for (const size_t row : contexts[c]) {
      validation.push_back(std::move(train[row]));
      moved[row] = true;
      ++taken;
    }
  }
  std::vector<Dialogue> kept;
  for (size_t i = 0; i < train.size(); ++i) {
    if (!moved[i]) kept.push_back(std::move(train[i]));
  }
  train = std::move(kept);
}

Example example_of(const Dialogue& dialogue, const ChatFormat& format, const Tokenizer& tokenizer,
                   int64_t max_seq_length) {
  RenderedChat chat;
  try {
    chat = render_chat(*format.chat_template, dialogue.messages, format.config);
  } catch (const Error& error) {
    throw Error(error.code(), "row " + std::to_string(dialogue.row) + ": " + error.what(), error.hint(), error.field());
  }
  Encoding encoding = tokenizer.encode(chat.text, nullptr, 0, Offsets::Yes, specials_of(format));
  Example example;
  example.answer.assign(encoding.input_ids.size(), 0);
  size_t span = 0;
  for (size_t i = 0; i < encoding.input_ids.size(); ++i) {
    if (encoding.sequence_ids[i] < 0) continue;  // added around the text
    const size_t begin = encoding.offsets[i].start;
    while (span < chat.answers.size() && chat.answers[span].second <= begin) ++span;
    example.answer[i] = span < chat.answers.size() && chat.answers[span].first <= begin;
  }
  example.input_ids = std::move(encoding.input_ids);
  example.token_type_ids = std::move(encoding.token_type_ids);
  example.row = dialogue.row;
  if (max_seq_length > 0 && std::ssize(example.input_ids) > max_seq_length) {
    example.tokens_cut = std::ssize(example.input_ids) - max_seq_length;
    const auto length = static_cast<size_t>(max_seq_length);
    example.input_ids.resize(length);
    example.token_type_ids.resize(length);
    example.answer.resize(length);
  }
  return example;
}

}  // namespace

ChatFormat chat_format(const std::string& chosen, const Task& task, const Path& model_folder) {
  ChatFormat format;
  format.config = read_tokenizer_config(model_folder);
  const std::string& name = chosen.empty() || chosen == "auto" ? task.chat_template : chosen;
  if (!name.empty() && name != "auto") {
    try {
      format.chat_template = &chat_template(name);
    } catch (const Error& error) {
      throw Error(error.code(), error.what(), error.hint(), "data.chat_template");
    }
    return format;
  }
  if (format.config.chat_template.empty()) {
    format.chat_template = &chat_template("alpaca");  // plain words, which a model without turns can read
    return format;
  }
  format.chat_template = recognise_chat_template(format.config.chat_template);
  if (format.chat_template == nullptr) {
    throw bad_input("the chat template of '" + model_folder.string() + "' is none of those that are built in",
                    "Choose one in data.chat_template; the preview shows the text that it makes.",
                    "data.chat_template");
  }
  return format;
}

Rows load_dialogue_rows(const Task& task, const DataOptions& options, int64_t seed) {
  const int64_t max_eval = options.max_eval_samples.value_or(0);
  Rows rows;
  rows.train = load_split(task, task.train_file, "data.train_file", options.max_train_samples.value_or(0), true);
  if (!task.validation_file.empty()) {
    rows.validation = load_split(task, task.validation_file, "data.validation_file", max_eval, true);
  } else if (options.validation_split > 0) {
    hold_out(options.validation_split, seed, rows.train.dialogues, rows.validation.dialogues);
    if (max_eval > 0 && std::ssize(rows.validation.dialogues) > max_eval) {
      rows.validation.dialogues.resize(static_cast<size_t>(max_eval));
    }
  }
  if (!task.test_file.empty()) rows.test = load_split(task, task.test_file, "data.test_file", max_eval, false);
  return rows;
}

DialoguePreview preview_dialogues(const Path& path, const std::string& format) {
  Dialogues read = read_dialogues(path, format);
  DialoguePreview preview;
  preview.format = std::move(read.format);
  preview.problems = std::move(read.problems);
  std::unordered_set<std::string> contexts;
  std::map<std::string, int64_t> groups;
  for (const Dialogue& dialogue : read.rows) {
    if (dialogue.answer().empty()) {
      ++preview.unanswered;
      continue;
    }
    ++preview.usable_rows;
    contexts.insert(key_of(dialogue.prompt()));
    if (!dialogue.group.empty()) ++groups[dialogue.group];
  }
  preview.contexts = std::ssize(contexts);
  preview.groups.assign(groups.begin(), groups.end());
  constexpr size_t most = 100;
  if (read.rows.size() > most) read.rows.resize(most);
  preview.rows = std::move(read.rows);
  return preview;
}

std::vector<Example> tokenize_dialogues(const std::vector<Dialogue>& dialogues, const ChatFormat& format,
                                        const Tokenizer& tokenizer, int64_t max_seq_length, int threads) {
  std::vector<Example> examples(dialogues.size());
  parallel_ranges(
      dialogues.size(), 64,
      [&](size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) {
          examples[i] = example_of(dialogues[i], format, tokenizer, max_seq_length);
        }
      },
      threads);
  return examples;
}

std::vector<GenerationCase> generation_cases(const std::vector<Dialogue>& dialogues, int64_t most) {
  std::vector<GenerationCase> cases;
  std::map<std::string, size_t> numbers;
  for (const Dialogue& dialogue : dialogues) {
    const auto [found, is_new] = numbers.emplace(key_of(dialogue.prompt()), cases.size());
    if (is_new && most > 0 && std::ssize(cases) == most) {
      numbers.erase(found);
      continue;
    }
    if (is_new) cases.push_back({{dialogue.prompt().begin(), dialogue.prompt().end()}, {}, dialogue.group});
    if (!dialogue.answer().empty()) cases[found->second].references.push_back(dialogue.answer());
  }
  return cases;
}

std::vector<int32_t> prompt_ids(std::span<const Message> prompt, const ChatFormat& format, const Tokenizer& tokenizer) {
  const RenderedChat chat = render_chat(*format.chat_template, prompt, format.config, true);
  return tokenizer.encode(chat.text, nullptr, 0, Offsets::No, specials_of(format)).input_ids;
}

}  // namespace mtlora
