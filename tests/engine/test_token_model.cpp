// Token models against the `tokenizers` package (tests/golden/make_token_models.py), alone, without the other stages.
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "text/token_model.h"

using namespace mtlora;
using nlohmann::json;

namespace {

using Texts = std::vector<std::string>;

struct Loaded {
  std::unique_ptr<const TokenizerFile> file;  // the model refers to it
  std::unique_ptr<const TokenModel> model;
};

// As `digest` of make_token_models.py.
std::string digest(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token& token : tokens) {
    text += std::to_string(token.id) + " " + std::to_string(token.start) + " " + std::to_string(token.end) + "\n";
  }
  return sha256_of(text).substr(0, 16);
}

std::vector<Token> tokens_of(const TokenModel& model, const std::string& word) {
  std::vector<Token> tokens;
  model.tokenize(word, tokens);
  return tokens;
}

std::vector<int32_t> ids_of(const TokenModel& model, const std::string& word) {
  std::vector<int32_t> ids;
  model.tokenize(word, ids);
  return ids;
}

std::vector<int32_t> ids_of(const std::vector<Token>& tokens) {
  std::vector<int32_t> ids;
  for (const Token& token : tokens) ids.push_back(token.id);
  return ids;
}

}  // namespace

class TestTokenModel : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    golden_ = json::parse(read_file(Path(MTLORA_TEST_DATA) / "token_models.json"));
  }

  void tokens_and_their_bytes_data() { add_cases(); }
  void tokens_and_their_bytes() {
    const json& test_case = current_case();
    const Loaded loaded = load({{"model", test_case["model"]}});
    const auto words = golden_["words"].get<Texts>();
    for (size_t i = 0; i < words.size(); ++i) {
      json found = json::array();
      for (const Token& token : tokens_of(*loaded.model, words[i])) found.push_back({token.id, token.start, token.end});
      QVERIFY2(found == test_case["tokens"][i], (words[i] + ": " + found.dump()).c_str());
    }
    const auto long_words = golden_["long_words"].get<Texts>();
    for (size_t i = 0; i < long_words.size(); ++i) {
      QVERIFY2(digest(tokens_of(*loaded.model, long_words[i])) == test_case["long"][i], long_words[i].c_str());
    }
  }

  void ids_alone_are_those_of_the_tokens_data() { add_cases(); }
  void ids_alone_are_those_of_the_tokens() {
    const Loaded loaded = load({{"model", current_case()["model"]}});
    auto words = golden_["words"].get<Texts>();
    const auto long_words = golden_["long_words"].get<Texts>();
    words.insert(words.end(), long_words.begin(), long_words.end());
    for (int round = 0; round < 2; ++round) {  // the second time from the cache
      for (const std::string& word : words) {
        QVERIFY2(ids_of(*loaded.model, word) == ids_of(tokens_of(*loaded.model, word)), word.c_str());
      }
    }
  }

  // Two models in turn on one thread, and on several: each thread's cache is of the model that it uses.
  void models_do_not_share_what_they_remember() {
    const auto words = golden_["words"].get<Texts>();
    const Loaded first = load({{"model", golden_["cases"][4]["model"]}});
    const Loaded second = load({{"model", golden_["cases"][6]["model"]}});
    std::vector<std::vector<int32_t>> expected_first, expected_second;
    for (const std::string& word : words) {
      expected_first.push_back(ids_of(tokens_of(*first.model, word)));
      expected_second.push_back(ids_of(tokens_of(*second.model, word)));
    }
    QVERIFY(expected_first != expected_second);
    std::atomic<int> wrong = 0;
    const auto work = [&] {
      for (int round = 0; round < 20; ++round) {
        for (size_t i = 0; i < words.size(); ++i) {
          wrong += ids_of(*first.model, words[i]) != expected_first[i];
          if (round % 2) wrong += ids_of(*second.model, words[i]) != expected_second[i];
        }
      }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    QCOMPARE(wrong.load(), 0);
  }

  void a_word_of_a_million_characters_takes_no_longer_than_its_length_data() { add_cases(); }
  void a_word_of_a_million_characters_takes_no_longer_than_its_length() {
    const Loaded loaded = load({{"model", current_case()["model"]}});
    const std::string piece = "thecatsatonthemat";
    std::string word;
    while (word.size() < 1'000'000) word += piece;
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<Token> tokens = tokens_of(*loaded.model, word);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    QVERIFY2(seconds.count() < 10,
             std::to_string(seconds.count()).c_str());  // about 0.2; quadratic time would take days
    const json& model = current_case()["model"];
    const bool drops_unknown = model["type"] == "BPE" && model["unk_token"].is_null();
    QVERIFY(drops_unknown ? tokens.back().end <= word.size() : tokens.back().end == word.size());
  }

  void old_files_do_not_name_the_type() {
    for (const json& test_case : golden_["cases"]) {
      json model = test_case["model"];
      const std::string type = model["type"];
      model.erase("type");
      if (type == "Unigram" && model["unk_id"].is_null()) continue;
      const Loaded loaded = load({{"model", model}});
      const json& expected = test_case["tokens"][0];
      QCOMPARE(tokens_of(*loaded.model, golden_["words"][0]).size(), expected.size());
    }
  }

  void no_unknown_token_data() {
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("complaint");
    const auto add = [](const char* name, const char* model, const char* complaint) {
      QTest::newRow(name) << QByteArray(model) << QByteArray(complaint);
    };
    add("BPE", R"({"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "<unk>"})",
        "has no token for \"b\", and its unknown token \"<unk>\" is not in its vocabulary");
    add("Unigram", R"({"type": "Unigram", "vocab": [["a", -1]], "unk_id": null})",
        "has no token for \"b\", and no unknown token");
    add("WordLevel", R"({"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "<unk>"})",
        "has no token for \"b\", and its unknown token \"<unk>\"");
  }
  void no_unknown_token() {
    QFETCH(QByteArray, model);
    QFETCH(QByteArray, complaint);
    const Loaded loaded = load({{"model", json::parse(model.toStdString())}});
    QCOMPARE(ids_of(*loaded.model, "a"), std::vector<int32_t>{0});
    try {
      ids_of(*loaded.model, "b");
      QFAIL("No error.");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::BadInput);
      QVERIFY2(QByteArray(error.what()).contains(complaint), error.what());
    }
  }

  void bad_models_data() {
    QTest::addColumn<QByteArray>("model");
    QTest::addColumn<QByteArray>("complaint");
    const auto add = [](const char* name, const char* model, const char* complaint) {
      QTest::newRow(name) << QByteArray(model) << QByteArray(complaint);
    };
    add("no type", R"({"vocab": {}})", "model.type should be a text, but is not there");
    add("merge of one token", R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]})",
        R"(model.merges[0] should be two tokens ("a b" or ["a", "b"]), found "a")");
    add("merge of three", R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a a a"]})", "model.merges[0] should be");
    add("merge of numbers", R"({"type": "BPE", "vocab": {"a": 0}, "merges": [[1, 2]]})", "model.merges[0] should be");
    add("merge of an unknown token", R"({"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "b"]]})",
        "model.merges[0] names \"b\", which is not in model.vocab");
    add("merge to an unknown token", R"({"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]})",
        "model.merges[0] makes \"ab\", which is not in model.vocab");
    add("merge without the prefix",
        R"({"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"], "continuing_subword_prefix": "##"})",
        "model.merges[0] should have a second token that begins with \"##\"");
    add("merges", R"({"type": "BPE", "vocab": {}, "merges": {}})", "model.merges should be a list, found {}");
    add("no merges", R"({"type": "BPE", "vocab": {}})", "model.merges should be a list, but is not there");
    add("dropout", R"({"type": "BPE", "vocab": {}, "merges": [], "dropout": 0.1})",
        "model.dropout should be null or 0 (merges left out at random are not supported), found 0.1");
    add("id", R"({"type": "BPE", "vocab": {"a": 16777216}, "merges": []})",
        "model.vocab[\"a\"] should be a whole number from 0 to 16777215");
    add("Unigram without scores", R"({"type": "Unigram", "vocab": ["a"], "unk_id": 0})",
        "model.vocab[0] should be a token and its score ([\"a\", -1.5]), found \"a\"");
    add("Unigram's vocabulary", R"({"type": "Unigram", "vocab": {"a": 0}, "unk_id": 0})",
        "model.vocab should be a list");
    add("unk_id", R"({"type": "Unigram", "vocab": [["a", 0]], "unk_id": 1})",
        "model.unk_id should be below 1, the number of tokens, found 1");
    add("negative unk_id", R"({"type": "Unigram", "vocab": [["a", 0]], "unk_id": -1})",
        "model.unk_id should be a whole");
    add("WordLevel without unk_token", R"({"type": "WordLevel", "vocab": {}})", "model.unk_token should be a text");
  }
  void bad_models() {
    QFETCH(QByteArray, model);
    QFETCH(QByteArray, complaint);
    try {
      load({{"model", json::parse(model.toStdString())}});
      QFAIL("No error.");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::BadInput);
      QVERIFY2(QByteArray(error.what()).contains(complaint), error.what());
      QVERIFY2(QByteArray(error.what()).startsWith(file_path().c_str()), error.what());
      QVERIFY(!error.hint().empty());
    }
  }

  void deep_nesting_is_refused() {
    const std::string text = R"({"model": {"vocab": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}}";
    write_file(file_path(), text);
    try {
      read_tokenizer_file(file_path());
      QFAIL("No error.");
    } catch (const Error& error) {
      QVERIFY2(QByteArray(error.what()).contains("values nest deeper than 64 levels"), error.what());
    }
  }

 private:
  void add_cases() const {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < golden_["cases"].size(); ++i) {
      QTest::newRow(golden_["cases"][i]["name"].get<std::string>().c_str()) << static_cast<int>(i);
    }
  }
  const json& current_case() const {
    QFETCH(int, index);
    return golden_["cases"][static_cast<size_t>(index)];
  }

  std::string file_path() const { return folder_.filePath("tokenizer.json").toStdString(); }
  Loaded load(const json& file) const {
    write_file(file_path(), file.dump());
    Loaded loaded{std::make_unique<TokenizerFile>(read_tokenizer_file(file_path())), nullptr};
    loaded.model = make_token_model(loaded.file->part("model"), loaded.file->vocabulary);
    return loaded;
  }

  QTemporaryDir folder_;
  json golden_;
};

QTEST_APPLESS_MAIN(TestTokenModel)
#include "test_token_model.moc"
