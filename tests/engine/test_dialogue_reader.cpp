// Readers of texts and conversations: the published files against Python's reading of them (tests/golden/
// make_dialogues.py), small files of each shape, and broken ones.
#include <QTemporaryDir>
#include <QTest>

#include "base/error.h"
#include "base/json.h"
#include "data/dialogue.h"
#include "message_of.h"

using namespace mtlora;
using nlohmann::json;

namespace {

std::string shared_data() {
  const char* folder = std::getenv("MTLORA_SHARED_DATA");
  return folder ? folder : MTLORA_SOURCE_DIR "/../shared/data";
}

// "system: a | user: b | assistant: c"
std::string text_of(const Dialogue& dialogue) {
  std::string text;
  for (const Message& message : dialogue.messages) {
    text += (text.empty() ? "" : " | ") + message.role + ": " + message.content;
  }
  return text;
}

// The rows as "ROW GROUP conversation" and the problems as "ROW! message", one a line.
std::string all_of(const Dialogues& dialogues) {
  std::string text;
  for (const Dialogue& row : dialogues.rows) {
    text += std::to_string(row.row) + " " + (row.group.empty() ? "" : row.group + " ") + text_of(row) + "\n";
  }
  for (const RowProblem& problem : dialogues.problems) {
    text += std::to_string(problem.row) + "! " + problem.message + "\n";
  }
  return text;
}

}  // namespace

class TestDialogueReader : public QObject {
  Q_OBJECT
 private slots:
  void published_files_data();
  void published_files();
  void reads_data();
  void reads();
  void refuses_data();
  void refuses();
  void a_folder_is_read_in_order_of_names();
  void stops_at_max_rows();
  void a_format_given_is_not_looked_for();
  void hostile_files_do_no_harm();
  void formats_have_names();

 private:
  Path write(const std::string& name, const std::string& text) {
    const Path path = Path(folder_.path().toStdString()) / name;
    make_folder(path.parent_path());
    write_file(path, text);
    return path;
  }
  QTemporaryDir folder_;
};

void TestDialogueReader::published_files_data() {
  QTest::addColumn<QString>("name");
  const json golden = read_json(Path(MTLORA_TEST_DATA) / "dialogues.json");
  for (const auto& [name, expected] : golden.items()) QTest::newRow(name.c_str()) << QString::fromStdString(name);
}

void TestDialogueReader::published_files() {
  QFETCH(QString, name);
  const Path path = Path(shared_data()) / name.toStdString();
  if (!std::filesystem::exists(path)) QSKIP("the published files are not there (MTLORA_SHARED_DATA)");
  const json expected = read_json(Path(MTLORA_TEST_DATA) / "dialogues.json")[name.toStdString()];
  const Dialogues dialogues = read_dialogues(path);
  QCOMPARE(dialogues.format, expected["format"].get<std::string>());
  QCOMPARE(static_cast<int>(dialogues.rows.size()), expected["rows"].get<int>());
  std::string text;
  int seen = 0;
  for (const Dialogue& row : dialogues.rows) {
    QCOMPARE(row.messages.size(), size_t{2});
    text += std::to_string(row.row) + "\t" + row.group + "\t" + row.prompt()[0].content + '\0' + row.answer() + '\0';
    seen += row.group == "seen";
  }
  QCOMPARE(seen, expected["seen"].get<int>());
  QCOMPARE(sha256_of(text), expected["sha256"].get<std::string>());
}

