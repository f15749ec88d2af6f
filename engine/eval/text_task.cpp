#include "eval/text_task.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "eval/generate.h"
#include "eval/text_metrics.h"

namespace mtlora {

std::vector<int32_t> end_tokens(const Path& model_folder, const Tokenizer& tokenizer, const ChatFormat* chat,
                                const GenerationOptions& options) {
  std::vector<int32_t> ids;
  for (const char* name : {"generation_config.json", "config.json"}) {
    std::error_code error;
    if (!std::filesystem::exists(model_folder / name, error)) continue;
    const auto config = nlohmann::json::parse(read_file(model_folder / name), nullptr, false);
    if (!config.is_object() || !config.contains("eos_token_id")) continue;
    const nlohmann::json& eos = config.at("eos_token_id");
    for (const nlohmann::json& id : eos.is_array() ? eos : nlohmann::json::array({eos})) {
      if (id.is_number_integer()) ids.push_back(id.get<int32_t>());
    }
  }
  // A text that is one token of the vocabulary.
  const auto add_token = [&](const std::string& text) {
    const Encoding encoding = tokenizer.encode(text, nullptr, 0, Offsets::No, SpecialTokens::None);
    if (encoding.input_ids.size() == 1) ids.push_back(encoding.input_ids[0]);
  };
  if (chat != nullptr) {
    const std::string content = "\u00a7";  // stands in no template
    const std::vector<Message> turn = {{"user", content}, {"assistant", content}};
    const RenderedChat rendered = render_chat(*chat->chat_template, turn, chat->config);
    const auto [begin, end] = rendered.answers.back();
    const std::string answer = rendered.text.substr(begin, end - begin);
    std::string after = answer.substr(answer.find(content) + content.size());
    while (!after.empty() && (after.back() == '\n' || after.back() == ' ')) after.pop_back();
    if (!after.empty()) add_token(after);
  }
  if (options.decoding == "release") add_token("\n\n");
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::string text_after(const Tokenizer& tokenizer, const std::vector<int32_t>& prompt, std::span<const int32_t> ids) {
  std::vector<int32_t> all = prompt;
  all.insert(all.end(), ids.begin(), ids.end());
  const std::string before = tokenizer.decode(prompt, true);
  const std::string whole = tokenizer.decode(all, true);
  return whole.starts_with(before) ? whole.substr(before.size()) : tokenizer.decode(ids, true);
}

std::vector<std::string> write_texts(Model& model, const TextTask& task, int64_t batch_size,
                                     const std::function<bool()>& go_on) {
  std::vector<std::vector<int32_t>> all;  // ids of each case's prompt
  for (const GenerationCase& one : task.cases) all.push_back(prompt_ids(one.prompt, task.chat, *task.tokenizer));
  std::vector<size_t> order(all.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return all[a].size() > all[b].size(); });
  std::vector<std::string> texts(order.size());
  GenerateHooks hooks;
  hooks.go_on = go_on;
  for (size_t first = 0; first < order.size() && (!go_on || go_on()); first += static_cast<size_t>(batch_size)) {
    const size_t last = std::min(order.size(), first + static_cast<size_t>(batch_size));
    std::vector<std::vector<int32_t>> prompts;
    for (size_t i = first; i < last; ++i) prompts.push_back(all[order[i]]);
    hooks.numbers.assign(order.begin() + static_cast<std::ptrdiff_t>(first),
                         order.begin() + static_cast<std::ptrdiff_t>(last));
    const auto ids = generate(model, prompts, task.options, task.end_tokens, hooks);
    for (size_t i = first; i < last; ++i) {
      std::span<const int32_t> written = ids[i - first];
      const bool ended = !written.empty() && std::find(task.end_tokens.begin(), task.end_tokens.end(),
                                                       written.back()) != task.end_tokens.end();
      if (ended) written = written.first(written.size() - 1);
      std::string text = text_after(*task.tokenizer, prompts[i - first], written);
      const size_t begin = text.find_first_not_of(" \n\t");
      text = begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \n\t") - begin + 1);
      texts[order[i]] = std::move(text);
    }
  }
  return texts;
}

std::map<std::string, double> score_written(const TextTask& task, const std::vector<std::string>& texts) {
  std::set<std::string> groups = {""};  // "": all
  for (const GenerationCase& one : task.cases) groups.insert(one.group);
  std::map<std::string, double> scores;
  for (const std::string& group : groups) {
    ScoredTexts scored;
    for (size_t i = 0; i < task.cases.size(); ++i) {
      const GenerationCase& one = task.cases[i];
      if (one.references.empty() || (!group.empty() && one.group != group)) continue;
      std::vector<std::string> references = one.references;
      if (task.max_references > 0 && std::ssize(references) > task.max_references) {
        references.resize(static_cast<size_t>(task.max_references));
      }
      scored.hypotheses.push_back(texts[i]);
      scored.references.push_back(std::move(references));
    }
    if (scored.hypotheses.empty()) continue;
    scored.lowercase = task.lowercase;
    scored.tokenize = task.tokenize;
    for (const TextScore& score : score_texts(task.metrics, scored)) {
      scores[score.metric + (group.empty() ? "" : "_" + group)] = score.value;
    }
  }
  return scores;
}

}  // namespace mtlora
