// Instructions and conversations: Alpaca, ShareGPT, messages, prompt and completion.
#include <array>

#include "data/dialogue_records.h"

namespace mtlora {

using nlohmann::json;

namespace {

std::string role_of(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> roles = {{{"user", "user"},
                                                                                    {"human", "user"},
                                                                                    {"prompter", "user"},
                                                                                    {"assistant", "assistant"},
                                                                                    {"gpt", "assistant"},
                                                                                    {"chatgpt", "assistant"},
                                                                                    {"bot", "assistant"},
                                                                                    {"model", "assistant"},
                                                                                    {"function_call", "assistant"},
                                                                                    {"system", "system"},
                                                                                    {"developer", "system"},
                                                                                    {"tool", "tool"},
                                                                                    {"observation", "tool"},
                                                                                    {"function_response", "tool"}}};
  for (const auto& [known, role] : roles) {
    if (name == known) return std::string(role);
  }
  throw UnusableRecord{"has a message of the unknown role '" + name.substr(0, 40) + "'"};
}

// A text, or a list of parts {"type": "text", "text": ...}.
std::string content_at(const json& message, const std::string& key) {
  const auto found = message.find(key);
  if (found == message.end()) throw UnusableRecord{"has a message without '" + key + "'"};
  if (!found->is_array()) {
    if (!found->is_string()) {
      throw UnusableRecord{"has a message with " + kind_of(*found) + " as '" + key + "' where a text is expected"};
    }
    return found->get<std::string>();
  }
  std::string text;
  for (const json& part : *found) {
    if (!part.is_object() || optional_text(part, "type") != "text") {
      throw UnusableRecord{"has a message with a part that is not text"};
    }
    text += optional_text(part, "text");
  }
  return text;
}

void append_messages(const json& list, const std::string& key, std::vector<Message>& messages) {
  if (!list.is_array()) throw UnusableRecord{"has " + kind_of(list) + " as '" + key + "' where a list is expected"};
  for (const json& item : list) {
    if (!item.is_object())
      throw UnusableRecord{"has " + kind_of(item) + " in '" + key + "' where a message is expected"};
    const bool has_from = item.contains("from");
    const std::string role_key = has_from ? "from" : "role", content_key = has_from ? "value" : "content";
    if (!item.contains(role_key)) throw UnusableRecord{"has a message without 'role' or 'from'"};
    messages.push_back({role_of(optional_text(item, role_key)), content_at(item, content_key)});
  }
}

// The conversation as a row, if it ends with something to train on.
std::vector<Dialogue> row_of(std::vector<Message> messages) {
  if (messages.empty()) throw UnusableRecord{"has no messages"};
  if (messages.back().role != "assistant") {
    throw UnusableRecord{"ends with a message of the role '" + messages.back().role +
                         "' where the assistant's is expected"};
  }
  if (stripped(messages.back().content).empty()) throw UnusableRecord{"ends with an empty answer"};
  if (messages.size() == 1) throw UnusableRecord{"has an answer and nothing before it"};
  return {Dialogue{std::move(messages), "", 0}};
}

std::vector<Dialogue> read_conversation(const json& record, const std::string& key) {
  std::vector<Message> messages;
  if (std::string system = optional_text(record, "system"); !system.empty()) {
    messages.push_back({"system", std::move(system)});
  }
  if (!record.contains(key)) throw UnusableRecord{"lacks '" + key + "'"};
  append_messages(record[key], key, messages);
  return row_of(std::move(messages));
}

}  // namespace

std::vector<Dialogue> read_alpaca(const json& record) {
  std::vector<Message> messages;
  if (std::string system = optional_text(record, "system"); !system.empty()) {
    messages.push_back({"system", std::move(system)});
  }
  if (const auto history = record.find("history"); history != record.end() && !history->is_null()) {
    if (!history->is_array()) {
      throw UnusableRecord{"has " + kind_of(*history) + " as 'history' where a list of pairs is expected"};
    }
    for (const json& pair : *history) {
      if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
        throw UnusableRecord{"has " + kind_of(pair) + " in 'history' where a pair of texts is expected"};
      }
      messages.push_back({"user", pair[0]});
      messages.push_back({"assistant", pair[1]});
    }
  }
  std::string instruction = text_at(record, "instruction");
  if (const std::string input = optional_text(record, "input"); !input.empty()) instruction += "\n" + input;
  messages.push_back({"user", std::move(instruction)});
  messages.push_back({"assistant", text_at(record, "output")});
  return row_of(std::move(messages));
}

std::vector<Dialogue> read_sharegpt(const json& record) {
  return read_conversation(record, record.contains("conversation") ? "conversation" : "conversations");
}

std::vector<Dialogue> read_messages(const json& record) { return read_conversation(record, "messages"); }

std::vector<Dialogue> read_prompt_completion(const json& record) {
  const std::string prompt_key = record.contains("context") && !record.contains("prompt") ? "context" : "prompt";
  const std::string answer_key =
      record.contains("response") && !record.contains("completion") ? "response" : "completion";
  std::vector<Message> messages;
  const auto append = [&](const std::string& key, const char* role) {
    if (record.contains(key) && record[key].is_array()) {
      append_messages(record[key], key, messages);
    } else {
      messages.push_back({role, text_at(record, key)});
    }
  };
  append(prompt_key, "user");
  append(answer_key, "assistant");
  return row_of(std::move(messages));
}

}  // namespace mtlora
