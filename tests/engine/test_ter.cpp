// Translation edit rates against sacrebleu, tercom and pyter (tests/golden/make_ter.py).
#include <QElapsedTimer>
#include <QTest>
#include <cmath>
#include <random>
#include <regex>

#include "base/error.h"
#include "eval/text_metrics/edit_shifts.h"
#include "eval/text_metrics/ter.h"
#include "eval/text_metrics/ter_pyter.h"
#include "eval/text_metrics/ter_tercom.h"
#include "scored_texts.h"
#include "text/utf8.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const json& golden() {
  static const json file = json::parse(read_file(MTLORA_TEST_DATA "/ter.json"));
  return file;
}

bool close(double found, double expected) { return std::abs(found - expected) <= 1e-9; }

// "Total TER: 0.5617 (1787.0/3180.75)": the three numbers.
std::vector<double> numbers_of_total(const std::string& line) {
  std::vector<double> numbers;
  const std::regex number("[0-9.]+(E-?[0-9]+)?");
  for (std::sregex_iterator at(line.begin(), line.end(), number); at != std::sregex_iterator(); ++at) {
    numbers.push_back(std::stod(at->str()));
  }
  return numbers;
}

void check_segments(const std::vector<SegmentEdits>& found, const json& expected, const std::string& name) {
  QCOMPARE(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    const std::string what = name + ", text " + std::to_string(i) + ": " + std::to_string(found[i].edits) +
                             " edits of " + std::to_string(found[i].reference_words) + " words";
    QVERIFY2(close(found[i].edits, expected[i][0]) && close(found[i].reference_words, expected[i][1]), what.c_str());
  }
}

void check_scores(const ScoredTexts& texts, const json& expected, const std::string& name) {
  check_segments(ter_segments(texts), expected["ter"]["segments"], name + ", sacrebleu");
  const MetricResult by_sacrebleu = ter(texts);
  QVERIFY2(close(by_sacrebleu.value, expected["ter"]["value"]), name.c_str());
  QCOMPARE(by_sacrebleu.details, expected["ter"]["signature"].get<std::string>());

  const json& tercom = expected["ter_tercom"];
  check_segments(tercom_segments(texts), tercom["segments"], name + ", tercom");
  const std::vector<double> total = numbers_of_total(tercom["total"]);
  QCOMPARE(total.size(), size_t{3});
  QVERIFY2(close(ter_tercom(texts).value, total[0]), name.c_str());

  if (!expected.contains("ter_pyter")) return;
  const json& pyter = expected["ter_pyter"];
  const std::vector<double> rates = ter_pyter_segments(texts);
  QCOMPARE(rates.size(), pyter["segments"].size());
  for (size_t i = 0; i < rates.size(); ++i) {
    const std::string what = name + ", pyter, text " + std::to_string(i) + ": " + std::to_string(rates[i]);
    QVERIFY2(close(rates[i], pyter["segments"][i]), what.c_str());
  }
  QVERIFY2(close(ter_pyter(texts).value, pyter["value"]), name.c_str());
}

std::string random_text(std::mt19937& random, size_t words, unsigned vocabulary) {
  std::string text;
  for (size_t i = 0; i < words; ++i) text += "w" + std::to_string(random() % vocabulary) + " ";
  return text;
}

}  // namespace

class TestTer : public QObject {
  Q_OBJECT

 private slots:
  void equal_the_references_on_own_texts() {
    QVERIFY(golden()["cases"].size() > 12);
    for (const json& item : golden()["cases"]) {
      check_scores({item["hypotheses"], item["references"]}, item["scores"], item["name"]);
    }
  }

  void equal_the_references_on_data_sets() {
    if (!has_shared_texts("e2e") || !has_shared_texts("dart"))
      QSKIP("the E2E and DART development texts are not there");
    for (const std::string name : {"e2e", "dart"}) {
      const json& expected = golden()["data"][name];
      const ScoredTexts texts = shared_texts(name, expected["count"]);
      QCOMPARE(texts.hypotheses.size(), expected["count"].get<size_t>());
      check_scores(texts, expected["scores"], name);
    }
  }

