// Scores of texts against their reference implementations (tests/golden/make_text_metrics.py).
#include <QTest>
#include <cmath>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "base/error.h"
#include "base/files.h"
#include "base/lines.h"
#include "eval/text_metrics.h"
#include "eval/text_metrics/ngrams.h"
#include "eval/text_metrics/tokenize_13a.h"
#include "eval/text_metrics/words.h"
#include "shared_data.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const json& golden() {
  static const json read = json::parse(read_file(MTLORA_TEST_DATA "/text_metrics.json"));
  return read;
}

std::string printed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", decimals, value);
  return text;
}

// Where the reference gives a double, to 1e-9; else to the last digit that it prints.
void compare(const json& expected, const ScoredTexts& texts, const std::string& what) {
  std::vector<std::string> names;
  for (const auto& [name, value] : expected["scores"].items()) names.push_back(name);
  for (const TextScore& score : score_texts(names, texts)) {
    const auto value = expected["scores"][score.metric].get<double>();
    const std::string found =
        what + ", " + score.metric + ": " + printed(score.value, 12) + " for " + printed(value, 12);
    QVERIFY2(printed(score.value, score.decimals) == printed(value, score.decimals), found.c_str());
    if (!score.metric.starts_with("bleu_multi")) QVERIFY2(std::abs(score.value - value) < 1e-9, found.c_str());
    if (!expected["details"].contains(score.metric)) continue;
    const auto details = expected["details"][score.metric].get<std::string>();
    QVERIFY2(score.details == details, (what + ": " + score.details + " for " + details).c_str());
  }
}

bool is_meteor(const std::string& metric) { return metric.starts_with("meteor"); }

// All but METEOR where WordNet is not installed.
std::vector<std::string> metrics_at_hand() {
  std::vector<std::string> names = text_metric_names();
  if (!std::filesystem::exists("/usr/share/wordnet/index.noun")) std::erase_if(names, is_meteor);
  return names;
}

double score_of(const std::string& metric, const ScoredTexts& texts) { return score_texts({metric}, texts)[0].value; }

// As make_text_metrics.py does it.
std::string damaged(const std::string& text, const std::string& following, size_t i) {
  std::vector<std::string> words;
  for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(' ', begin);
    words.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
  }
  const auto joined = [](auto begin, auto end) {
    std::string whole;
    for (auto word = begin; word != end; ++word) whole += (word == begin ? "" : " ") + *word;
    return whole;
  };
  switch (i % 8) {
    case 2: return "";
    case 3: return joined(words.rbegin(), words.rend());
    case 4: return joined(words.begin(), words.begin() + static_cast<ptrdiff_t>(words.size() / 2));
    case 5: return text + " " + text;
    case 6: {
      std::string upper = text;
      for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      return upper;
    }
    case 7: return following;
    default: return text;
  }
}

// Each text of a group, damaged by its number, against the others of the group, or itself where it has none.
ScoredTexts against_the_others(const std::vector<std::vector<std::string>>& groups, size_t max_references) {
  ScoredTexts texts;
  std::vector<std::string> all;
  for (const auto& group : groups) {
    for (size_t j = 0; j < group.size(); ++j) {
      all.push_back(group[j]);
      std::vector<std::string> others = group;
      if (others.size() > 1) others.erase(others.begin() + static_cast<ptrdiff_t>(j));
      if (max_references > 0 && others.size() > max_references) others.resize(max_references);
      texts.references.push_back(std::move(others));
    }
  }
  for (size_t i = 0; i < all.size(); ++i) {
    texts.hypotheses.push_back(damaged(all[i], all[(i + 1) % all.size()], i));
  }
  return texts;
}

std::vector<std::string> lines_of(const std::string& text) {
  const std::vector<std::string_view> lines = split_lines(text);
  return {lines.begin(), lines.end()};
}

