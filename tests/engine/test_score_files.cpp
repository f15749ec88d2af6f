// Files of texts as they come, and `mtlora score` as a process.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "api/api.h"
#include "base/error.h"
#include "shared_data.h"

using namespace mtlora;
using nlohmann::json;

namespace {

struct Answer {
  int code;
  std::string out, err;
};

Answer run(const std::vector<std::string>& arguments) {
  QStringList list;
  for (const std::string& argument : arguments) list << QString::fromStdString(argument);
  QProcess process;
  process.start(QStringLiteral(MTLORA_CLI), list);
  if (!process.waitForFinished(120000)) return {-1, {}, process.errorString().toStdString()};
  return {process.exitCode(), process.readAllStandardOutput().toStdString(),
          process.readAllStandardError().toStdString()};
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

double rounded(double value, int decimals) { return std::stod(QString::number(value, 'f', decimals).toStdString()); }

}  // namespace

class TestScoreFiles : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;

  Path write(const std::string& name, const std::string& text) const {
    const Path path = Path(folder_.path().toStdString()) / name;
    write_file(path, text);
    return path;
  }
  // The score of one metric, in full.
  static double score(const TextFiles& files, const std::string& metric = "chrf") {
    return score_files({metric}, files)[0].value;
  }
  static std::string message_of(const TextFiles& files) {
    try {
      score_files({"bleu"}, files);
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing is wrong";
  }

 private slots:
  void lines_are_texts() {
    const ScoredTexts texts{{"the eagle", "", "is cheap"}, {{"an eagle"}, {"zizzi"}, {"was cheap"}}};
    const double expected = score_texts({"chrf"}, texts)[0].value;
    const Path references = write("r", "an eagle\nzizzi\nwas cheap\n");
    // With and without a last line feed, with a byte order mark, with carriage returns.
    for (const char* text : {"the eagle\n\nis cheap\n", "the eagle\n\nis cheap", "\xef\xbb\xbfthe eagle\n\nis cheap\n",
                             "the eagle\r\n\r\nis cheap\r\n"}) {
      QCOMPARE(score({.hypotheses = write("h", text), .references = {references}}), expected);
    }
    // A last line that is empty is a text too.
    QCOMPARE(score({.hypotheses = write("h", "a\n\n"), .references = {write("r2", "a\nb\n")}}),
             score_texts({"chrf"}, {{"a", ""}, {{"a"}, {"b"}}})[0].value);
  }

  void references_stand_in_files_or_blocks() {
    const Path hypotheses = write("h", "a b c\nd e f g\n");
    const double expected = score_texts({"chrf"}, {{"a b c", "d e f g"}, {{"a b", "c b a"}, {"d e", "f g"}}})[0].value;
    const TextFiles files{.hypotheses = hypotheses,
                          .references = {write("r1", "a b\nd e\n"), write("r2", "c b a\nf g")}};
    QCOMPARE(score(files), expected);
    for (const char* text :
         {"a b\nc b a\n\nd e\nf g\n", "\n\na b\nc b a\n \r\n\n\nd e\nf g\n\n\n", "a b\nc b a\n\nd e\nf g"}) {
      QCOMPARE(score({.hypotheses = hypotheses, .reference_blocks = write("b", text)}), expected);
    }
    // Different numbers of references.
    QCOMPARE(score({.hypotheses = hypotheses, .reference_blocks = write("b", "a b\n\nd e\nf g\nd e f\n")}),
             score_texts({"chrf"}, {{"a b c", "d e f g"}, {{"a b"}, {"d e", "f g", "d e f"}}})[0].value);
    // An empty line in a file of references is an empty reference, as sacrebleu and multi-bleu take it.
    QCOMPARE(score({.hypotheses = hypotheses, .references = {write("r3", "a b\n\n")}}, "bleu"),
             score_texts({"bleu"}, {{"a b c", "d e f g"}, {{"a b"}, {""}}})[0].value);
  }

  void case_and_number_of_references_are_options() {
    TextFiles files{.hypotheses = write("h", "THE Eagle is a Cheap\n"),
                    .reference_blocks = write("b", "an eagle is there\nThe eagle is a cheap\nthe eagle is a cheap\n")};
    QVERIFY(score(files, "bleu") < 99);
    files.lowercase = true;
    const TextScore lower = score_files({"bleu"}, files)[0];
    QVERIFY(lower.value > 99);
    QVERIFY(lower.details.starts_with("nrefs:3|case:lc|"));
    files.max_references = 1;
    const TextScore one = score_files({"bleu"}, files)[0];
    QVERIFY(one.value < 99);
    QVERIFY(one.details.starts_with("nrefs:1|"));
    files.max_references = 7;
    QCOMPARE(score(files, "bleu"), lower.value);
    files = {.hypotheses = write("h", "it's 3.5\n"), .reference_blocks = write("b", "it ' s 3 . 5\n")};
    QVERIFY(score(files, "bleu_multi") < 1);
    files.tokenize = true;
    QCOMPARE(score(files, "bleu_multi"), 100.0);
  }

  void counts_that_do_not_match_are_refused_by_name() {
    const Path three = write("three", "a\n\nc"), two = write("two", "a\nb\n"), none = write("none", "");
    const auto name = [](const Path& path) { return "'" + path.string() + "'"; };
    QCOMPARE(message_of({.hypotheses = three, .references = {three, two}}),
             name(three) + " has 3 texts and " + name(two) + " 2 references");
    QCOMPARE(message_of({.hypotheses = two, .reference_blocks = two}),
             name(two) + " has 2 texts and " + name(two) + " 1 block of references");
    QCOMPARE(message_of({.hypotheses = none, .references = {two}}), name(none) + " has no text to score");
    QVERIFY(message_of({.hypotheses = two}).starts_with("the references are either files"));
    QVERIFY(
        message_of({.hypotheses = two, .references = {two}, .reference_blocks = two}).starts_with("the references"));
    QVERIFY_EXCEPTION_THROWN(score({.hypotheses = two, .references = {"no such file"}}), Error);
  }

  void the_command_prints_json() {
    const json golden = json::parse(read_file(MTLORA_TEST_DATA "/text_metrics.json"));
    const auto item =
        std::ranges::find(golden["made_up"], "one reference each", [](const json& c) { return c["name"]; });
    QVERIFY(item != golden["made_up"].end());
    std::vector<std::string> references;
    for (const json& of_text : (*item)["references"]) references.push_back(of_text[0]);
    const std::string h = write("h", joined((*item)["hypotheses"])).string(),
                      r = write("r", joined(references)).string();

    const Answer answer = run({"score", "--metric", "nist", "--metric", "bleu", "--metric", "rougeL", "bleu_multi",
                               "--hypotheses", h, "--references", r});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const json scores = json::parse(answer.out);
    QCOMPARE(scores.size(), size_t{4});
    for (const auto& [name, decimals] :
         std::map<std::string, int>{{"nist", 4}, {"bleu", 2}, {"rougeL", 6}, {"bleu_multi", 2}}) {
      QCOMPARE(scores[name].get<double>(), rounded((*item)["scores"][name].get<double>(), decimals));
    }
    const std::string signature = (*item)["details"]["bleu"];
    QVERIFY2(answer.err.find("bleu: " + signature + "\n") != std::string::npos, answer.err.c_str());
    QVERIFY(answer.out.find("\"nist\"") < answer.out.find("\"bleu\""));  // in the order asked for

    const Answer detailed = run({"score", "--metric", "bleu", "--details", "--hypotheses", h, "--references", r});
    QCOMPARE(detailed.err, std::string());
    const json expected = {{"bleu", {{"score", scores["bleu"]}, {"details", signature}}}};
    QCOMPARE(json::parse(detailed.out), expected);
  }

  void the_command_refuses_in_one_line() {
    const std::string h = write("h", "a\nb\n").string(), r = write("r", "a\n").string();
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"--metric", "bleu", "--hypotheses", h, "--references", r},
          {"--metric", "belu", "--hypotheses", h, "--references", h},
          {"--metric", "bleu", "--hypotheses", h},
          {"--metric", "bleu", "--hypotheses", h, "--references", h, "--references-blocks", h},
          {"--metric", "bleu", "--hypotheses", h, "--references", h, "--max-references", "0"},
          {"--hypotheses", h, "--references", h}}) {
      std::vector<std::string> all = arguments;
      all.insert(all.begin(), "score");
      const Answer answer = run(all);
      QCOMPARE(answer.code, 2);
      QCOMPARE(answer.out, std::string());
      QVERIFY2(answer.err.starts_with("error: ") && std::ranges::count(answer.err, '\n') == 1, answer.err.c_str());
    }
    QCOMPARE(run({"score", "--metric", "bleu", "--hypotheses", h, "--references", h + "none"}).code, 3);
  }

  void the_example_of_the_e2e_scripts_is_read_as_they_read_it() {
    const Path folder = shared_data() / "oracles/e2e-metrics";
    if (!std::filesystem::exists(folder)) QSKIP("There is no folder oracles/e2e-metrics in the shared data.");
    const json expected = json::parse(read_file(MTLORA_TEST_DATA "/text_metrics.json"))["e2e_example"]["scores"];
    const TextFiles files{.hypotheses = folder / "baseline-output.txt", .reference_blocks = folder / "devel-conc.txt"};
    for (const char* metric : {"nist", "bleu", "cider"}) {
      const double found = score(files, metric);
      QVERIFY2(std::abs(found - expected[metric].get<double>()) < 1e-9, metric);
    }
  }
};

QTEST_APPLESS_MAIN(TestScoreFiles)
#include "test_score_files.moc"
