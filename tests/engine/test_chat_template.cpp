// Chat templates against what transformers renders (tests/golden/make_chat_templates.py).
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "message_of.h"
#include "text/chat_template.h"
#include "text/jinja_form.h"
#include "text/tokenizer.h"

using namespace mtlora;
using nlohmann::json;

namespace {

using Messages = std::vector<Message>;

Messages messages_of(const json& list) {
  Messages messages;
  for (const json& item : list) messages.push_back({item["role"], item["content"]});
  return messages;
}

TokenizerConfig config_of(const json& bos, const json& eos) {
  TokenizerConfig config;
  const auto token = [](const json& text) {
    SpecialToken result;
    result.content = text;
    return result;
  };
  if (!bos.is_null()) config.bos_token = token(bos);
  if (!eos.is_null()) config.eos_token = token(eos);
  return config;
}

// Where the Jinja templates write nothing, or a turn of their own making, for a role that they do not know, ours
// refuse.
bool has_odd_role(const Messages& messages) {
  return std::any_of(messages.begin(), messages.end(), [&](const Message& message) {
    return message.role == "tool" || (message.role == "system" && &message != &messages.front());
  });
}

std::string shared_data() {
  const char* folder = std::getenv("MTLORA_SHARED_DATA");
  return folder ? folder : MTLORA_SOURCE_DIR "/../shared/data";
}

}  // namespace

class TestChatTemplate : public QObject {
  Q_OBJECT
 private slots:
  void renders_as_transformers_does_data();
  void renders_as_transformers_does();
  void every_template_is_in_the_golden_file();
  void recognises_the_published_texts();
  void recognises_the_text_of_qwen3();
  void does_not_recognise_what_renders_otherwise();
  void encodes_without_adding_special_tokens_data();
  void encodes_without_adding_special_tokens();
  void completion_is_context_end_answer_end();
  void end_of_text_is_known_without_a_file_that_names_it();
  void refusals_say_why_data();
  void refusals_say_why();
  void repairs_text_that_is_not_utf8();
  void jinja_form_of_odd_texts_data();
  void jinja_form_of_odd_texts();

 private:
  const json golden_ = read_json(Path(MTLORA_TEST_DATA) / "chat_templates.json");
};

void TestChatTemplate::renders_as_transformers_does_data() {
  QTest::addColumn<int>("index");
  for (int i = 0; i < static_cast<int>(golden_["templates"].size()); ++i) {
    QTest::newRow(golden_["templates"][static_cast<size_t>(i)]["name"].get<std::string>().c_str()) << i;
  }
}

void TestChatTemplate::renders_as_transformers_does() {
  QFETCH(int, index);
  const json& golden = golden_["templates"][static_cast<size_t>(index)];
  const ChatTemplate& form = chat_template(golden["name"]);
  const TokenizerConfig config = config_of(golden["bos"], golden["eos"]);
  int compared = 0, spans = 0;
  for (size_t i = 0; i < golden["rendered"].size(); ++i) {
    const Messages messages = messages_of(golden_["conversations"][i]);
    const json& expected = golden["rendered"][i];
    for (const bool open : {false, true}) {
      const json& text = expected[open ? "open" : "closed"];
      RenderedChat chat;
      try {
        chat = render_chat(form, messages, config, open);
      } catch (const Error& error) {
        QVERIFY2(error.code() == ErrorCode::BadInput, error.what());
        QVERIFY2(text.is_null() || has_odd_role(messages), (std::to_string(i) + ": " + error.what()).c_str());
        continue;
      }
      QVERIFY2(!text.is_null(), ("conversation " + std::to_string(i) + " is refused by transformers").c_str());
      QCOMPARE(chat.text, text.get<std::string>());
      ++compared;
      if (open || expected["answers"].is_null()) continue;
      QVERIFY2(json(chat.answers) == expected["answers"], json(chat.answers).dump().c_str());
      spans += static_cast<int>(chat.answers.size());
    }
  }
  QVERIFY(compared >= 6);
  QVERIFY(spans >= 5);
}

void TestChatTemplate::every_template_is_in_the_golden_file() {
  for (const ChatTemplate& form : chat_templates()) {
    QVERIFY(!form.title.empty());
    QCOMPARE(&chat_template(std::string(form.name)), &form);
    if (form.name == "completion") continue;
    const auto& templates = golden_["templates"];
    QVERIFY2(std::any_of(templates.begin(), templates.end(), [&](const json& t) { return t["name"] == form.name; }),
             std::string(form.name).c_str());
  }
}

void TestChatTemplate::recognises_the_published_texts() {
  for (const json& golden : golden_["templates"]) {
    if (golden["jinja"].is_null()) continue;
    const ChatTemplate* found = recognise_chat_template(golden["jinja"].get<std::string>());
    QVERIFY2(found, golden["name"].get<std::string>().c_str());
    QCOMPARE(std::string(found->name), golden["name"].get<std::string>());
  }
  for (const auto& [name, jinja] : golden_["otherwise"].items()) {
    const ChatTemplate* found = recognise_chat_template(jinja.get<std::string>());
    QVERIFY2(found, (name + ": " + jinja_form(jinja.get<std::string>())).c_str());
    QCOMPARE(std::string(found->name), name);
  }
}

