// METEOR against METEOR 1.5 itself (tests/golden/make_meteor.py).
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <set>

#include "base/error.h"
#include "eval/text_metrics/english_stemmer.h"
#include "eval/text_metrics/meteor.h"
#include "eval/text_metrics/meteor_normalizer.h"
#include "eval/text_metrics/meteor_synonyms.h"
#include "scored_texts.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const json& golden() {
  static const json file = json::parse(read_file(MTLORA_TEST_DATA "/meteor.json"));
  return file;
}

Path wordnet() {
  const char* named = std::getenv("MTLORA_WORDNET");
  return named && *named ? named : "/usr/share/wordnet";
}
bool has_wordnet() { return std::filesystem::exists(wordnet() / "index.noun"); }

MeteorFiles files(std::optional<Path> paraphrases = std::nullopt) {
  return {MTLORA_SOURCE_DIR "/resources/meteor", wordnet(), std::move(paraphrases)};
}

const Path small_table = MTLORA_TEST_DATA "/meteor-paraphrases.gz";

void check_scores(const ScoredTexts& texts, const MeteorFiles& with, const json& expected, const std::string& name) {
  const std::vector<MeteorCounts> counts = meteor_counts(texts, with);
  QCOMPARE(counts.size(), texts.hypotheses.size());
  const json& segments = expected["segments"];  // of large sets the first
  QVERIFY(!segments.empty() && segments.size() <= counts.size());
  for (size_t i = 0; i < segments.size(); ++i) {
    const std::string what = name + ", text " + std::to_string(i) + ": " + std::to_string(counts[i].score()) + " for " +
                             std::to_string(segments[i].get<double>());
    QVERIFY2(std::abs(counts[i].score() - segments[i].get<double>()) <= 1e-9, what.c_str());
  }
  const MetricResult whole = meteor(texts, with);
  QVERIFY2(std::abs(whole.value - expected["value"].get<double>()) <= 1e-9, name.c_str());
  QVERIFY2(whole.details.starts_with(expected["id"].get<std::string>() + ";"), whole.details.c_str());
}

