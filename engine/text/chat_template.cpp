#include "text/chat_template.h"

#include <algorithm>

#include "base/error.h"
#include "text/jinja_form.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace mtlora {
namespace {

using System = ChatTemplate::System;
using Trim = ChatTemplate::Trim;

// White space of Python's str.strip.
bool is_python_space(char32_t c) { return is_whitespace(c) || (c >= 0x1C && c <= 0x1F); }

// `text` is well-formed.
std::string_view trimmed(std::string_view text) {
  while (!text.empty()) {
    const char* next = text.data();
    if (!is_python_space(next_code_point(next))) break;
    text.remove_prefix(static_cast<size_t>(next - text.data()));
  }
  while (!text.empty()) {
    const size_t length = last_character_length(text);
    const char* last = text.data() + text.size() - length;
    if (!is_python_space(next_code_point(last))) break;
    text.remove_suffix(length);
  }
  return text;
}

std::string_view without_newlines_before(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of('\n'), text.size()));
}

std::string_view without_newlines_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

class Renderer {
 public:
  Renderer(const ChatTemplate& form, std::span<const Message> messages, const TokenizerConfig& config)
      : form_(form), messages_(messages.begin(), messages.end()), config_(config) {
    std::string repaired;
    for (Message& message : messages_) {
      const std::string_view content = valid_utf8(message.content, repaired);
      if (content.data() != message.content.data()) message.content = content;
    }
    if (messages_.empty()) throw bad_input("A conversation without messages can't be written with " + title());
    if (form_.thinking) find_last_query();
  }

  RenderedChat render(bool open) {
    write(form_.begin);
    size_t first = 0;
    const bool has_system = messages_[0].role == "system";
    if (has_system && form_.system_place == System::Refused) {
      throw bad_input(title() + " has no place for a system message",
                      "Choose another chat template, or put the text before the user's.");
    }
    if (has_system && form_.system_place != System::Turn) {
      first = 1;
      if (form_.system_place == System::First) write(form_.system, trim_all(messages_[0].content), "system");
    } else if (!has_system && form_.has_default_system) {
      write(form_.system, form_.default_system, "system");
    }
    for (size_t i = first; i < messages_.size(); ++i) write_message(i, i - first, first == 1);
    write(open ? form_.header : form_.end);
    return std::move(chat_);
  }

 private:
  std::string title() const { return "the chat template '" + std::string(form_.name) + "'"; }

  // `turn` counts without the system message that stands before the turns (`has_system`).
  void write_message(size_t index, size_t turn, bool has_system) {
    const Message& message = messages_[index];
    if (form_.alternates && message.role != (turn % 2 == 0 ? "user" : "assistant")) {
      throw bad_input("message " + std::to_string(index + 1) + " is of the role '" + message.role + "' where " +
                          title() + " expects '" + (turn % 2 == 0 ? "user" : "assistant") + "'",
                      "User and assistant must take turns, and the user begins.");
    }
    if (message.role == "assistant") {
      write_answer(index);
    } else if (message.role == "system") {
      write(form_.system_place == System::Turn ? form_.system : form_.user, trim_all(message.content), "system");
    } else if (message.role == "user" || form_.other_roles) {
      const bool joins = has_system && ((form_.system_place == System::InFirstUser && turn == 0) ||
                                        (form_.system_place == System::InLastUser && index + 1 == messages_.size()));
      if (!joins) return write(form_.user, trim_all(message.content), message.role);
      std::string joined = expand(form_.system, messages_[0].content, "system");
      joined += form_.trim_joined ? std::string_view(message.content) : trim_all(message.content);
      write(form_.user, form_.trim_joined ? trimmed(joined) : joined, message.role);
    } else {
      throw bad_input("message " + std::to_string(index + 1) + " is of the role '" + message.role + "', for which " +
                          title() + " has no place",
                      "Only system, user and assistant can be used.");
    }
  }

  void write_answer(size_t index) {
    write(form_.header);
    const size_t begin = chat_.text.size();
    const std::string& content = messages_[index].content;
    if (form_.thinking) {
      write(form_.answer, thought_and_answer(index), "assistant");
    } else {
      write(form_.answer, form_.trim == Trim::None ? std::string_view(content) : trimmed(content), "assistant");
    }
    chat_.answers.emplace_back(begin, chat_.text.size());
    write(form_.after);
  }