void TestChatTemplate::recognises_the_text_of_qwen3() {
  const Path folder = Path(shared_data()) / "tokenizers/qwen2-qwen3";
  if (!std::filesystem::exists(folder)) QSKIP("Qwen3's tokenizer_config.json is not there (MTLORA_SHARED_DATA)");
  const ChatTemplate* found = recognise_chat_template(read_tokenizer_config(folder).chat_template);
  QVERIFY(found);
  QCOMPARE(std::string(found->name), std::string("qwen3"));
}

void TestChatTemplate::does_not_recognise_what_renders_otherwise() {
  for (const auto& [name, jinja] : golden_["unknown"].items()) {
    const ChatTemplate* found = recognise_chat_template(jinja.get<std::string>());
    QVERIFY2(!found, (name + " is taken for " + (found ? std::string(found->name) : "")).c_str());
  }
  QVERIFY(!recognise_chat_template(""));
  // A built-in text with one token damaged anywhere is unknown.
  int tried = 0;
  for (const json& golden : golden_["templates"]) {
    if (golden["jinja"].is_null()) continue;
    for (const char* text :
         {"<|im_start|>", "<|im_end|>", "[INST]", "[/INST]", "header_id|>", "<|eot_id|>", "<start_of_turn>",
          "<end_of_turn>", "<|end|>", "<|user|>", "<|assistant|>", "USER", "ASSISTANT", "###"}) {
      const std::string jinja = golden["jinja"];
      for (size_t at = jinja.find(text); at != jinja.npos; at = jinja.find(text, at + 1)) {
        std::string damaged = jinja;
        damaged.insert(at, "x");
        QVERIFY2(!recognise_chat_template(damaged), damaged.c_str());
        ++tried;
      }
    }
  }
  QVERIFY(tried >= 60);
}

void TestChatTemplate::encodes_without_adding_special_tokens_data() {
  QTest::addColumn<int>("index");
  for (int i = 0; i < static_cast<int>(golden_["encoded"].size()); ++i) {
    const json& row = golden_["encoded"][static_cast<size_t>(i)];
    QTest::addRow("%s, %s", row["tokenizer"].get<std::string>().c_str(), row["template"].get<std::string>().c_str())
        << i;
  }
}

void TestChatTemplate::encodes_without_adding_special_tokens() {
  QFETCH(int, index);
  const json& row = golden_["encoded"][static_cast<size_t>(index)];
  const Path folder = Path(shared_data()) / "tokenizers" / row["tokenizer"].get<std::string>();
  if (!std::filesystem::exists(folder)) QSKIP("the published tokenizers are not there (MTLORA_SHARED_DATA)");
  const auto tokenizer = Tokenizer::load(folder);
  const auto& templates = golden_["templates"];
  const auto golden = std::find_if(templates.begin(), templates.end(),
                                   [&](const json& candidate) { return candidate["name"] == row["template"]; });
  size_t at = 0;
  for (const json& rendered : (*golden)["rendered"]) {
    if (rendered["closed"].is_null()) continue;
    const std::string text = rendered["closed"];
    const Encoding encoding = tokenizer->encode(text, nullptr, 0, Offsets::No, SpecialTokens::None);
    QVERIFY2(encoding.input_ids == row["ids"][at].get<std::vector<int32_t>>(), text.c_str());
    ++at;
  }
  QCOMPARE(at, row["ids"].size());
}

void TestChatTemplate::completion_is_context_end_answer_end() {
  const TokenizerConfig config = config_of("<s>", "<|endoftext|>");
  const ChatTemplate& form = chat_template("completion");
  const Messages pair = {{"user", "A : b : C"}, {"assistant", " The answer . \n"}};
  const RenderedChat chat = render_chat(form, pair, config);
  QCOMPARE(chat.text, std::string("A : b : C<|endoftext|> The answer .<|endoftext|>"));
  QCOMPARE(chat.answers.size(), size_t{1});
  QCOMPARE(chat.text.substr(chat.answers[0].first, chat.answers[0].second - chat.answers[0].first),
           std::string(" The answer .<|endoftext|>"));
  const RenderedChat open = render_chat(form, std::span(pair).first(1), config, true);
  QCOMPARE(open.text, std::string("A : b : C<|endoftext|>"));
  QVERIFY(open.answers.empty());
}

void TestChatTemplate::end_of_text_is_known_without_a_file_that_names_it() {
  const auto config_for = [](const std::string& model, const std::string& tokenizer) {
    QTemporaryDir folder;
    const Path path(folder.path().toStdString());
    write_file(path / "config.json", model);
    write_file(path / "tokenizer_config.json", tokenizer);
    return read_tokenizer_config(path);
  };
  // As GPT-2 is published.
  const TokenizerConfig gpt2 = config_for(R"({"model_type": "gpt2"})", R"({"model_max_length": 1024})");
  const Messages pair = {{"user", "a"}, {"assistant", "b"}};
  QCOMPARE(render_chat(chat_template("completion"), pair, gpt2).text, std::string("a<|endoftext|> b<|endoftext|>"));
  const TokenizerConfig llama = config_for("{}", R"({"tokenizer_class": "LlamaTokenizerFast", "eos_token": "<end>"})");
  QCOMPARE(llama.bos_token->content, std::string("<s>"));
  QCOMPARE(llama.eos_token->content, std::string("<end>"));
  // A class of no name of its own has none: Llama 3's folder is of the type llama too.
  QVERIFY(!config_for(R"({"model_type": "llama"})", R"({"tokenizer_class": "PreTrainedTokenizerFast"})").eos_token);
  QVERIFY(!config_for(R"({"model_type": "qwen2"})", "{}").bos_token);
}