void TestDialogueReader::reads_data() {
  QTest::addColumn<QString>("file");
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("format");
  QTest::addColumn<QByteArray>("expected");
  const auto add = [](const char* name, const char* file, const char* text, const char* format, const char* expected) {
    QTest::newRow(name) << file << QByteArray(text) << format << QByteArray(expected);
  };
  add("E2E", "a.csv", "mr,ref\r\n\"name[A], area[B]\",\"A, in \"\"B\"\".\"\r\nname[C],\r\n", "e2e",
      "1 user: name[A], area[B] | assistant: A, in \"B\".\n2! has an empty 'ref'\n");
  add("E2E, a byte-order mark and a field too few", "a.csv", "\xEF\xBB\xBFmr,ref\nm\nm,r\n", "e2e",
      "2 user: m | assistant: r\n1! has 1 field where 2 are expected\n");
  add("E2E without references", "a.csv", "MR\n\"name[A]\"\n", "e2e", "1 user: name[A] | assistant: \n");
  add("E2E lines", "a.txt",
      "name : A | area : B||A is in B . \r\n\n x||y\nno bars\na||b||c\n||text\nmeaning|| \n\xFF||a\n", "e2e",
      "1 user: name : A | area : B | assistant: A is in B .\n2 user: x | assistant: y\n"
      "3! has no '||' between a meaning and its text\n4! has more than one '||'\n5! has no meaning before '||'\n"
      "6! has no text after '||'\n7! is not UTF-8\n");
  add("WebNLG", "a.xml",
      "<?xml version='1.0'?>\n<benchmark><entries>\n<entry category='City' eid='1'><originaltripleset><otriple>x | y | "
      "z</otriple>"
      "</originaltripleset><modifiedtripleset><mtriple>\n A_b | Is | \"C &amp; d\" </mtriple><mtriple>A_b | of | "
      "E</mtriple>"
      "</modifiedtripleset><lex comment='good' lid='1'> It &lt;is&gt; &#xE9;. </lex><lex comment='toFix'>no</lex>"
      "<lex comment='good'>Two.</lex></entry>\n<entry category='Artist'><modifiedtripleset><mtriple>a | b | c</mtriple>"
      "</modifiedtripleset><lex comment='bad'>no</lex></entry>"
      "<entry category='Artist'><modifiedtripleset><mtriple>a | b | c</mtriple></modifiedtripleset></entry>"
      "</entries></benchmark>",
      "webnlg",
      "1 seen user: A_b : Is : \"C & d\" | A_b : of : E | assistant: It <is> é.\n"
      "1 seen user: A_b : Is : \"C & d\" | A_b : of : E | assistant: Two.\n3 unseen user: a : b : c | assistant: \n"
      "2! has no text that is marked 'good' (entry 2 of 'a.xml')\n");
  add("WebNLG, triples that are none", "a.xml",
      "<b><entry category='City'><modifiedtripleset><mtriple>a | b</mtriple></modifiedtripleset><lex "
      "comment='good'>x</lex></entry>"
      "<entry category='City'><modifiedtripleset><mtriple>a | b | c | d</mtriple></modifiedtripleset></entry>"
      "<entry category='City'><lex comment='good'>x</lex></entry>"
      "<entry category='City'><modifiedtripleset><mtriple>a | b | c</mtriple></modifiedtripleset><lex "
      "comment='good'>x<t/></lex></entry>"
      "</b>",
      "webnlg",
      "1! has a triple that is not 'subject | relation | object' (entry 1 of 'a.xml')\n"
      "2! has a triple that is not 'subject | relation | object' (entry 2 of 'a.xml')\n"
      "3! has no triples (entry 3 of 'a.xml')\n4! has <t> inside of a text (entry 4 of 'a.xml')\n");
  add("WebNLG, elements in each other's place", "a.xml",
      "<b><entry category='City'><mtriple><lex comment='good'>x</lex>a | b | c</mtriple></entry>"
      "<entry category='City'><lex comment='good'><entry/>x</lex></entry></b>",
      "webnlg",
      "1! has <lex> inside of a text (entry 1 of 'a.xml')\n2! has <entry> inside of a text (entry 2 of 'a.xml')\n");
  const char* webnlg_json =
      R"({"entries": [{"1": {"category": "Food", "modifiedtripleset": [{"object": "C", "property": "isA", "subject": "B"}],
          "lexicalisations": [{"comment": "good", "lex": "B is a C."}, {"comment": "toFix", "lex": "no"}]}},
          {"2": {"category": "Food"}}, {"3": 4}, 5]})";
  add("WebNLG as JSON", "a.json", webnlg_json, "webnlg",
      "1 seen user: B : isA : C | assistant: B is a C.\n2! lacks 'modifiedtripleset'\n3! lacks 'category'\n"
      "4! is a number where a JSON object is expected\n");
  add("WebNLG as JSON in one line", "a.json", QByteArray(webnlg_json).replace('\n', ' ').constData(), "webnlg",
      "1 seen user: B : isA : C | assistant: B is a C.\n2! lacks 'modifiedtripleset'\n3! lacks 'category'\n"
      "4! is a number where a JSON object is expected\n");
  add("DART", "a.json",
      R"([{"tripleset": [["A B", "HAS_Ä", "C"], ["C", "OF", "D_e"]], "annotations": [{"source": "s", "text": "One."}, {"source": "t", "text": "Two. "}]},
          {"tripleset": [["A", "B"]], "annotations": []}, {"tripleset": "x"}, {"tripleset": []},
          {"tripleset": [["a", "b", "c"]], "annotations": [{"text": " "}]}, {"tripleset": [["a", "b", "c"]]}])",
      "dart",
      "1 user: A B : has_ä : C | C : of : D_e | assistant: One.\n1 user: A B : has_ä : C | C : of : D_e | assistant: "
      "Two. \n"
      "6 user: a : b : c | assistant: \n2! has a list in 'tripleset' where a list of three texts is expected\n"
      "3! has a text as 'tripleset' where a list is expected\n4! has no triples\n5! has no text that is not empty\n");
  add("DART as XML", "a.xml",
      "<benchmark><entries><entry category='MISC' eid='Id1' size='1'><modifiedtripleset><mtriple>A B | JOINED | "
      "1973</mtriple>"
      "</modifiedtripleset><lex comment='WikiSQL_decl_sents' lid='Id1'>A.</lex><lex comment='' "
      "lid='Id2'>B.</lex></entry>"
      "</entries></benchmark>",
      "dart", "1 user: A B : joined : 1973 | assistant: A.\n1 user: A B : joined : 1973 | assistant: B.\n");
  add("Alpaca", "a.json",
      R"([{"instruction": "Do", "input": "this", "output": "Done"}, {"instruction": "Do", "input": "", "output": ""},
          {"instruction": "Do", "output": "Ok", "system": "Be", "history": [["q", "a"], ["r", "b"]]}, {"instruction": 3, "output": "x"},
          {"input": "x", "output": "x"}, {"instruction": "Do", "output": "x", "history": ["q"]}, "text", null])",
      "alpaca",
      "1 user: Do\nthis | assistant: Done\n3 system: Be | user: q | assistant: a | user: r | assistant: b | user: Do | "
      "assistant: Ok\n"
      "2! has an empty 'output'\n4! has a number as 'instruction' where a text is expected\n5! lacks 'instruction'\n"
      "6! has a text in 'history' where a pair of texts is expected\n7! is a text where a JSON object is expected\n"
      "8! is null where a JSON object is expected\n");
  add("Alpaca as CSV", "a.csv", "instruction,input,output\n\"a\nb\",c,d\n", "alpaca",
      "1 user: a\nb\nc | assistant: d\n");
  add("Alpaca as an object", "a.json", "{\n\"instruction\": \"a\",\n\"output\": \"b\"}", "alpaca",
      "1 user: a | assistant: b\n");
  add("ShareGPT", "a.jsonl",
      "{\"conversations\": [{\"from\": \"human\", \"value\": \"h\"}, {\"from\": \"gpt\", \"value\": \"g\"}], "
      "\"system\": \"s\"}\n\n"
      "{\"conversations\": [{\"from\": \"human\", \"value\": \"h\"}]}\n{\"conversations\": [{\"from\": \"alien\", "
      "\"value\": \"h\"}]}\n"
      "not JSON\n[1]\n{\"conversations\": [{\"value\": \"h\"}]}\n{\"conversations\": {}}\n{\"id\": "
      "1}\n{\"conversations\": []}\n"
      "{\"conversations\": [{\"from\": \"gpt\", \"value\": \"g\"}]}\n{\"conversations\": [{\"from\": \"human\", "
      "\"value\": \"h\"}, {\"from\": \"gpt\", \"value\": \" \"}]}\n",
      "sharegpt",
      "1 system: s | user: h | assistant: g\n2! ends with a message of the role 'user' where the assistant's is "
      "expected\n"
      "3! has a message of the unknown role 'alien'\n4! can't be read: not valid JSON at line 1, column 2\n"
      "5! is a list where a JSON object is expected\n6! has a message without 'role' or 'from'\n"
      "7! has an object as 'conversations' where a list is expected\n8! lacks 'conversations'\n9! has no messages\n"
      "10! has an answer and nothing before it\n11! ends with an empty answer\n");
  add("messages", "a.jsonl",
      "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": [{\"type\": "
      "\"text\", \"text\": \"u\"}]},"
      " {\"role\": \"assistant\", \"content\": \"a\"}]}\n"
      "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image\"}]}, {\"role\": \"assistant\", "
      "\"content\": \"a\"}]}\n"
      "{\"messages\": [{\"role\": \"user\", \"content\": \"u\"}, {\"role\": \"assistant\", \"content\": null}]}\n"
      "{\"messages\": [{\"role\": \"user\"}]}\n{\"messages\": [\"u\"]}\n",
      "messages",
      "1 system: s | user: u | assistant: a\n2! has a message with a part that is not text\n"
      "3! has a message with null as 'content' where a text is expected\n4! has a message without 'content'\n"
      "5! has a text in 'messages' where a message is expected\n");
  add("prompt and completion", "a.jsonl",
      "{\"prompt\": \"p\", \"completion\": \" c\"}\n{\"prompt\": [{\"role\": \"user\", \"content\": \"u\"}], "
      "\"completion\": "
      "[{\"role\": \"assistant\", \"content\": \"a\"}]}\n{\"prompt\": \"p\"}\n",
      "prompt_completion", "1 user: p | assistant:  c\n2 user: u | assistant: a\n3! lacks 'completion'\n");
  add("context and completion", "a.json", "[{\"context\": \"p\", \"completion\": \"c\", \"cate\": true}]",
      "prompt_completion", "1 user: p | assistant: c\n");
  add("prompt and response as CSV", "a.csv", "prompt,response\np,r\n", "prompt_completion",
      "1 user: p | assistant: r\n");
  add("an object with data", "a.json", "{\"data\": [{\"prompt\": \"p\", \"completion\": \"c\"}]}", "prompt_completion",
      "1 user: p | assistant: c\n");
}

void TestDialogueReader::reads() {
  QFETCH(QString, file);
  QFETCH(QByteArray, text);
  QFETCH(QString, format);
  QFETCH(QByteArray, expected);
  const Path path = write(file.toStdString(), text.toStdString());
  const Dialogues dialogues = read_dialogues(path);
  QCOMPARE(QString::fromStdString(dialogues.format), format);
  QByteArray found = QByteArray::fromStdString(all_of(dialogues));
  found.replace(QByteArray::fromStdString(path.string()), file.toUtf8());
  QCOMPARE(found, expected);
}

void TestDialogueReader::refuses_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QString>("format");
  QTest::addColumn<QString>("message");
  const auto add = [](const char* name, const QByteArray& text, const char* format, const char* message) {
    QTest::newRow(name) << text << format << message;
  };
  add("nothing", "", "", "is empty");
  add("spaces", " \n\n", "", "is empty");
  add("UTF-16", QByteArray("\xFF\xFE{\0", 4), "", "is UTF-16 text");
  add("unknown columns", "sentence,label\na,b\n", "", "of no known kind: row 1 has the keys 'label', 'sentence'");
  add("unknown keys", "[{\"a\": 1}]", "", "row 1 has the keys 'a'");
  add("no keys", "[{}]", "", "has no keys");
  add("no object at all", "[1, 2]", "", "holds no record that can be read: row 1 is a number");
  add("an empty list", "[]", "", "holds no record that can be read");
  add("half a JSON file", "[{\"instruction\": \"a\",", "", "not valid JSON at line 1");
  add("half an XML file", "<benchmark>\n<entry category='City'>", "", "is not valid XML (no element found) at line 2");
  add("a mismatched tag", "<benchmark><entry></benchmark>", "", "is not valid XML (mismatched tag) at line 1, column");
  add("XML of another kind", "<html><body/></html>", "", "is XML without an <entry>");
  add("XML that is not UTF-8", "<b>\xFF\xFF</b>", "", "is not valid XML (not well-formed");
  add("XML for Alpaca", "<b/>", "alpaca", "is XML, which alpaca files are not");
  add("entities", "<!DOCTYPE b [<!ENTITY a 'aaaa'><!ENTITY c '&a;&a;'>]><b>&c;</b>", "", "document type declaration");
  add("a misspelt format", "x", "alpacca", "Did you mean 'alpaca'?");
}