std::vector<std::vector<std::string>> e2e_groups(const Path& file) {
  std::vector<std::vector<std::string>> groups;
  std::map<std::string, size_t> group_of;
  for (const std::string& line : lines_of(read_file(file))) {
    const size_t bar = line.find("||");
    const auto [found, is_new] = group_of.emplace(line.substr(0, bar), groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(line.substr(bar + 2));
  }
  return groups;
}

std::vector<std::vector<std::string>> dart_groups(const Path& file) {
  std::vector<std::vector<std::string>> groups;
  for (const json& entry : json::parse(read_file(file))) {
    groups.emplace_back();
    for (const json& annotation : entry["annotations"]) groups.back().push_back(annotation["text"]);
  }
  return groups;
}

// By the table that the definition asks for.
size_t longest_common_subsequence(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<size_t> row(b.size() + 1, 0);
  for (const int x : a) {
    size_t diagonal = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = x == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

std::string words_text(const std::vector<int>& words) {
  std::string text;
  for (const int word : words) text += "w" + std::to_string(word) + " ";
  return text;
}

}  // namespace

class TestTextMetrics : public QObject {
  Q_OBJECT

 private slots:
  void equal_their_references_on_made_up_texts() {
    QVERIFY(golden()["made_up"].size() > 80);
    for (const json& item : golden()["made_up"]) {
      compare(item, {item["hypotheses"], item["references"], item["lowercase"]}, item["name"]);
    }
  }

  void equal_their_references_on_e2e_and_dart() {
    const std::map<std::string, Path> files = {{"e2e", shared_data() / "e2e/lora/valid.txt"},
                                               {"dart", shared_data() / "dart/yale/dart-v1.1.1-full-dev.json"}};
    for (const auto& [name, file] : files) {
      if (!std::filesystem::exists(file)) QSKIP(("There is no " + file.string() + " to score.").c_str());
    }
    for (const json& item : golden()["shared"]) {
      const std::string name = item["name"];
      const Path& file = files.at(name);
      ScoredTexts texts = against_the_others(name == "e2e" ? e2e_groups(file) : dart_groups(file),
                                             item["max_references"].get<size_t>());
      texts.lowercase = item["lowercase"];
      QCOMPARE(texts.hypotheses.size(), item["texts"].get<size_t>());
      compare(item, texts, name + (texts.lowercase ? " in lower case" : ""));
    }
  }

  void equal_the_e2e_scripts_on_their_example() {
    const Path folder = shared_data() / "oracles/e2e-metrics";
    if (!std::filesystem::exists(folder)) QSKIP("There is no folder oracles/e2e-metrics in the shared data.");
    ScoredTexts texts{lines_of(read_file(folder / "baseline-output.txt")), {{}}};
    for (const std::string& line : lines_of(read_file(folder / "devel-conc.txt"))) {
      if (line.empty()) {
        texts.references.emplace_back();
      } else {
        texts.references.back().push_back(line);
      }
    }
    while (texts.references.back().empty()) texts.references.pop_back();
    compare(golden()["e2e_example"], texts, "example");
  }

  void equal_published_vectors_of_sacrebleu() {
    const Path file = shared_data() / "oracles/sacrebleu/vectors.json";
    if (!std::filesystem::exists(file)) QSKIP("There is no oracles/sacrebleu/vectors.json in the shared data.");
    const json vectors = json::parse(read_file(file));
    int compared = 0;
    for (const json& item : vectors["test_bleu"]["test_corpus_bleu_cases"]) {
      const json& options = item[2];
      if (!options.empty() && options != json{{"tokenize", "13a"}}) continue;
      ScoredTexts texts{item[0], std::vector<std::vector<std::string>>(item[0].size())};
      for (const json& stream : item[1]) {
        for (size_t i = 0; i < stream.size(); ++i) texts.references[i].push_back(stream[i]);
      }
      const auto expected = item[3].get<double>();
      const double found = score_of("bleu", texts);
      QVERIFY2(std::abs(found - expected) < 1e-6, printed(found, 9).c_str());
      ++compared;
    }
    QVERIFY(compared >= 3);
  }

  // Its BLEU-4 is multi-bleu's but for a term of 1e-9 in the precisions; CIDEr of a single text is 0.
  void equal_published_scores_of_nlg_eval() {
    const Path folder = shared_data() / "oracles/nlg-eval";
    if (!std::filesystem::exists(folder)) QSKIP("There is no folder oracles/nlg-eval in the shared data.");
    const json expected = json::parse(read_file(folder / "expected.json"));
    ScoredTexts texts{lines_of(read_file(folder / "hyp.txt")), {{}, {}}};
    for (const char* name : {"ref1.txt", "ref2.txt"}) {
      const std::vector<std::string> lines = lines_of(read_file(folder / name));
      for (size_t i = 0; i < 2; ++i) texts.references[i].push_back(lines[i]);
    }
    const json& of_files = expected["files_hyp_ref1_ref2"];
    const double cider = score_of("cider", texts), bleu = score_of("bleu_multi", texts);
    QVERIFY2(std::abs(cider - of_files["CIDEr"].get<double>()) < 1e-6, printed(cider, 9).c_str());
    QVERIFY2(std::abs(bleu / 100 - of_files["Bleu_4"].get<double>()) < 1e-6, printed(bleu, 9).c_str());
    for (const json& item : expected["individual"]) {
      QCOMPARE(score_of("cider", {{item["hyp"].get<std::string>()}, {item["refs"]}}), item["CIDEr"].get<double>());
    }
  }

  void words_are_tokenized_as_13a() {
    QVERIFY(golden()["tokens_13a"].size() > 200);
    for (const json& item : golden()["tokens_13a"]) {
      const std::string tokenized = tokenize_13a(item[0].get<std::string>());
      json found = json::array();
      for (const std::string_view word : split_words(tokenized)) found.push_back(word);
      QVERIFY2(found == item[1], (item.dump() + " gave " + found.dump()).c_str());
    }
  }

  void lower_case_is_pythons() {
    for (const json& item : golden()["lower"]) {
      const std::string found = lower_case(item[0].get<std::string>());
      QVERIFY2(found == item[1].get<std::string>(), (item.dump() + " gave " + found).c_str());
    }
  }

  void common_subsequences_are_those_of_the_table() {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
      const auto words = [&](int most) {
        std::vector<int> list(random() % static_cast<unsigned>(most) + 1);
        for (int& word : list) word = static_cast<int>(random() % (round % 2 ? 3 : 40));
        return list;
      };
      const std::vector<int> a = words(150), b = words(400);
      const auto common = static_cast<double>(longest_common_subsequence(a, b));
      const double expected = 2 * common / static_cast<double>(a.size() + b.size());
      const double found = score_of("rougeL", {{words_text(a)}, {{words_text(b)}}});
      QVERIFY2(std::abs(found - expected) < 1e-12, (printed(found, 9) + " for " + printed(expected, 9)).c_str());
    }
  }

  void ngrams_are_counted_exactly() {
    std::mt19937 random(4);
    NgramIndex index;
    std::map<std::vector<uint32_t>, uint32_t> numbers;
    for (int round = 0; round < 300; ++round) {
      std::vector<uint32_t> tokens(random() % 40);
      for (uint32_t& token : tokens)
        token = static_cast<uint32_t>(random() % 2 ? random() : random() % 4);  // large numbers too
      std::map<std::vector<uint32_t>, uint32_t> expected;
      for (size_t n = 1; n <= 5; ++n) {
        for (size_t i = 0; i + n <= tokens.size(); ++i) {
          const std::vector<uint32_t> ngram(tokens.begin() + static_cast<ptrdiff_t>(i),
                                            tokens.begin() + static_cast<ptrdiff_t>(i + n));
          uint32_t number = 0;
          for (const uint32_t token : ngram) number = index.extended(number, token);
          QCOMPARE(numbers.emplace(ngram, number).first->second, number);
          ++expected[ngram];
        }
      }
      std::map<uint32_t, uint32_t> by_number;
      for (const auto& [ngram, count] : expected) QVERIFY(by_number.emplace(numbers.at(ngram), count).second);
      size_t found = 0;
      for (const NgramCounts& of_order : count_ngrams(index, tokens, 5)) {
        for (const NgramCount& count : of_order) QCOMPARE(count.count, by_number.at(count.ngram));
        found += of_order.size();
      }
      QCOMPARE(found, by_number.size());
    }
    QCOMPARE(index.size(), numbers.size() + 1);
  }

  void empty_texts_have_a_score() {
    // No n-gram of an order, and no word at all: the NIST of the scripts fails on the first, CIDEr on the second.
    for (const std::string& name : metrics_at_hand()) {
      for (const std::vector<std::string>& hypotheses : {std::vector<std::string>{"", ""}, {" ", "\n"}}) {
        const double found = score_of(name, {hypotheses, {{"a b"}, {"c", "d e f"}}});
        // Edit rates: the 2 + 1 words of the shortest references are missing, of 2 + 2 on average; pyter's are 1 each.
        const std::map<std::string, double> edit_rates = {
            {"ter", 75}, {"ter_tercom", 0.75}, {"ter_pyter", 1}, {"ter_webnlg", 1}};
        const double expected = edit_rates.contains(name) ? edit_rates.at(name) : 0;
        // The BLEU of the E2E scripts has a trace of a match everywhere.
        QVERIFY2(name == "bleu_e2e" ? found < 1e-8 : found == expected, (name + " " + printed(found, 9)).c_str());
        QVERIFY2(std::isfinite(score_of(name, {hypotheses, {{""}, {"", " "}}})), name.c_str());
      }
      QVERIFY2(std::isfinite(score_of(name, {{"a"}, {{"a"}}})), name.c_str());
    }
  }

  // As multi-bleu.perl says of these files: a reference more than 9999 words longer or shorter has 9999 words for it.
  void multi_bleu_sees_no_reference_that_is_far_off() {
    const auto words = [](int count) {
      std::string text;
      for (int i = 0; i < count; ++i) text += "a ";
      return text;
    };
    const ScoredTexts texts{{"a b c d e", "a b", "a"}, {{words(10010)}, {words(10001)}, {words(10000)}}};
    const std::string details = score_texts({"bleu_multi"}, texts)[0].details;
    QVERIFY2(details.ends_with("hyp_len=8, ref_len=29997)"), details.c_str());
  }

  // A text that is no UTF-8 is scored as one with U+FFFD there.
  void ill_formed_text_is_repaired() {
    const ScoredTexts broken{{"the \xff\xfe eagle is \xc3"}, {{"the \xff eagle was there", "an eagle \xed\xa0\x80"}}};
    const ScoredTexts repaired{{"the \ufffd\ufffd eagle is \ufffd"},
                               {{"the \ufffd eagle was there", "an eagle \ufffd\ufffd\ufffd"}}};
    for (const std::string& name : metrics_at_hand()) QCOMPARE(score_of(name, broken), score_of(name, repaired));
  }

  void long_texts_take_time_in_proportion() {
    // One word over and over is the worst case for pairs of equal words, all different words for tables.
    for (const bool all_different : {false, true}) {
      std::string text;
      for (int i = 0; i < 100000; ++i) text += all_different ? "w" + std::to_string(i) + " " : "w, ";
      for (const std::string& name : metrics_at_hand()) {
        if (is_meteor(name) || name == "ter_pyter" ||
            name == "ter_webnlg") {  // their searches have no limit, so that they refuse it
          QVERIFY_EXCEPTION_THROWN(score_of(name, {{text}, {{text, "w"}}}), Error);
          continue;
        }
        const std::clock_t start = std::clock();  // of this process alone
        QVERIFY2(score_of(name, {{text}, {{text, "w"}}}) >= 0, name.c_str());
        const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        QVERIFY2(seconds < 10, (name + " took " + printed(seconds, 2) + " s").c_str());
      }
    }
  }

  void wrong_counts_and_names_are_refused() {
    const auto message_of = [](const std::vector<std::string>& metrics, const ScoredTexts& texts) {
      try {
        score_texts(metrics, texts);
      } catch (const Error& error) {
        return std::string(error.what()) + " | " + error.hint();
      }
      return std::string("nothing is wrong");
    };
    QCOMPARE(message_of({"bleu"}, {}), std::string("there is no text to score | "));
    QCOMPARE(message_of({"bleu"}, {{"a", "b"}, {{"a"}}}),
             std::string("there are 2 texts to score and references of 1 | "));
    QCOMPARE(message_of({"bleu"}, {{"a", "b"}, {{"a"}, {}}}), std::string("text 2 has no reference | "));
    QCOMPARE(message_of({"belu"}, {{"a"}, {{"a"}}}),
             std::string("there is no metric of texts 'belu' | Did you mean 'bleu'?"));
    QVERIFY(message_of({"accuracy"}, {{"a"}, {{"a"}}}).find("Known metrics of texts are bleu, ") != std::string::npos);
    QVERIFY(is_text_metric("rougeL") && !is_text_metric("accuracy"));
    QVERIFY(larger_is_better_text("bleu") && larger_is_better_text("meteor") && !larger_is_better_text("ter"));
    QVERIFY_EXCEPTION_THROWN(larger_is_better_text("accuracy"), Error);
  }

  void what_meteor_lacks_is_known_beforehand() {
    const QByteArray before = qgetenv("MTLORA_WORDNET");
    qputenv("MTLORA_WORDNET", "/no such folder");
    check_available({"bleu", "ter_webnlg"});
    for (const char* name : {"meteor", "meteor_e2e", "meteor_webnlg"}) {
      QVERIFY_EXCEPTION_THROWN(check_available({"bleu", name}), Error);
    }
    before.isNull() ? qunsetenv("MTLORA_WORDNET") : qputenv("MTLORA_WORDNET", before);
  }

  void scores_come_in_the_order_asked_for() {
    const auto scores = score_texts({"rougeL", "bleu", "rougeL"}, {{"a b c d"}, {{"a b c d"}}});
    QCOMPARE(scores.size(), size_t{3});
    QCOMPARE(scores[0].metric + scores[1].metric + scores[2].metric, std::string("rougeLbleurougeL"));
  }
};

QTEST_APPLESS_MAIN(TestTextMetrics)
#include "test_text_metrics.moc"
