// Tasks whose answer is a text: their rows, split and made examples of.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "text/chat_template.h"

namespace mtlora {

// How the dialogues of a task become text for one model.
struct ChatFormat {
  const ChatTemplate* chat_template = nullptr;
  TokenizerConfig config;
};
// data.chat_template, else the task's own, else the model's. Blocks shortly. Throws Error(BadInput) with `field`
// data.chat_template for an unknown name, and where the model brings a template that is none of the built-in ones.
ChatFormat chat_format(const std::string& chosen, const Task& task, const Path& model_folder);

// load_rows of a task of kind Generation. Rows without an answer are left out of the training and validation rows, and
// counted as skipped. A validation share takes whole contexts, so that no text of a held-out one is trained on.
Rows load_dialogue_rows(const Task& task, const DataOptions& options, int64_t seed);

// What a person sees of a file before a run.
struct DialoguePreview {
  std::string format;                // as found
  std::vector<Dialogue> rows;        // the first 100
  int64_t usable_rows = 0;           // that have an answer
  int64_t unanswered = 0;            // left out of training
  int64_t contexts = 0;              // different ones of the usable rows
  std::vector<RowProblem> problems;  // over the whole file; those that are not left_out, a run refuses
  std::vector<std::pair<std::string, int64_t>> groups;  // and the usable rows of each, in order of names
};
// Blocks. Throws what read_dialogues throws.
DialoguePreview preview_dialogues(const Path& path, const std::string& format = {});

// Ids and, of each, whether it is the model's to write. Cut at its end to `max_seq_length` tokens (0: no limit).
// `threads` threads, in order. Blocks. Throws as render_chat, with the row's number.
std::vector<Example> tokenize_dialogues(const std::vector<Dialogue>& dialogues, const ChatFormat& format,
                                        const Tokenizer& tokenizer, int64_t max_seq_length, int threads);

// A context with all its reference texts (none where the file lacks them).
struct GenerationCase {
  std::vector<Message> prompt;
  std::vector<std::string> references;
  std::string group;
};
// The different contexts of the dialogues, in the order of their first rows; at most `most` (0: all).
std::vector<GenerationCase> generation_cases(const std::vector<Dialogue>& dialogues, int64_t most = 0);

// The ids that the model is to go on from.
std::vector<int32_t> prompt_ids(std::span<const Message> prompt, const ChatFormat& format, const Tokenizer& tokenizer);

}  // namespace mtlora
