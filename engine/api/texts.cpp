// The part of api.h about texts that a model writes.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "api/api.h"
#include "api/trained_model.h"
#include "base/error.h"
#include "eval/generate.h"
#include "eval/text_task.h"

namespace mtlora {

namespace {

class LanguageModelWriter : public Writer {
 public:
  LanguageModelWriter(const std::string& model, const std::string& adapter, const std::string& chat_template)
      : trained_(load_trained_model(model, adapter)) {
    if (!trained_.language_model) {
      throw bad_input("the model has a classification head and writes no text",
                      "Name a language model, such as a Llama, Qwen or GPT-2, and an adapter that was trained on one.");
    }
    if (chat_template == "none") return;
    const std::string& name = chat_template == "auto" || chat_template.empty() ? trained_.chat_template : chat_template;
    if (name.empty() && chat_template.empty()) return;
    chat_ = chat_format(name, Task{}, trained_.folder);
  }

  std::string chat_template() const override {
    return chat_.chat_template == nullptr ? "" : std::string(chat_.chat_template->name);
  }

  void set_tuned(bool tuned) override {
    if (trained_.adapters == nullptr || tuned == tuned_) return;
    tuned_ = tuned;
    if (tuned) {
      trained_.adapters->switch_on();
    } else {
      trained_.adapters->switch_off();
    }
  }

  using Writer::write;
  GeneratedText write(const std::vector<Message>& messages, const GenerationOptions& options,
                      const WriteHooks& hooks) override {
    const bool chats = chat_.chat_template != nullptr;
    const std::string& prompt = messages.at(messages.size() - 1).content;
    const std::vector<int32_t> ids =
        chats ? prompt_ids(messages, chat_, *trained_.tokenizer) : trained_.tokenizer->encode(prompt).input_ids;
    if (ids.empty()) throw bad_input("a prompt has no token", "Give it some text.");
    if (std::ssize(ids) >= trained_.model->max_positions()) {
      throw bad_input("the prompt has " + std::to_string(ids.size()) + " tokens and leaves no room in the model's " +
                          std::to_string(trained_.model->max_positions()),
                      "Shorten it.");
    }
    const std::vector<int32_t> ends =
        end_tokens(trained_.folder, *trained_.tokenizer, chats ? &chat_ : nullptr, options);
    GeneratedText result;
    result.prompt = prompt;
    GenerateHooks inner;
    inner.go_on = hooks.go_on;
    std::vector<int32_t> so_far;
    if (hooks.on_text) {
      inner.on_token = [&](size_t, int32_t token) {
        so_far.push_back(token);
        hooks.on_text(text_after(*trained_.tokenizer, ids, so_far));
      };
    }
    result.ids = generate(*trained_.model, {ids}, options, ends, inner).front();
    result.text = text_after(*trained_.tokenizer, ids, result.ids);
    return result;
  }

 private:
  TrainedModel trained_;
  bool tuned_ = true;
  ChatFormat chat_;
};

}  // namespace

std::unique_ptr<Writer> load_writer(const std::string& model, const std::string& adapter,
                                    const std::string& chat_template) {
  return std::make_unique<LanguageModelWriter>(model, adapter, chat_template);
}

// ---- texts that a run wrote -----------------------------------------------------------------------------------------

namespace {

std::vector<Path> written_files(const Path& run_folder) {
  std::vector<Path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(run_folder / "generated", error)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

WrittenText written_text(const std::string& line, const Path& path, size_t number) {
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  const auto text = [&](const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
  };
  if (!json.is_object() || !json.contains("text") || !json["text"].is_string()) {
    throw bad_input("'" + path.string() + "', line " + std::to_string(number) + ": no object with a text");
  }
  WrittenText written{text("prompt"), text("text"), text("group"), {}};
  for (const nlohmann::json& reference : json.value("references", nlohmann::json::array())) {
    if (reference.is_string()) written.references.push_back(reference.get<std::string>());
  }
  return written;
}

}  // namespace

bool has_written_texts(const Path& run_folder) { return !written_files(run_folder).empty(); }

std::vector<WrittenFile> written_texts(const Path& run_folder) {
  std::vector<WrittenFile> files;
  for (const Path& path : written_files(run_folder)) {
    WrittenFile file{path.stem().string(), path, {}};
    std::istringstream lines(read_file(path));
    size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (!line.empty()) file.texts.push_back(written_text(line, path, number));
    }
    files.push_back(std::move(file));
  }
  return files;
}

std::map<std::string, double> end_scores(const Path& run_folder) {
  std::map<std::string, double> scores;
  std::error_code error;
  if (!std::filesystem::exists(run_folder / "summary.json", error)) return scores;
  const nlohmann::json summary = nlohmann::json::parse(read_file(run_folder / "summary.json"), nullptr, false);
  if (!summary.is_object() || !summary.contains("scores") || !summary["scores"].is_object()) return scores;
  for (const auto& [name, value] : summary["scores"].items()) {
    if (value.is_number()) scores[name] = value.get<double>();
  }
  return scores;
}

}  // namespace mtlora