  std::string_view trim_all(std::string_view text) const { return form_.trim == Trim::All ? trimmed(text) : text; }

  // Qwen3: the last message of the user that is not a tool's reply.
  void find_last_query() {
    last_query_ = messages_.size() - 1;
    for (size_t i = messages_.size(); i-- > 0;) {
      const std::string& content = messages_[i].content;
      const bool is_reply = content.starts_with("<tool_response>") && content.ends_with("</tool_response>");
      if (messages_[i].role != "user" || is_reply) continue;
      last_query_ = i;
      return;
    }
  }

  std::string thought_and_answer(size_t index) const {
    std::string_view content = messages_[index].content, thought;
    constexpr std::string_view opening = "<think>", closing = "</think>";
    if (const size_t closes = content.find(closing); closes != content.npos) {
      thought = without_newlines_behind(content.substr(0, closes));
      if (const size_t opens = thought.rfind(opening); opens != thought.npos) {
        thought.remove_prefix(opens + opening.size());
      }
      thought = without_newlines_before(thought);
      content = without_newlines_before(content.substr(content.rfind(closing) + closing.size()));
    }
    const bool is_shown = index > last_query_ && (index + 1 == messages_.size() || !thought.empty());
    if (!is_shown) return std::string(content);
    std::string text = "<think>\n";
    text += without_newlines_behind(thought);
    text += "\n</think>\n\n";
    text += without_newlines_before(content);
    return text;
  }

  void write(std::string_view format, std::string_view content = {}, std::string_view role = {}) {
    chat_.text += expand(format, content, role);
  }

  std::string expand(std::string_view format, std::string_view content, std::string_view role) const {
    std::string text;
    while (!format.empty()) {
      const size_t brace = std::min(format.find('{'), format.size());
      text += format.substr(0, brace);
      format.remove_prefix(brace);
      const auto take = [&format](std::string_view name) {
        const bool is_next = format.starts_with(name);
        if (is_next) format.remove_prefix(name.size());
        return is_next;
      };
      if (take("{content}")) {
        text += content;
      } else if (take("{role}")) {
        text += role;
      } else if (take("{bos}")) {
        if (config_.bos_token) text += config_.bos_token->content;
      } else if (take("{eos}")) {
        text += eos_token();
      }
    }
    return text;
  }

  const std::string& eos_token() const {
    if (config_.eos_token && !config_.eos_token->content.empty()) return config_.eos_token->content;
    throw bad_input(title() + " needs an end-of-text token, and the model's tokenizer names none",
                    "Name it as eos_token in the model's tokenizer_config.json, or choose another chat template.");
  }

  const ChatTemplate& form_;
  std::vector<Message> messages_;  // well-formed UTF-8
  const TokenizerConfig& config_;
  size_t last_query_ = 0;
  RenderedChat chat_;
};

bool uses(const ChatTemplate& form, std::string_view token) {
  const std::string_view parts[] = {form.begin, form.system, form.user, form.header, form.answer, form.after, form.end};
  return std::any_of(std::begin(parts), std::end(parts),
                     [token](std::string_view part) { return part.find(token) != part.npos; });
}

}  // namespace

const ChatTemplate* recognise_chat_template(std::string_view jinja) {
  constexpr size_t longest = size_t{1} << 20;  // bytes; published ones have a few thousand
  if (jinja.empty() || jinja.size() > longest) return nullptr;
  const std::string text = jinja_form(jinja);
  const auto has = [&text](std::string_view part) { return text.find(part) != text.npos; };
  for (const ChatTemplate& form : chat_templates()) {
    if (form.markers.empty() || !std::all_of(form.markers.begin(), form.markers.end(), has)) continue;
    if (std::any_of(form.foreign.begin(), form.foreign.end(), has)) continue;
    if (has("bos_token") != uses(form, "{bos}") || has("eos_token") != uses(form, "{eos}")) continue;
    if (!form.header.empty() && !has("{{'" + std::string(form.header) + "'}}")) continue;
    if (has("|trim") != (form.trim != Trim::None)) continue;
    return &form;
  }
  return nullptr;
}

RenderedChat render_chat(const ChatTemplate& chat_template, std::span<const Message> messages,
                         const TokenizerConfig& config, bool open) {
  return Renderer(chat_template, messages, config).render(open);
}

}  // namespace mtlora
