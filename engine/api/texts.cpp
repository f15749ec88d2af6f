// The part of api.h about texts that a model writes.
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

  GeneratedText write(const std::string& prompt, const GenerationOptions& options, const WriteHooks& hooks) override {
    const bool chats = chat_.chat_template != nullptr;
    const std::vector<Message> messages = {{"user", prompt}};
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
  ChatFormat chat_;
};

}  // namespace

std::unique_ptr<Writer> load_writer(const std::string& model, const std::string& adapter,
                                    const std::string& chat_template) {
  return std::make_unique<LanguageModelWriter>(model, adapter, chat_template);
}

}  // namespace mtlora
