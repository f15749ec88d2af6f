// The texts that a language model writes for the contexts of a task, and their scores.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "data/generation_data.h"
#include "model/model.h"

namespace mtlora {

// What ends a text: eos_token_id of generation_config.json and config.json, and what ends a turn of the chat template
// where that is one token (`chat` may be null: no turns). For the decoding "release" a blank line, too.
std::vector<int32_t> end_tokens(const Path& model_folder, const Tokenizer& tokenizer, const ChatFormat* chat,
                                const GenerationOptions& options);

// The text that `ids` add to `prompt`, without special tokens. Decoded together: a text's first token may begin with
// the space between the two.
std::string text_after(const Tokenizer& tokenizer, const std::vector<int32_t>& prompt, std::span<const int32_t> ids);

// All that it takes to write and score the texts of some contexts.
struct TextTask {
  std::vector<GenerationCase> cases;
  ChatFormat chat;  // that their prompts are written with
  std::shared_ptr<const Tokenizer> tokenizer;
  GenerationOptions options;
  std::vector<int32_t> end_tokens;
  std::vector<std::string> metrics;  // of text_metrics.h
  bool lowercase = false;            // of both sides, before they are scored
  bool tokenize = false;             // and with words and marks apart
  int64_t max_references = 0;        // only the first so many of each context; 0: all
};

// A text for each case, `batch_size` at a time, the longest prompts first, in the cases' order. `go_on` is asked before
// each token; false leaves the rest empty. Blocks.
std::vector<std::string> write_texts(Model& model, const TextTask& task, int64_t batch_size,
                                     const std::function<bool()>& go_on = {});

// Of the cases that have references. With groups (seen, unseen), the scores of each stand beside those of all under
// "<metric>_<group>". Blocks.
std::map<std::string, double> score_written(const TextTask& task, const std::vector<std::string>& texts);

}  // namespace mtlora