std::string error_of(const MeteorFiles& with) {
  try {
    meteor({{"a"}, {{"a"}}}, with);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

class TestMeteor : public QObject {
  Q_OBJECT

 private slots:
  void equals_meteor_on_own_texts() {
    if (!has_wordnet()) QSKIP("WordNet is not there: install Debian's wordnet-base");
    QVERIFY(golden()["cases"].size() > 15);
    for (const json& item : golden()["cases"]) {
      const ScoredTexts texts{item["hypotheses"], item["references"]};
      check_scores(texts, files(), item["scores"], item["name"]);
      check_scores(texts, files(small_table), item["with_small_table"],
                   item["name"].get<std::string>() + ", paraphrases");
    }
  }

  void equals_meteor_on_data_sets() {
    if (!has_wordnet()) QSKIP("WordNet is not there: install Debian's wordnet-base");
    for (const std::string name : {"e2e", "dart", "xray"}) {
      if (!has_shared_texts(name)) QSKIP(("the texts of " + name + " are not there").c_str());
      const json& expected = golden()["data"][name];
      const ScoredTexts texts = shared_texts(name, expected["count"]);
      QCOMPARE(texts.hypotheses.size(), expected["count"].get<size_t>());
      check_scores(texts, files(), expected["scores"], name);
    }
  }

  // The table is 62 MB, so that it is only where a person put it.
  void equals_meteor_with_its_own_paraphrases() {
    if (!has_wordnet()) QSKIP("WordNet is not there: install Debian's wordnet-base");
    const char* table = std::getenv("MTLORA_METEOR_PARAPHRASES");
    if (!table || !*table) QSKIP("MTLORA_METEOR_PARAPHRASES does not name METEOR's paraphrase-en.gz");
    for (const std::string name : {"e2e", "dart", "xray"}) {
      if (!has_shared_texts(name)) QSKIP(("the texts of " + name + " are not there").c_str());
      const json& expected = golden()["data"][name];
      check_scores(shared_texts(name, expected["count"]), files(table), expected["with_table"], name);
    }
    // What METEOR's own manual prints.
    const std::vector<MeteorCounts> counts = meteor_counts(xray_texts(), files(table));
    size_t compared = 0;
    for (const std::string& line : split_at(shared_text("oracles/meteor-1.5/expected-xray-system1.txt"), '\n')) {
      int segment = 0;
      double score = 0;
      if (std::sscanf(line.c_str(), "Segment %d score: %lf", &segment, &score) != 2) continue;
      const double found = counts.at(static_cast<size_t>(segment) - 1).score();
      QVERIFY2(std::abs(found - score) <= 1e-9, (line + ": " + std::to_string(found)).c_str());
      ++compared;
    }
    QCOMPARE(compared, size_t{10});
  }

  void stems() {
    QVERIFY(golden()["stems"].size() > 700);
    for (const json& pair : golden()["stems"]) {
      const std::u16string word = QString::fromStdString(pair[0]).toStdU16String();
      const std::string stem = QString::fromStdU16String(english_stem(word)).toStdString();
      QVERIFY2(stem == pair[1].get<std::string>(), (pair[0].get<std::string>() + ": " + stem).c_str());
    }
  }

  // Sets and their numbers are those of METEOR's own files, although Debian's database has moved offsets.
  void synonym_sets_are_meteors() {
    if (!has_wordnet()) QSKIP("WordNet is not there: install Debian's wordnet-base");
    std::set<std::string> words, irregular;
    for (const std::string part : {"noun", "verb", "adj", "adv"}) {
      for (const std::string& line : split_at(read_file(wordnet() / ("index." + part)), '\n')) {
        const std::string word = line.substr(0, line.find(' '));
        if (!word.empty() && word.find('_') == std::string::npos) words.insert(word);
      }
      for (const std::string& line : split_at(read_file(wordnet() / (part + ".exc")), '\n')) {
        for (const std::string& word : split_at(line, ' ')) irregular.insert(word);
      }
    }
    const MeteorSynonyms synonyms(wordnet());
    std::string lines;
    size_t count = 0;
    for (const std::string& word : words) {
      // Words that the rules for endings leave alone.
      if (std::string("sdgrtn").find(word.back()) != std::string::npos || irregular.contains(word)) continue;
      lines += word;
      for (const int32_t set : synonyms.sets(word)) lines += " " + std::to_string(set);
      lines += "\n";
      ++count;
    }
    QCOMPARE(count, golden()["synonyms"]["words"].get<size_t>());
    QCOMPARE(sha256_of(lines), golden()["synonyms"]["sha256"].get<std::string>());
    QVERIFY(synonyms.sets("mice") == synonyms.sets("mouse"));  // irregular
    QVERIFY(std::ranges::includes(synonyms.sets("boxes"), synonyms.sets("box")));
    QVERIFY(synonyms.sets("qzx").empty());
  }

  void tokens() {
    const MeteorNormalizer normalizer(MTLORA_SOURCE_DIR "/resources/meteor/nonbreaking_prefixes.txt");
    using Words = std::vector<std::string>;
    QCOMPARE(normalizer.words("Mr. Smith's U.S.-based Co. won $3,000.50."),
             (Words{"mr.", "smith", "'s", "us", "based", "co.", "won", "$", "3,000.50", "."}));
    QCOMPARE(normalizer.words("No. 5 is well-known... No."),
             (Words{"no.", "5", "is", "well", "known", "...", "no", "."}));
    QCOMPARE(normalizer.words(" \t“A–B” "), (Words{"\"", "a", "-", "b", "\""}));
    QCOMPARE(normalizer.words(""), Words{});
  }

  void says_what_it_lacks() {
    if (!has_wordnet()) QSKIP("WordNet is not there: install Debian's wordnet-base");
    const ScoredTexts texts{{"a cat"}, {{"a dog"}}};
    QVERIFY(meteor(texts, files()).details.ends_with("without METEOR's paraphrase table, which is not there"));
    QVERIFY(meteor(texts, files(small_table)).details.ends_with("paraphrases of " + small_table.string()));
    MeteorFiles without = files();
    without.wordnet = "/nowhere";
    QVERIFY2(error_of(without).find("/nowhere/index.noun") != std::string::npos, error_of(without).c_str());

    const QByteArray before = qgetenv("MTLORA_WORDNET");
    qputenv("MTLORA_WORDNET", "/nowhere");
    try {
      meteor_files();
      QFAIL("a missing WordNet was taken");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::BadInput);
      QCOMPARE(error.what(), "METEOR needs WordNet, and /nowhere/index.noun is not there");
      QVERIFY(error.hint().find("wordnet-base") != std::string::npos);
    }
    before.isNull() ? qunsetenv("MTLORA_WORDNET") : qputenv("MTLORA_WORDNET", before);
  }

  void damaged_tables_are_refused() {
    if (!has_wordnet()) QSKIP("WordNet is not there: install Debian's wordnet-base");
    QTemporaryDir folder;
    const Path table = folder.filePath("table.gz").toStdString();
    write_file(table, "0.5\ncat\n");  // zlib reads what is not packed as it is
    QVERIFY2(error_of(files(table)).ends_with("ends within entry 1: expected three lines"),
             error_of(files(table)).c_str());
    const std::string whole = read_file(small_table);
    write_file(table, whole.substr(0, whole.size() / 2));
    QVERIFY2(error_of(files(table)).find("table.gz") != std::string::npos, error_of(files(table)).c_str());
    std::string flipped = whole;
    flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 0x55);
    write_file(table, flipped);
    QVERIFY2(error_of(files(table)).find("cannot be unpacked") != std::string::npos, error_of(files(table)).c_str());
    QVERIFY2(error_of(files("/nowhere/table.gz")).starts_with("/nowhere/table.gz cannot be read"), "a missing table");
  }

  // Each word is in one match at most, and matches cover what the counts say.
  void alignments_are_one_to_one() {
    std::mt19937 random(6);
    std::vector<MeteorWord> words(8);
    for (size_t i = 0; i < words.size(); ++i) {
      words[i].key = static_cast<int32_t>(i);
      words[i].stem_key = static_cast<int32_t>(i / 2);
      words[i].synonym_sets = {static_cast<int32_t>(i % 3)};
    }
    for (int round = 0; round < 200; ++round) {
      const auto text = [&random] {
        std::vector<int> numbers(random() % 20);
        for (int& number : numbers) number = static_cast<int>(random() % 8);
        return numbers;
      };
      const std::vector<int> hypothesis = text(), reference = text();
      const MeteorAlignment alignment = meteor_align(hypothesis, reference, words, {});
      std::vector<bool> used(hypothesis.size()), used_there(reference.size());
      for (const MeteorMatch& match : alignment.matches) {
        QVERIFY(!used[static_cast<size_t>(match.hypothesis_start)] && !used_there[static_cast<size_t>(match.start)]);
        used[static_cast<size_t>(match.hypothesis_start)] = used_there[static_cast<size_t>(match.start)] = true;
      }
      QVERIFY(alignment.chunks <= static_cast<int>(alignment.matches.size()));
      QCOMPARE(alignment.chunks > 0, !alignment.matches.empty());
      const MeteorAlignment own = meteor_align(reference, reference, words, {});
      QCOMPARE(own.matches.size(), reference.size());
      QCOMPARE(own.chunks, reference.empty() ? 0 : 1);
    }
  }

  void long_texts_end() {
    if (!has_wordnet()) QSKIP("WordNet is not there: install Debian's wordnet-base");
    std::mt19937 random(8);
    const auto text = [&random] {
      std::string words;
      for (int i = 0; i < 1000; ++i)
        words += (random() % 3 ? "w" + std::to_string(random() % 200) : "the") + std::string(" ");
      return words;
    };
    QElapsedTimer timer;
    timer.start();
    const double score = meteor({{text()}, {{text()}}}, files()).value;
    QVERIFY(score > 0 && score < 1);
    QVERIFY2(timer.elapsed() < 60000, std::to_string(timer.elapsed()).c_str());
  }
};

QTEST_APPLESS_MAIN(TestMeteor)
#include "test_meteor.moc"
