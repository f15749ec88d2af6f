// The tokenizer against ids of the `tokenizers` package (tests/golden/make_tokenizer.py).
#include <QTemporaryDir>
#include <QTest>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/paths.h"
#include "text/tokenizer.h"

using namespace mtlora;
using nlohmann::json;

namespace {

using Texts = std::vector<std::string>;

json read_json(const char* name) { return json::parse(read_file(Path(MTLORA_TEST_DATA) / name)); }

Texts split(const std::string& text, char separator) {
  Texts parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// First column of a quoted CSV file, without the header.
Texts first_csv_column(const Path& path) {
  Texts texts;
  std::string field;
  bool quoted = false, is_first = true;
  const std::string text = read_file(path);
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = !quoted;
      }
    } else if (!quoted && (c == ',' || c == '\n')) {
      if (is_first) texts.push_back(field);
      is_first = c == '\n';
      field.clear();
    } else {
      field += c;
    }
  }
  texts.erase(texts.begin());
  return texts;
}

Texts first_tsv_column(const Path& path) {
  Texts texts;
  for (const std::string& line : split(read_file(path), '\n')) texts.push_back(line.substr(0, line.find('\t')));
  texts.erase(texts.begin());
  texts.pop_back();  // behind the last line's end
  return texts;
}

Path shared_data() {
  const char* folder = std::getenv("MTLORA_SHARED_DATA");
  return folder && *folder ? Path(folder) : Path(MTLORA_SOURCE_DIR "/../shared/data");
}

// As `digest` of make_tokenizer.py, over the encodings of rows 0 .. count−1.
std::string digest(size_t count, const std::function<Encoding(size_t)>& encode) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    const Encoding encoding = encode(i);
    for (const int32_t id : encoding.input_ids) text.append(std::to_string(id)).append(" ");
    text += "|";
    for (const int32_t type : encoding.token_type_ids) text.append(std::to_string(type)).append(" ");
    text += "\n";
  }
  return sha256_of(text).substr(0, 16);
}

Encoding encode_pair(const Tokenizer& tokenizer, const std::string& a, const std::string& b, int64_t max_length = 0) {
  const std::string_view pair = b;
  return tokenizer.encode(a, &pair, max_length);
}

std::string words(const Tokenizer& tokenizer, const Encoding& encoding) {
  std::string text;
  for (const int32_t id : encoding.input_ids) {
    if (!text.empty()) text += ' ';
    text += tokenizer.token_text(id);
  }
  return text;
}

}  // namespace