  // Lines "text (ID)"; all references of an ID are those of the text with that ID. Not UTF-8: repaired, as on input.
  void equal_tercom_on_its_own_example() {
    if (!has_shared_texts("tercom")) QSKIP("tercom's example is not there");
    const auto read = [](const std::string& name) {
      std::string storage;
      const std::string file = shared_text("oracles/tercom/" + name);
      std::vector<std::pair<std::string, std::string>> texts;  // ID, text
      for (const std::string& line : split_at(std::string(valid_utf8(file, storage)), '\n')) {
        const size_t bracket = line.rfind('(');
        if (bracket == std::string::npos) continue;
        texts.emplace_back(line.substr(bracket + 1, line.find(')', bracket) - bracket - 1), line.substr(0, bracket));
      }
      return texts;
    };
    const auto references = read("ref.txt");
    const std::vector<std::string> said = split_at(shared_text("oracles/tercom/out.txt"), '\n');
    ScoredTexts texts;
    for (const auto& [id, hypothesis] : read("hyp.txt")) {
      QVERIFY2(std::ranges::find(said, "Processing " + id + ":1") != said.end(), id.c_str());
      texts.hypotheses.push_back(hypothesis);
      texts.references.emplace_back();
      for (const auto& [of, reference] : references) {
        if (of == id) texts.references.back().push_back(reference);
      }
    }
    QCOMPARE(texts.hypotheses.size(), size_t{100});
    check_scores(texts, golden()["data"]["tercom"]["scores"], "tercom");
    QVERIFY(std::ranges::find(said, "Number of segments scored: 400") != said.end());
    const auto line = std::ranges::find_if(said, [](const std::string& text) { return text.starts_with("Total TER"); });
    QVERIFY(line != said.end());
    double edits = 0, words = 0;
    for (const SegmentEdits& segment : tercom_segments(texts)) {
      edits += segment.edits;
      words += segment.reference_words;
    }
    QCOMPARE(*line, std::string("Total TER: 0.5618171814823548 (1787.0/3180.75)"));
    QCOMPARE(edits, 1787.0);
    QCOMPARE(words, 3180.75);
    QCOMPARE(QString::number(ter_tercom(texts).value, 'g', 16), QString("0.5618171814823548"));
  }

  void empty_texts() {
    const ScoredTexts nothing{{""}, {{""}}}, no_reference{{"a b"}, {{" "}}}, no_text{{""}, {{"a b"}}};
    QCOMPARE(ter(nothing).value, 0.0);
    QCOMPARE(ter(no_reference).value, 100.0);
    QCOMPARE(ter(no_text).value, 100.0);
    QCOMPARE(ter_tercom(nothing).value, 0.0);
    QCOMPARE(ter_tercom(no_reference).value, 1.0);
    QCOMPARE(ter_tercom(no_text).value, 1.0);
    QCOMPARE(ter_pyter(nothing).value, 1.0);
    QCOMPARE(ter_pyter(no_reference).value, 1.0);
    QCOMPARE(ter_pyter(no_text).value, 1.0);
  }

  void blocks_move() {
    const std::vector<int> words = {0, 1, 2, 3, 4};
    QCOMPARE(moved(words, {1, 2, 0}), (std::vector<int>{1, 2, 0, 3, 4}));
    QCOMPARE(moved(words, {1, 2, 2}), (std::vector<int>{0, 3, 1, 2, 4}));
    QCOMPARE(moved(words, {1, 2, 1}), words);
    QCOMPARE(moved(words, {0, 2, 9}), (std::vector<int>{2, 3, 4, 0, 1}));  // to the end and no further
  }

  // A text that is a reference needs no edit; no rate is better than the bag of words allows.
  void bounds_hold() {
    std::mt19937 random(3);
    for (int round = 0; round < 60; ++round) {
      const std::string text = random_text(random, 1 + random() % 25, 6),
                        other = random_text(random, 1 + random() % 25, 6);
      for (const auto metric : {ter, ter_tercom, ter_pyter}) {
        QCOMPARE(metric({{text}, {{other, text}}}).value, 0.0);
        const double alone = metric({{text}, {{other}}}).value;
        QVERIFY(alone >= 0);
        QVERIFY(std::isfinite(alone));
      }
      const double more =
          std::abs(static_cast<double>(split_at(text, ' ').size()) - static_cast<double>(split_at(other, ' ').size()));
      QVERIFY(tercom_segments({{text}, {{other}}})[0].edits >= more);
      QVERIFY(ter_segments({{text}, {{other}}})[0].edits >= more);
    }
  }

  void long_texts_end() {
    std::mt19937 random(4);
    std::string many;
    for (int i = 0; i < 4000; ++i) many += "w ";
    QVERIFY_EXCEPTION_THROWN(ter_pyter({{many}, {{many}}}), Error);
    const std::string text = random_text(random, 400, 150), other = random_text(random, 350, 150);
    for (const auto metric : {ter, ter_tercom, ter_pyter}) {
      QElapsedTimer timer;
      timer.start();
      QVERIFY(std::isfinite(metric({{text}, {{other}}}).value));
      QVERIFY2(timer.elapsed() < 60000, std::to_string(timer.elapsed()).c_str());
    }
  }
};

QTEST_APPLESS_MAIN(TestTer)
#include "test_ter.moc"