void TestChatTemplate::refusals_say_why_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("roles");  // in turn
  QTest::addColumn<bool>("has_eos");
  QTest::addColumn<QString>("message");
  QTest::newRow("system with Gemma") << "gemma"
                                     << "system user assistant" << true << "has no place for a system message";
  QTest::newRow("two users") << "llama2"
                             << "user user" << true << "message 2 is of the role 'user'";
  QTest::newRow("after a system message") << "mistral"
                                          << "system assistant" << true << "expects 'user'";
  QTest::newRow("assistant first") << "vicuna"
                                   << "assistant" << true << "message 1 is of the role 'assistant'";
  QTest::newRow("late system") << "alpaca"
                               << "user system" << true << "message 2 is of the role 'system'";
  QTest::newRow("tool") << "phi3"
                        << "user tool" << true << "has no place";
  QTest::newRow("no end of text") << "zephyr"
                                  << "user" << false << "needs an end-of-text token";
  QTest::newRow("completion with a system text") << "completion"
                                                 << "system user" << true << "has no place for a system";
  QTest::newRow("no messages") << "chatml"
                               << "" << true << "without messages";
}

void TestChatTemplate::refusals_say_why() {
  QFETCH(QString, name);
  QFETCH(QString, roles);
  QFETCH(bool, has_eos);
  QFETCH(QString, message);
  Messages messages;
  for (const QString& role : roles.split(' ', Qt::SkipEmptyParts)) messages.push_back({role.toStdString(), "text"});
  const TokenizerConfig config = config_of("<s>", has_eos ? json("</s>") : json());
  const std::string found = message_of([&] { render_chat(chat_template(name.toStdString()), messages, config); });
  QVERIFY2(QString::fromStdString(found).contains(message), found.c_str());
}

void TestChatTemplate::repairs_text_that_is_not_utf8() {
  const TokenizerConfig config = config_of("<bos>", nullptr);
  for (const std::string bad : {"\xF0\x9F", "\x80", "a\xE3\x80", "\xC2"}) {
    const Messages messages = {{"user", bad}, {"assistant", bad}};
    const RenderedChat chat = render_chat(chat_template("gemma"), messages, config);
    QVERIFY(chat.text.find("\xEF\xBF\xBD") != std::string::npos);
    QCOMPARE(chat.answers.back().second, chat.text.size() - 1);
  }
}

void TestChatTemplate::jinja_form_of_odd_texts_data() {
  QTest::addColumn<QByteArray>("jinja");
  QTest::addColumn<QByteArray>("form");
  const auto add = [](const char* name, const char* jinja, const char* form) {
    QTest::newRow(name) << QByteArray(jinja) << QByteArray(form);
  };
  add("empty", "", "");
  add("text", "a b\n", "{{'a b'}}");
  add("joined", "a{{ x['y'] }}{{ \"b\" + 'c' }}", "{{'a'+x.y+'bc'}}");
  add("subscript", "{{ m[0]['role'] + l['a b'] + ['k'] }}", "{{m[0].role+l['a b']+['k']}}");
  add("trim_blocks", "{% if a %}\nb\n  {% endif %}\nc", "{%ifa%}{{'b\n'}}{%endif%}{{'c'}}");
  add("indent before an expression stays", "  {{ a }}", "{{'  '+a}}");
  add("minus", "a \n{{- b -}}\n c", "{{'a'+b+'c'}}");
  add("comment", "a{# '}} #}b", "{{'ab'}}");
  add("escapes", "{{ 'a\\n\\'b' }}", "{{'a\n'b'}}");
  add("bracket in a literal", "{{ '}}' + a }}", "{{'}}'+a}}");
  add("unclosed tag", "a{{ b", "{{'a'+b}}");
  add("unclosed literal", "{{ 'b", "{{'b'}}");
  add("half a tag", "a{", "{{'a{'}}");
  add("empty tags", "{{}}{%%}{{--}}{%-%}", "{%%}{%%}");
}

void TestChatTemplate::jinja_form_of_odd_texts() {
  QFETCH(QByteArray, jinja);
  QFETCH(QByteArray, form);
  QCOMPARE(QByteArray::fromStdString(jinja_form(jinja.toStdString())), form);
  // Any prefix is taken without harm.
  for (qsizetype i = 0; i <= jinja.size(); ++i) jinja_form(jinja.left(i).toStdString());
}

QTEST_APPLESS_MAIN(TestChatTemplate)
#include "test_chat_template.moc"