void TestDialogueReader::refuses() {
  QFETCH(QByteArray, text);
  QFETCH(QString, format);
  QFETCH(QString, message);
  const Path path = write("file", text.toStdString());
  const std::string found = message_of([&] { read_dialogues(path, format.toStdString()); });
  QVERIFY2(QString::fromStdString(found).contains(message), found.c_str());
  if (!message.startsWith("Did")) QVERIFY2(found.find(path.string()) != found.npos, found.c_str());
}

void TestDialogueReader::a_folder_is_read_in_order_of_names() {
  const auto entry = [](const char* text) {
    return std::string(
               "<b><entry category='City'><modifiedtripleset><mtriple>a | b | c</mtriple></modifiedtripleset>") +
           "<lex comment='good'>" + text + "</lex></entry></b>";
  };
  write("set/2/a.xml", entry("third"));
  write("set/1/z.xml", entry("second"));
  write("set/1/b.xml", entry("first"));
  write("set/1/notes.txt", "not read");
  const Path folder = Path(folder_.path().toStdString()) / "set";
  QCOMPARE(all_of(read_dialogues(folder)),
           std::string("1 seen user: a : b : c | assistant: first\n2 seen user: a : b : c | assistant: second\n"
                       "3 seen user: a : b : c | assistant: third\n"));
  make_folder(Path(folder_.path().toStdString()) / "none");
  const std::string found = message_of([&] { read_dialogues(Path(folder_.path().toStdString()) / "none"); });
  QVERIFY2(found.find("has no .xml file") != found.npos, found.c_str());
  const std::string missing = message_of([&] { read_dialogues(Path(folder_.path().toStdString()) / "missing"); });
  QVERIFY2(missing.find("missing") != missing.npos && missing != "no error", missing.c_str());
}

