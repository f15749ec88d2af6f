// Words and scores as the scripts of the LoRA release's tasks give them (tests/golden/make_release_scores.py).
#include <QTest>
#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>

#include "base/error.h"
#include "base/lines.h"
#include "eval/text_metrics/longest_match.h"
#include "eval/text_metrics/meteor.h"
#include "eval/text_metrics/tokenize_marks.h"
#include "eval/text_metrics/tokenize_nltk.h"
#include "eval/text_metrics/tokenize_ptb.h"
#include "eval/text_metrics/words.h"
#include "scored_texts.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const json& golden() {
  static const json file = json::parse(read_file(MTLORA_TEST_DATA "/release_scores.json"));
  return file;
}

bool has_wordnet() { return std::filesystem::exists("/usr/share/wordnet/index.noun"); }

void check_scores(const ScoredTexts& texts, const json& expected, const std::string& name) {
  constexpr std::string_view with_table = "_with_table";
  for (const auto& [key, value] : expected.items()) {
    const bool needs_table = key.ends_with(with_table);
    const std::string metric = key.substr(0, key.size() - (needs_table ? with_table.size() : 0));
    if (metric.starts_with("meteor") && (!has_wordnet() || needs_table != meteor_files().paraphrases.has_value()))
      continue;
    const double found = score_texts({metric}, texts)[0].value;
    const std::string what =
        name + ", " + key + ": " + std::to_string(found) + " for " + std::to_string(value.get<double>());
    QVERIFY2(std::abs(found - value.get<double>()) <= 1e-9, what.c_str());
  }
}

// As given, and where it is there as the release gives them to GenerationEval.
void check_both(ScoredTexts texts, const json& expected, const std::string& name) {
  check_scores(texts, expected["as_given"], name);
  texts.lowercase = texts.tokenize = true;
  check_scores(texts, expected["released"], name + " as released");
}

std::string release_words(const std::string& text) { return tokenize_nltk(tokenize_marks(lower_case(text))); }

std::string digest(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return sha256_of(all);
}

std::vector<std::string> lines_of(const Path& path) {
  std::string text = read_file(path);
  std::ranges::replace(text, '\r', ' ');
  while (text.ends_with('\n')) text.pop_back();
  const std::vector<std::string_view> lines = split_lines(text);
  const std::set<std::string> different(lines.begin(), lines.end());
  return {different.begin(), different.end()};
}

}  // namespace

class TestReleaseScores : public QObject {
  Q_OBJECT

 private slots:
  void words_of_own_lines() {
    QVERIFY(golden()["words"].size() > 250);
    std::vector<std::string> lines;
    for (const json& item : golden()["words"]) lines.push_back(item["text"]);
    const std::vector<std::string> of_ptb = tokenize_ptb(lines);
    for (size_t i = 0; i < lines.size(); ++i) {
      const json& item = golden()["words"][i];
      const auto check = [&](const std::string& found, const char* name) {
        const auto expected = item[name].get<std::string>();
        QVERIFY2(found == expected, (lines[i] + "\n" + name + " " + found + "\n for " + expected).c_str());
      };
      check(of_ptb[i], "ptb");
      check(tokenize_nltk(lines[i]), "nltk");
      check(tokenize_marks(lines[i]), "marks");
      check(release_words(lines[i]), "release");
    }
  }

  void words_of_whole_data_sets() {
    QVERIFY(golden()["files"].size() > 40);
    for (const auto& [name, expected] : golden()["files"].items()) {
      const Path file = shared_data() / name;
      if (!std::filesystem::exists(file)) QSKIP(("There is no " + file.string() + " to split into words.").c_str());
      std::vector<std::string> lines = lines_of(file);
      QCOMPARE(lines.size(), expected["lines"].get<size_t>());
      QVERIFY2(digest(tokenize_ptb(lines)) == expected["ptb"].get<std::string>(), (name + ", ptb").c_str());
      std::ranges::transform(lines, lines.begin(), release_words);
      QVERIFY2(digest(lines) == expected["release"].get<std::string>(), (name + ", release").c_str());
    }
  }

  void equal_the_scripts_on_own_texts() {
    QVERIFY(golden()["cases"].size() > 12);
    for (const json& item : golden()["cases"]) {
      check_both({item["hypotheses"], item["references"]}, item["scores"], item["name"]);
    }
  }

  void equal_the_scripts_on_data_sets() {
    for (const std::string name : {"e2e", "dart"}) {
      if (!has_shared_texts(name)) QSKIP(("the texts of " + name + " are not there").c_str());
      const json& expected = golden()["data"][name];
      check_both(shared_texts(name, expected["count"]), expected["scores"], name);
    }
  }