class TestTokenizer : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QVERIFY2(!bundled_model_dir().empty(), "The bundled model is not installed: run ./studio build.");
    tokenizer_ = Tokenizer::load(bundled_model_dir());
    golden_ = read_json("tokenizer_golden.json");
    QVERIFY(folder_.isValid());
  }

  void vocabulary_is_that_of_vocab_txt() {
    const Texts tokens = split(read_file(bundled_model_dir() / "vocab.txt"), '\n');
    QCOMPARE(tokenizer_->vocabulary_size(), int64_t{30522});
    for (int32_t id = 0; id < 30522; ++id) {
      QCOMPARE(tokenizer_->token_text(id), tokens[static_cast<size_t>(id)]);
    }
    QCOMPARE(tokenizer_->token_text(30522), std::string());
    QCOMPARE(tokenizer_->token_text(-1), std::string());
  }

  void special_tokens_frame_one_text_and_two() {
    const Encoding single = tokenizer_->encode("Unaffable, isn't it?");
    QCOMPARE(words(*tokenizer_, single), std::string("[CLS] una ##ffa ##ble , isn ' t it ? [SEP]"));
    const Encoding pair = encode_pair(*tokenizer_, "one two", "three");
    QCOMPARE(words(*tokenizer_, pair), std::string("[CLS] one two [SEP] three [SEP]"));
    QCOMPARE(pair.token_type_ids, (std::vector<int32_t>{0, 0, 0, 0, 1, 1}));
  }

  void hostile_text() {
    const std::string text = read_file(Path(MTLORA_TEST_DATA) / "hostile.txt");
    QCOMPARE(sha256_of(text), golden_["hostile_sha256"].get<std::string>());  // no tool has changed a line end
    const Texts lines = split(text, '\n');
    QCOMPARE(lines.size(), golden_["hostile"].size());
    for (size_t i = 0; i < lines.size(); ++i) {
      const Encoding encoding = tokenizer_->encode(lines[i]);
      QVERIFY2(encoding.input_ids == golden_["hostile"][i].get<std::vector<int32_t>>(),
               qPrintable(QString("line %1: %2").arg(i + 1).arg(words(*tokenizer_, encoding).c_str())));
    }
    check_truncation(golden_["hostile_truncation"], lines);
  }

  void banking77_data() {
    QTest::addColumn<QString>("file");
    QTest::newRow("train") << "train.csv";
    QTest::newRow("test") << "test.csv";
  }
  void banking77() {
    QFETCH(QString, file);
    const std::string name = file.toStdString();
    check_rows(golden_["banking77"][name], first_csv_column(datasets_dir() / "banking77" / name));
  }

  void sst2_data() {
    QTest::addColumn<QString>("file");
    QTest::newRow("train") << "train.tsv";
    QTest::newRow("dev") << "dev.tsv";
  }
  void sst2() {
    QFETCH(QString, file);
    const Path path = shared_data() / "glue" / "SST-2" / file.toStdString();
    if (!std::filesystem::exists(path)) {
      QSKIP(
          qPrintable(QString::fromStdString("SST-2 is not part of the repository, and there is no " + path.string())));
    }
    check_rows(golden_["sst2"][file.toStdString()], first_tsv_column(path));
  }

  void truncation() {
    Texts texts = first_csv_column(datasets_dir() / "banking77" / "test.csv");
    texts.resize(golden_["truncation"]["rows"].get<size_t>());
    check_truncation(golden_["truncation"], texts);
  }

  void truncation_takes_from_the_longer_text() {
    const auto kept = [&](size_t a, size_t b, int64_t max_length) {
      std::string first, second;
      for (size_t i = 0; i < a; ++i) first += "a ";
      for (size_t i = 0; i < b; ++i) second += "b ";
      const Encoding encoding = encode_pair(*tokenizer_, first, second, max_length);
      const auto count_b = std::count(encoding.token_type_ids.begin(), encoding.token_type_ids.end(), 1) - 1;
      const auto count_a = std::count(encoding.token_type_ids.begin(), encoding.token_type_ids.end(), 0) - 2;
      const auto before = static_cast<int64_t>(a + b);
      return encoding.tokens_cut == before - count_a - count_b ? std::pair(count_a, count_b) : std::pair(-1L, -1L);
    };
    QCOMPARE(kept(9, 2, 12), std::pair(7L, 2L));
    QCOMPARE(kept(2, 9, 12), std::pair(2L, 7L));
    QCOMPARE(kept(9, 8, 8), std::pair(3L, 2L));
    QCOMPARE(kept(8, 9, 8), std::pair(2L, 3L));
    QCOMPARE(kept(9, 9, 8), std::pair(2L, 3L));  // a tie: the second keeps the odd one
    QCOMPARE(kept(9, 9, 3), std::pair(0L, 0L));
    QCOMPARE(kept(4, 5, 12), std::pair(4L, 5L));
    QCOMPARE(kept(4, 5, 0), std::pair(4L, 5L));
    QVERIFY_EXCEPTION_THROWN(kept(9, 9, 2), Error);
  }

  void options_of_the_file() {
    const json golden = read_json("tokenizer_options.json");
    const auto texts = golden["texts"].get<Texts>();
    for (const json& test_case : golden["cases"]) {
      const std::string name = test_case["name"];
      json file = golden["file"];
      file.update(test_case["file"]);
      const auto tokenizer = load(file.dump());
      QCOMPARE(tokenizer->vocabulary_size(), test_case["size"].get<int64_t>());
      for (size_t i = 0; i < texts.size(); ++i) {
        const Encoding encoding = tokenizer->encode(texts[i]);
        QVERIFY2(encoding.input_ids == test_case["single"][i].get<std::vector<int32_t>>(),
                 qPrintable(QString::fromStdString(name + ", \"" + texts[i] + "\": " + words(*tokenizer, encoding))));
      }
      const auto pairs = [&](int64_t max_length) {
        return digest(texts.size() - 1,
                      [&](size_t i) { return encode_pair(*tokenizer, texts[i], texts[i + 1], max_length); });
      };
      QCOMPARE(encode_pair(*tokenizer, texts[3], texts[4]).token_type_ids,
               test_case["pair_types"].get<std::vector<int32_t>>());
      QCOMPARE(pairs(0), test_case["pair"].get<std::string>());
      QCOMPARE(pairs(7), test_case["cut"].get<std::string>());
    }
  }

  void order_of_parts_is_free_and_the_model_type_may_lack() {
    const auto tokenizer = load(
        R"({"model": {"vocab": {"[UNK]": 0, "a": 1, "##b": 7}, "max_input_chars_per_word": 100,
                      "continuing_subword_prefix": "##", "unk_token": "[UNK]"},
            "added_tokens": [{"id": 3, "vocab": {"c": 2}, "content": "<x>", "single_word": false, "lstrip": false,
                              "rstrip": false, "normalized": false, "special": true}],
            "pre_tokenizer": {"type": "BertPreTokenizer"}})");
    QCOMPARE(words(*tokenizer, tokenizer->encode("ab<x>c a")), std::string("a ##b <x> [UNK] a"));
    QCOMPARE(tokenizer->vocabulary_size(), int64_t{4});
  }

  void several_threads_share_one_tokenizer() {
    const Texts texts = first_csv_column(datasets_dir() / "banking77" / "test.csv");
    const auto all = [&] { return digest(texts.size(), [&](size_t i) { return tokenizer_->encode(texts[i]); }); };
    const std::string expected = all();
    std::vector<std::string> found(4);
    std::vector<std::thread> threads;
    for (std::string& result : found) threads.emplace_back([&] { result = all(); });
    for (std::thread& thread : threads) thread.join();
    for (const std::string& result : found) QCOMPARE(result, expected);
  }

  void bad_files_data() {
    QTest::addColumn<QByteArray>("pointer");    // of the value to replace in a good file; empty: the whole file
    QTest::addColumn<QByteArray>("value");      // JSON, or for the whole file its text
    QTest::addColumn<QByteArray>("complaint");  // what the message says
    const auto add = [](const char* name, const char* pointer, const char* value, const char* complaint) {
      QTest::newRow(name) << QByteArray(pointer) << QByteArray(value) << QByteArray(complaint);
    };
    add("cut short", "", "{\"version\": \"1.0\", \"model\"", "not valid JSON, parse error at line 1, column 27");
    add("empty", "", "", "not valid JSON, parse error at line 1, column 1");
    add("not UTF-8", "", "{\"version\": \"\xFF\"}", "not valid JSON, parse error at line 1, column 14");
    add("a list", "", "[]", "should hold a JSON object, found []");
    add("version", "/version", R"("2.0")", "version should be 1.0, found 2.0");
    add("model type", "/model/type", R"("GPT")",
        "model is of type GPT, which is not supported (BPE, Unigram, WordPiece or WordLevel is)");
    add("no model", "/model", "null", "model should be an object, but is not there");
    add("normalizer type", "/normalizer/type", R"("NFX")",
        "normalizer is of type NFX, which is not supported (Sequence, BertNormalizer, NFC,");
    add("normalizer option", "/normalizer/lowercase", "1", "normalizer.lowercase should be true or false, found 1");
    add("pre-tokenizer type", "/pre_tokenizer/type", R"("UnicodeScripts")",
        "pre_tokenizer is of type UnicodeScripts, which is not supported");
    add("post-processor type", "/post_processor", R"({"type": "CamembertProcessing"})",
        "post_processor is of type CamembertProcessing, which is not supported");
    add("template", "/post_processor", R"({"type": "TemplateProcessing", "single": [], "pair": []})",
        "post_processor.single should hold sequence A once");
    add("template token", "/post_processor",
        R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[X]", "type_id": 0}}], "pair": []})",
        "post_processor.single[0].SpecialToken.id names [X], which is not in its special_tokens");
    add("token's id", "/post_processor", R"({"type": "BertProcessing", "sep": ["[SEP]", -1], "cls": ["[CLS]", 1]})",
        "post_processor.sep[1] should be a whole number from 0 to 16777215, found -1");
    add("unknown token", "/model/unk_token", R"("<unk>")", "model.unk_token \"<unk>\" is not in model.vocab");
    add("id of a token", "/model/vocab/the", "1.5",
        "model.vocab[\"the\"] should be a whole number from 0 to 16777215, found 1.5");
    add("huge id", "/model/vocab/the", "4294967296",
        "model.vocab[\"the\"] should be a whole number from 0 to 16777215");
    add("list for an id", "/model/vocab/the", "[5]", "model.vocab[\"the\"] should be a whole number");
    add("vocabulary", "/model/vocab", R"([["a", 0.5]])", "model.unk_token \"[UNK]\" is not in model.vocab");
    add("added tokens", "/added_tokens", "{}", "added_tokens should be a list, found {}");
    add("added token", "/added_tokens/1/lstrip", "null",
        "added_tokens[1].lstrip should be true or false, but is not there");
  }
  void bad_files() {
    QFETCH(QByteArray, pointer);
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, complaint);
    std::string text = value.toStdString();
    if (!pointer.isEmpty()) {
      json file = read_json("tokenizer_options.json")["file"];
      file[json::json_pointer(pointer.toStdString())] = json::parse(text);
      text = file.dump();
    }
    try {
      load(text);
      QFAIL("No error.");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::BadInput);
      QVERIFY2(QByteArray(error.what()).contains(complaint), error.what());
      QVERIFY2(QByteArray(error.what()).startsWith(file_path().c_str()), error.what());
      QVERIFY2(!QByteArray(error.what()).contains('\n'), error.what());
      QVERIFY(!error.hint().empty());
    }
  }

  void missing_file() {
    const Path folder = Path(folder_.path().toStdString()) / "no such folder";
    try {
      Tokenizer::load(folder);
      QFAIL("No error.");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::File);
      QVERIFY2(QByteArray(error.what()).startsWith((folder / "tokenizer.json").c_str()), error.what());
      QVERIFY(!error.hint().empty());
    }
  }

 private:
  std::string file_path() const { return folder_.filePath("tokenizer.json").toStdString(); }

  std::shared_ptr<const Tokenizer> load(const std::string& text) const {
    write_file(file_path(), text);
    return Tokenizer::load(folder_.path().toStdString());
  }

  void check_rows(const json& digests, const Texts& texts) const {
    constexpr size_t rows = 1000;
    QCOMPARE((texts.size() + rows - 1) / rows, digests.size());
    for (size_t i = 0; i < digests.size(); ++i) {
      const size_t begin = i * rows, count = std::min(rows, texts.size() - begin);
      const std::string found = digest(count, [&](size_t k) { return tokenizer_->encode(texts[begin + k]); });
      QVERIFY2(found == digests[i], qPrintable(QString("among rows %1 to %2").arg(begin).arg(begin + count - 1)));
    }
  }

  void check_truncation(const json& golden, const Texts& texts) const {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (size_t i = 0; i + 1 < texts.size(); ++i) pairs.emplace_back(texts[i], texts[i + 1]);
    for (const json& pair : golden["words"]) pairs.emplace_back(pair[0], pair[1]);
    for (const json& entry : golden["digests"]) {
      const int64_t max_length = entry["max_length"];
      const std::string where = "max_length " + std::to_string(max_length);
      const std::string single =
          digest(texts.size(), [&](size_t i) { return tokenizer_->encode(texts[i], nullptr, max_length); });
      QVERIFY2(single == entry["single"], where.c_str());
      if (!entry.contains("pair")) continue;
      const std::string pair = digest(pairs.size(), [&](size_t i) {
        return encode_pair(*tokenizer_, pairs[i].first, pairs[i].second, max_length);
      });
      QVERIFY2(pair == entry["pair"], where.c_str());
    }
  }

  std::shared_ptr<const Tokenizer> tokenizer_;
  json golden_;
  QTemporaryDir folder_;
};

QTEST_APPLESS_MAIN(TestTokenizer)
#include "test_tokenizer.moc"