void TestDialogueReader::stops_at_max_rows() {
  std::string lines, list = "[", xml = "<b>", pairs = "mr,ref\n", bars;
  for (int i = 0; i < 9; ++i) {
    const std::string n = std::to_string(i);
    lines += "{\"prompt\": \"" + n + "\", \"completion\": \"c\"}\n";
    list += std::string(i ? "," : "") +
            R"({"tripleset": [["a", "b", "c"]], "annotations": [{"text": "x"}, {"text": "y"}]})";
    xml +=
        "<entry category='City'><modifiedtripleset><mtriple>a | b | c</mtriple></modifiedtripleset>"
        "<lex comment='good'>x</lex><lex comment='good'>y</lex></entry>";
    pairs += n + ",r\n";
    bars += n + "||r\n";
  }
  // What stands behind the last row that is wanted is not looked at.
  for (const auto& [name, text] : std::map<std::string, std::string>{{"a.jsonl", lines + "broken"},
                                                                     {"a.json", list + "]"},
                                                                     {"a.xml", xml + "<broken"},
                                                                     {"a.csv", pairs},
                                                                     {"a.txt", bars + "broken"}}) {
    for (const int64_t rows : {1, 3, 4, 9}) {
      const Dialogues dialogues = read_dialogues(write(name, text), "", rows);
      QCOMPARE(static_cast<int64_t>(dialogues.rows.size()), rows);
      QVERIFY(dialogues.problems.empty());
    }
  }
}