  void equal_the_e2e_scripts_on_their_example() {
    const Path folder = shared_data() / "oracles/e2e-metrics";
    if (!std::filesystem::exists(folder)) QSKIP("There is no folder oracles/e2e-metrics in the shared data.");
    ScoredTexts texts{{}, {{}}};
    const std::string hypotheses = read_file(folder / "baseline-output.txt");
    for (const std::string_view line : split_lines(hypotheses)) texts.hypotheses.emplace_back(line);
    for (const std::string& line : split_at(read_file(folder / "devel-conc.txt"), '\n')) {
      if (line.empty()) {
        texts.references.emplace_back();
      } else {
        texts.references.back().push_back(line);
      }
    }
    while (texts.references.back().empty()) texts.references.pop_back();
    check_scores(texts, golden()["e2e_example"], "example");
  }

  // The scripts join the texts as lines: what follows a text tells how its end is read.
  void a_text_may_depend_on_the_next() {
    QCOMPARE(tokenize_ptb(std::vector<std::string>{"plan B.", "The end"})[0], std::string("plan b"));
    QCOMPARE(tokenize_ptb(std::vector<std::string>{"plan B.", "an end"})[0], std::string("plan b."));
    const ScoredTexts texts = tokenize_ptb({{"a\nb.", ""}, {{"", "C."}, {"The d"}}});
    QCOMPARE(texts.hypotheses, (std::vector<std::string>{"a b.", ""}));
    QCOMPARE(texts.references, (std::vector<std::vector<std::string>>{{"", "c"}, {"the d"}}));
    QVERIFY(tokenize_ptb(std::vector<std::string>{}).empty());
  }

  void marks_apart_is_an_option_that_is_said() {
    ScoredTexts texts{{"it's well-known"}, {{"it ' s well - known"}}};
    QVERIFY(score_texts({"bleu_multi"}, texts)[0].value < 1);
    texts.tokenize = true;
    const TextScore score = score_texts({"bleu_multi"}, texts)[0];
    QCOMPARE(score.value, 100.0);
    QVERIFY2(score.details.ends_with("; words and marks set apart first"), score.details.c_str());
  }

  void the_longest_rule_wins_and_of_equal_ones_the_first() {
    const LongestMatch::Names names = {{"vowel", "[aeiou]"}};
    LongestMatch scan({{"ab?"}, {"[a-c]{1,2}"}, {"x", "{vowel}+z"}, {"{letter}{vowel}{2,3}"}, {"q\\+|\\[(r|s)*t"}},
                      names);
    const auto at = [&scan](std::u32string_view text) {
      const LongestMatch::Match match = scan.at(text, 0);
      return std::to_string(match.rule) + ":" + std::to_string(match.length);
    };
    QCOMPARE(at(U"abc"), std::string("0:2"));
    QCOMPARE(at(U"AB"), std::string("0:2"));  // letters alone in both cases
    QCOMPARE(at(U"ac"), std::string("1:2"));
    QCOMPARE(at(U"C"), std::string("0:0"));  // those of a set in one
    QCOMPARE(at(U"xaez"), std::string("2:1"));
    QCOMPARE(at(U"xae"), std::string("3:3"));
    QCOMPARE(at(U"xaeou"), std::string("3:4"));
    QCOMPARE(at(U"\u00e9ae"), std::string("3:3"));
    QCOMPARE(at(U"q+"), std::string("4:2"));
    QCOMPARE(at(U"[rsrt"), std::string("4:5"));
    QCOMPARE(at(U"[rsr"), std::string("0:0"));
    QCOMPARE(at(U""), std::string("0:0"));
    for (const char* wrong : {"(a", "a)", "{nobody}", "a{2}", "a{2,", "[a", "\\"}) {
      QVERIFY_EXCEPTION_THROWN(LongestMatch({{wrong}}, names), Error);
    }
  }

  // Each letter might begin an address that goes on to the end.
  void a_long_run_without_spaces_ends() {
    std::string text;
    for (int i = 0; i < 10000; ++i) text += "a+";
    const std::clock_t start = std::clock();  // of this process alone
    const std::string words = tokenize_ptb(std::vector<std::string>{text})[0];
    QCOMPARE(words.size(), size_t{39999});
    QVERIFY(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 20);
  }
};

QTEST_APPLESS_MAIN(TestReleaseScores)
#include "test_release_scores.moc"
