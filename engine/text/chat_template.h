// The text that a conversation becomes for a model, and which of it is the answer that training scores.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/tokenizer_config.h"

namespace mtlora {

struct Message {
  std::string role;  // system, user, assistant, tool
  std::string content;
  bool operator==(const Message&) const = default;
};

// A built-in template: the parts of the text in which, once, {content} and {role} are replaced by the message's and
// {bos} and {eos} by the tokenizer's tokens. The text is that of transformers' apply_chat_template with the published
// Jinja template; a published one that differs by model version is a row of its own.
struct ChatTemplate {
  enum class System {
    Turn,         // turns of its own, wherever they stand
    First,        // a first message of its own kind (`system`); later ones are turns as any other
    InFirstUser,  // put before the first user message
    InLastUser,   // put before the last user message, where that is the last message of all
    Refused,
  };
  enum class Trim { None, Answers, All };  // whose white space is cut at both ends

  std::string_view name = {}, title = {};  // for run files ("llama3") and for people
  std::string_view begin = {};             // before everything
  std::string_view system = {}, user = {};
  std::string_view header = {};  // opens an answer: what add_generation_prompt adds
  std::string_view answer = {};  // what the model is to write: the content and what ends its turn
  std::string_view after = {};   // between an answer and the next turn
  std::string_view end = {};     // after everything, where no answer is opened
  std::string_view default_system = {};
  System system_place = System::Turn;
  Trim trim = Trim::None;
  bool has_default_system = false;  // `default_system` (which may be "") where the messages have none
  bool trim_joined = false;         // the system text and the user message that it is put before, as one
  bool alternates = false;          // user and assistant in turn, else it refuses
  bool other_roles = false;         // a message of any role is written as `user` is
  bool as_any_text = false;         // no turns: the tokenizer's own special tokens go around it, as around any text
  bool thinking = false;            // Qwen3: <think> blocks, kept after the last user message and dropped before it
  // Texts that a Jinja template of this kind has, and that it lacks (see recognise_chat_template).
  std::vector<std::string_view> markers = {}, foreign = {};
};

// All built-in ones: chatml, qwen2, qwen2.5, qwen3, llama2, llama3, llama3.1, mistral, mistral-v0, mistral-v3,
// mistral-v3-tekken, mistral-v7, gemma, gemma3, phi3, zephyr, alpaca, vicuna; and `completion`, for models without
// turns: one user message (the context), the end-of-text token, a space and the answer, the end-of-text token, as the
// LoRA release writes E2E, WebNLG and DART.
const std::vector<ChatTemplate>& chat_templates();

// Throws Error(BadInput) for an unknown name, with the nearest.
const ChatTemplate& chat_template(const std::string& name);

// The built-in that renders as this Jinja text (TokenizerConfig::chat_template) does, told by the texts and filters
// that decide what is rendered; nullptr for an empty or an unknown one. Templates that add the date, another system
// text or other tokens are unknown.
const ChatTemplate* recognise_chat_template(std::string_view jinja);

struct RenderedChat {
  std::string text;  // with the template's special tokens as text: encode it with SpecialTokens::None
  // Bytes [begin, end) of `text` that the model is to write: each answer and what ends its turn. An answer begins where
  // the text of the messages before it, rendered with `open`, ends (System::InLastUser aside, where that text has a
  // system message that the whole conversation's lacks).
  std::vector<std::pair<size_t, size_t>> answers;
};

// `open`: ends where the assistant is to go on (add_generation_prompt); the last message is then a user's as a rule.
// Throws Error(BadInput) where the template has no place for a message (a role that is out of turn, a system text with
// Gemma), for no messages, and where it needs an end-of-text token that the tokenizer does not name.
RenderedChat render_chat(const ChatTemplate& chat_template, std::span<const Message> messages,
                         const TokenizerConfig& config, bool open = false);

}  // namespace mtlora