void TestDialogueReader::a_format_given_is_not_looked_for() {
  const Path path = write("a.jsonl", "{\"prompt\": \"p\", \"completion\": \"c\", \"messages\": 1}\n");
  QCOMPARE(read_dialogues(path).format, std::string("messages"));
  QCOMPARE(all_of(read_dialogues(path, "prompt_completion")), std::string("1 user: p | assistant: c\n"));
  QCOMPARE(all_of(read_dialogues(path, "alpaca")), std::string("1! lacks 'instruction'\n"));
}

void TestDialogueReader::hostile_files_do_no_harm() {
  const auto repeated = [](const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
  };
  const std::string deep_list = repeated("[", 1000000), deep_object = repeated("{\"a\":", 1000000);
  for (const std::string& text :
       {deep_list, deep_object, deep_object + "1" + repeated("}", 1000000), repeated("<a>", 1000000),
        "<a b='" + repeated("x", 5000000) + "'/>", repeated("{", 100) + "}"}) {
    const std::string found = message_of([&] { read_dialogues(write("hostile", text)); });
    QVERIFY2(found.find("hostile") != found.npos, found.substr(0, 300).c_str());
  }
  const Dialogues lines =
      read_dialogues(write("a.jsonl", "{\"messages\":" + deep_list + "}\n" + deep_object + "\n"), "messages");
  QCOMPARE(all_of(lines), std::string("1! can't be read: values nest deeper than 64 levels\n"
                                      "2! can't be read: values nest deeper than 64 levels\n"));
  // Every prefix of a file is read or refused.
  for (const std::string& text : {std::string("<b><entry category='C'><modifiedtripleset><mtriple>a | b | "
                                              "c</mtriple></modifiedtripleset><lex comment='good'>é</lex></entry></b>"),
                                  std::string("{\"messages\": [{\"role\": \"user\", \"content\": \"\\u00e9\"}, "
                                              "{\"role\": \"assistant\", \"content\": \"é\"}]}"),
                                  std::string("\xEF\xBB\xBFmr,ref\n\"a\"\"b\",\"c\"\n")}) {
    for (size_t length = 0; length <= text.size(); ++length) {
      message_of([&] { read_dialogues(write("prefix", text.substr(0, length))); });
    }
  }
  // A long text arrives whole: Expat gets it in pieces.
  const std::string longer = repeated("é", 3000000);
  const Dialogues whole =
      read_dialogues(write("a.xml", "<b><entry category='C'><mtriple>a | b | c</mtriple><lex comment='good'>" + longer +
                                        "</lex></entry></b>"));
  QCOMPARE(whole.rows.size(), size_t{1});
  QVERIFY(whole.rows[0].answer() == longer);
}

void TestDialogueReader::formats_have_names() {
  QCOMPARE(dialogue_formats().size(), size_t{7});
  for (const DialogueFormat& format : dialogue_formats()) QVERIFY(!format.name.empty() && !format.title.empty());
}

QTEST_APPLESS_MAIN(TestDialogueReader)
#include "test_dialogue_reader.moc"
