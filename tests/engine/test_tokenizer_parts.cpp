// Each part of a tokenizer alone, and small tokenizers around them, against the `tokenizers` package
// (tests/golden/make_tokenizer_parts.py).
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.h"
#include "base/paths.h"
#include "text/decoder.h"
#include "text/normalizer.h"
#include "text/pattern.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"

using namespace mtlora;
using nlohmann::json;

namespace {

using Texts = std::vector<std::string>;

const Path& some_file() {
  static const Path path = "tokenizer.json";
  return path;
}

std::string short_digest(const std::string& text) { return sha256_of(text).substr(0, 16); }

// As part_text of make_tokenizer_parts.py. `kind`: whether the words' text counts.
std::string part_text(const std::string& kind, const Normalizer* normalizer, const PreTokenizer& pre_tokenizer,
                      const std::string& text) {
  PreTokenizedText work;
  work.text.assign_repaired(text, true);
  if (normalizer) normalizer->normalize(work.text);
  std::string result = std::string(work.text.view()) + "\n";
  if (!work.text.empty()) work.words.push_back({0, static_cast<uint32_t>(work.text.size()), -1});
  pre_tokenizer.split(work);
  std::vector<Span> origins;
  for (const auto& word : work.words) origins.push_back(work.text.origin(word.span()));
  origins = to_character_offsets(text, origins);
  for (size_t i = 0; i < origins.size(); ++i) {
    if (kind == "pre_tokenizer") result += work.text.view(work.words[i].span());
    result += " " + std::to_string(origins[i].start) + " " + std::to_string(origins[i].end) + "\n";
  }
  return result;
}

// As code_point_text.
std::string code_point_text(const Normalizer* normalizer, const PreTokenizer& pre_tokenizer, const std::string& text) {
  PreTokenizedText work;
  work.text.assign(text, false);
  if (normalizer) {
    normalizer->normalize(work.text);
    return std::string(work.text.view()) + "\n";
  }
  work.words.push_back({0, static_cast<uint32_t>(text.size()), -1});
  pre_tokenizer.split(work);
  std::string result;
  for (const auto& word : work.words) result.append(work.text.view(word.span())).append("\n");
  return result;
}

Texts every_code_point() {
  Texts texts;
  int count = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    if (count++ % 64 == 0) texts.emplace_back();
    texts.back() += "a";
    append_utf8(c, texts.back());
    texts.back() += "\u0301 1";
  }
  return texts;
}

// As encoding_text.
std::string encoding_text(const Tokenizer& tokenizer, const std::string& text, const std::string* pair,
                          int64_t max_length, SpecialTokens special) {
  const std::string_view second = pair ? std::string_view(*pair) : std::string_view();
  const std::string_view* const pointer = pair ? &second : nullptr;
  const Encoding encoding = tokenizer.encode(text, pointer, max_length, Offsets::Yes, special);
  const Encoding ids_alone = tokenizer.encode(text, pointer, max_length, Offsets::No, special);
  if (ids_alone.input_ids != encoding.input_ids || ids_alone.token_type_ids != encoding.token_type_ids) {
    return "offsets change the ids";
  }
  std::string ids, types, offsets;
  const std::vector<Span> in_text = to_character_offsets(text, encoding.offsets);
  const std::vector<Span> in_pair = to_character_offsets(second, encoding.offsets);
  for (size_t i = 0; i < encoding.input_ids.size(); ++i) {
    ids += std::to_string(encoding.input_ids[i]) + " ";
    types += std::to_string(encoding.token_type_ids[i]) + " ";
    const Span span = encoding.sequence_ids[i] == 1 ? in_pair[i] : in_text[i];
    offsets += std::to_string(span.start) + " " + std::to_string(span.end) + " ";
  }
  return ids + "|" + types + "|" + offsets + "|" + tokenizer.decode(encoding.input_ids, false) + "|" +
         tokenizer.decode(encoding.input_ids, true) + "\n";
}

}  // namespace

class TestTokenizerParts : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    golden_ = json::parse(read_file(Path(MTLORA_TEST_DATA) / "tokenizer_parts.json"));
    const std::string hostile = read_file(Path(MTLORA_TEST_DATA) / "hostile.txt");
    for (size_t at = 0, end; at <= hostile.size(); at = end + 1) {
      end = std::min(hostile.find('\n', at), hostile.size());
      texts_.push_back(hostile.substr(at, end - at));
    }
    for (const json& text : golden_["texts"]) texts_.push_back(text.get<std::string>());
    for (const std::string& text : texts_) {
      const std::vector<Span> end{{0, static_cast<uint32_t>(text.size())}};
      if (to_character_offsets(text, end)[0].end < 200) short_texts_.push_back(text);
    }
    QVERIFY(folder_.isValid());
  }

  void normalizers_and_pre_tokenizers() {
    for (const json& part : golden_["parts"]) {
      const auto normalizer = make_normalizer(FilePart(some_file(), "normalizer", part["normalizer"]));
      const auto pre_tokenizer = make_pre_tokenizer(FilePart(some_file(), "pre_tokenizer", part["pre_tokenizer"]));
      const std::string name = (part["normalizer"].dump() + " " + part["pre_tokenizer"].dump()).substr(0, 300);
      std::string all;
      for (const std::string& text : texts_) all += part_text(part["kind"], normalizer.get(), *pre_tokenizer, text);
      QVERIFY2(short_digest(all) == part["digest"].get<std::string>(), name.c_str());
    }
  }

  void every_code_point_is_looked_up_as_in_the_reference() {
    const Texts texts = every_code_point();
    int compared = 0;
    for (const json& part : golden_["parts"]) {
      if (!part.contains("every")) continue;
      ++compared;
      const auto normalizer = make_normalizer(FilePart(some_file(), "normalizer", part["normalizer"]));
      const auto pre_tokenizer = make_pre_tokenizer(FilePart(some_file(), "pre_tokenizer", part["pre_tokenizer"]));
      std::string all;
      for (const std::string& text : texts) all += code_point_text(normalizer.get(), *pre_tokenizer, text);
      QVERIFY2(short_digest(all) == part["every"].get<std::string>(),
               (part["normalizer"].dump() + " " + part["pre_tokenizer"].dump()).c_str());
    }
    QVERIFY(compared >= 14);
  }

  void alignment_changes_nothing_but_origins() {
    for (const json& part : golden_["parts"]) {
      const auto normalizer = make_normalizer(FilePart(some_file(), "normalizer", part["normalizer"]));
      if (!normalizer) continue;
      for (const std::string& text : texts_) {
        AlignedText aligned, plain;
        aligned.assign_repaired(text, true);
        plain.assign_repaired(text, false);
        normalizer->normalize(aligned);
        normalizer->normalize(plain);
        QCOMPARE(std::string(aligned.view()), std::string(plain.view()));
      }
    }
  }

  void whole_tokenizers() {
    for (const json& test_case : golden_["whole"]) {
      json file = golden_["base"];
      file.update(test_case["file"]);
      const auto tokenizer = load(file.dump());
      file.erase("model");
      const std::string name = file.dump();
      for (const auto& [prefix, special] : {std::pair("", SpecialTokens::Add), {"plain_", SpecialTokens::None}}) {
        std::string single, pair, cut;
        for (size_t i = 0; i < texts_.size(); ++i) {
          single += encoding_text(*tokenizer, texts_[i], nullptr, 0, special);
          if (i > 0) pair += encoding_text(*tokenizer, texts_[i - 1], &texts_[i], 0, special);
        }
        for (size_t i = 1; i < short_texts_.size(); ++i) {
          cut += encoding_text(*tokenizer, short_texts_[i - 1], &short_texts_[i], 9, special);
        }
        const auto expected = [&](const char* kind) {
          return test_case[std::string(prefix) + kind].template get<std::string>();
        };
        QVERIFY2(short_digest(single) == expected("single"), (prefix + name).c_str());
        QVERIFY2(short_digest(pair) == expected("pair"), (prefix + name).c_str());
        QVERIFY2(short_digest(cut) == expected("cut"), (prefix + name).c_str());
      }
    }
  }

  void decoders() {
    for (const json& test_case : golden_["decoders"]) {
      const auto decoder = make_decoder(FilePart(some_file(), "decoder", test_case["decoder"]));
      for (size_t i = 0; i < golden_["tokens"].size(); ++i) {
        auto tokens = golden_["tokens"][i].get<Texts>();
        decoder->decode(tokens);
        if (test_case["texts"][i].is_null()) continue;  // the reference gives up
        std::string text;
        for (const std::string& token : tokens) text += token;
        QVERIFY2(text == test_case["texts"][i].get<std::string>(),
                 (test_case["decoder"].dump() + " " + golden_["tokens"][i].dump() + ": " + text).c_str());
      }
    }
  }

  void decoding_takes_any_ids() {
    json file = golden_["base"];
    file["decoder"] = {{"type", "ByteLevel"}};
    const auto tokenizer = load(file.dump());
    const std::vector<int32_t> ids{-1, 1 << 30, 1000000, 64};
    QCOMPARE(tokenizer->decode(ids, true), tokenizer->decode(std::vector<int32_t>{64}, true));
    QCOMPARE(tokenizer->decode({}, false), std::string());
  }

  void offsets_count_bytes_of_the_text_as_given() {
    const auto tokenizer = load(R"({"pre_tokenizer": {"type": "WhitespaceSplit"},
                 "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "b": 1}, "unk_token": "[UNK]"}})");
    const Encoding encoding = tokenizer->encode("\xFF\xE4\xB8 b \xC3\xA9\xF0\x9F b", nullptr, 0, Offsets::Yes);
    QCOMPARE(encoding.input_ids, (std::vector<int32_t>{0, 1, 0, 1}));
    QCOMPARE(encoding.offsets, (std::vector<Span>{{0, 3}, {4, 5}, {6, 10}, {11, 12}}));
    QCOMPARE(to_character_offsets("\xFF\xE4\xB8 b \xC3\xA9\xF0\x9F b", encoding.offsets),
             (std::vector<Span>{{0, 2}, {3, 4}, {5, 7}, {8, 9}}));
  }

  void scanners_find_what_the_expression_finds_data() {
    QTest::addColumn<QString>("expression");
    QTest::newRow("gpt2") << gpt2_expression;
    QTest::newRow("llama3") << llama3_expression;
    QTest::newRow("qwen2") << qwen2_expression;
  }
  void scanners_find_what_the_expression_finds() {
    QFETCH(QString, expression);
    const json null;
    const auto scanner = make_scanner(expression.toStdString());
    const auto regex = make_regex(expression.toStdString(), FilePart(some_file(), "Regex", null));
    QVERIFY(scanner);
    Texts texts = texts_;
    texts.push_back(read_file(datasets_dir() / "banking77" / "train.csv"));  // real text, and as one
    std::string storage;
    for (std::string& text : texts) text = std::string(valid_utf8(text, storage));
    // Code points that Oniguruma 6.9.8 knows, so that its Unicode version doesn't matter.
    const Texts pieces{"a",  "Z",      "é", "ſ",      "中",   "1",      "٣",  "Ⅳ", " ",  " ",    "  ",     "\n",  "\r",
                       "\t", "\u00a0", "'", "'s",     "'S",   "'ſ",     "'l", "'", "l",  "L",    "re",     "'Ve", "!",
                       "(",  "\u0301", "😀", "\u2028", "\x01", "\u200d", "_",  "-", "a1", "\r\n", "\u3000", "K"};
    std::mt19937 random(5);
    for (int i = 0; i < 60000; ++i) {
      texts.emplace_back();
      for (auto count = random() % 14; count > 0; --count) texts.back() += pieces[random() % pieces.size()];
    }
    for (const std::string& text : texts) {
      std::vector<Span> found, expected;
      scanner->find(text, found);
      regex->find(text, expected);
      QVERIFY2(found == expected, text.c_str());
    }
  }

  void regular_expressions_have_limits() {
    const json file = json::parse(
        R"({"type": "Split", "pattern": {"Regex": "(?:a|aa)+[bc]"}, "behavior": "Isolated", "invert": false})");
    const auto pre_tokenizer = make_pre_tokenizer(FilePart(some_file(), "pre_tokenizer", file));
    PreTokenizedText work;
    work.text.assign(std::string(60, 'a') + "db", false);
    work.words.push_back({0, 62, -1});
    QElapsedTimer timer;
    timer.start();
    QVERIFY_EXCEPTION_THROWN(pre_tokenizer->split(work), Error);
    QVERIFY(timer.elapsed() < 5000);
  }

  void texts_do_not_grow_without_bound() {
    json steps = json::array();
    for (int i = 0; i < 30; ++i) {
      steps.push_back({{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}});
    }
    const auto normalizer =
        make_normalizer(FilePart(some_file(), "normalizer", json{{"type", "Sequence"}, {"normalizers", steps}}));
    const auto decoder =
        make_decoder(FilePart(some_file(), "decoder", json{{"type", "Sequence"}, {"decoders", steps}}));
    AlignedText text;
    text.assign("a", false);
    QVERIFY_EXCEPTION_THROWN(normalizer->normalize(text), Error);
    Texts tokens{"a"};
    QVERIFY_EXCEPTION_THROWN(decoder->decode(tokens), Error);
  }

  void bad_parts_data() {
    QTest::addColumn<QByteArray>("part");       // its name in the file
    QTest::addColumn<QByteArray>("value");      // JSON
    QTest::addColumn<QByteArray>("complaint");  // what the message says
    const auto add = [](const char* name, const char* part, const std::string& value, const char* complaint) {
      QTest::newRow(name) << QByteArray(part) << QByteArray::fromStdString(value) << QByteArray(complaint);
    };
    add("a number", "normalizer", "3", "normalizer should be an object, found 3");
    add("no type", "pre_tokenizer", "{}", "pre_tokenizer.type should be a text, but is not there");
    add("step", "normalizer", R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFX"}]})",
        "normalizer.normalizers[1] is of type NFX");
    add("steps", "normalizer", R"({"type": "Sequence"})", "normalizer.normalizers should be a list");
    json nested{{"type", "NFC"}};
    for (int i = 0; i < 100; ++i) nested = {{"type", "Sequence"}, {"normalizers", json::array({nested})}};
    add("nested", "normalizer", nested.dump(), "values nest deeper than 64 levels");
    add("regex", "normalizer", R"({"type": "Replace", "pattern": {"Regex": "*a"}, "content": ""})",
        "normalizer.pattern.Regex is not a regular expression that can be used");
    json split{{"type", "Split"}, {"behavior", "Removed"}, {"invert", false}};
    split["pattern"]["Regex"] = std::string(70000, 'a');
    add("long regex", "pre_tokenizer", split.dump(), "is longer than 65536 bytes");
    add("pattern", "pre_tokenizer", R"({"type": "Split", "pattern": "a", "behavior": "Removed", "invert": false})",
        "pre_tokenizer.pattern should be an object, found \"a\"");
    add("behavior", "pre_tokenizer", R"({"type": "Punctuation", "behavior": "removed"})",
        "pre_tokenizer.behavior should be Removed, Isolated,");
    add("replacement", "pre_tokenizer", R"({"type": "Metaspace", "replacement": "ab"})",
        "pre_tokenizer.replacement should be one character, found \"ab\"");
    add("scheme", "pre_tokenizer", R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"})",
        "pre_tokenizer.prepend_scheme should be always, never or first");
    add("schemes", "pre_tokenizer", R"({"type": "Metaspace", "replacement": "_", "add_prefix_space": false})",
        "pre_tokenizer.add_prefix_space does not go with a prepend_scheme of always");
    add("not base64", "normalizer", R"({"type": "Precompiled", "precompiled_charsmap": "*"})", "should be base64");
    add("no trie", "normalizer", R"({"type": "Precompiled", "precompiled_charsmap": "AAA="})", "is too short");
    add("short trie", "normalizer", R"({"type": "Precompiled", "precompiled_charsmap": "AAQAAAAA"})",
        "should hold a trie of 1024 bytes, but has 2");
    add("replacements", "normalizer", R"({"type": "Precompiled", "precompiled_charsmap": "AAAAAP8="})",
        "should hold replacements in UTF-8");
    add("two frames", "post_processor",
        R"({"type": "Sequence", "processors": [{"type": "BertProcessing", "cls": ["a", 0], "sep": ["a", 0]},
                                               {"type": "BertProcessing", "cls": ["a", 0], "sep": ["a", 0]}]})",
        "post_processor.processors[1] is a second part that adds special tokens");
    add("decoder", "decoder", R"({"type": "CTC"})", "decoder is of type CTC, which is not supported");
    add("content", "decoder", R"({"type": "Strip", "content": "", "start": 0, "stop": 0})",
        "decoder.content should be one character");
    add("start", "decoder", R"({"type": "Strip", "content": "a", "start": -1, "stop": 0})",
        "decoder.start should be a whole number");
  }
  void bad_parts() {
    QFETCH(QByteArray, part);
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, complaint);
    json file = json::parse(R"({"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}})");
    file[part.toStdString()] = json::parse(value.toStdString());
    try {
      load(file.dump());
      QFAIL("No error.");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::BadInput);
      QVERIFY2(QByteArray(error.what()).contains(complaint), error.what());
      QVERIFY2(!QByteArray(error.what()).contains('\n'), error.what());
      QVERIFY(!error.hint().empty());
    }
  }

  // A charsmap is a graph in a file: whatever it says, no step leaves it.
  void damaged_charsmaps_do_no_harm() {
    std::string good;
    for (const json& part : golden_["parts"]) {
      if (part["normalizer"].is_object() && part["normalizer"]["type"] == "Precompiled") {
        good = part["normalizer"]["precompiled_charsmap"];
      }
    }
    QVERIFY(!good.empty());
    std::mt19937 random(3);
    for (int i = 0; i < 300; ++i) {
      std::string bad = good;
      for (int k = 0; k < 20; ++k) {
        const size_t at = 8 + random() % (bad.size() - 12);
        bad[at] = "ABCDEFGHwxyz0189+/"[random() % 18];
      }
      const json file{{"type", "Precompiled"}, {"precompiled_charsmap", bad}};
      try {
        const auto normalizer = make_normalizer(FilePart(some_file(), "normalizer", file));
        for (const std::string& text : texts_) {
          AlignedText aligned;
          aligned.assign_repaired(text, true);
          normalizer->normalize(aligned);
          std::string storage;
          QVERIFY(valid_utf8(aligned.view(), storage).data() != storage.data() || storage.empty());
        }
      } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::BadInput);
      }
    }
  }

 private:
  std::shared_ptr<const Tokenizer> load(const std::string& text) const {
    write_file(folder_.filePath("tokenizer.json").toStdString(), text);
    return Tokenizer::load(folder_.path().toStdString());
  }

  json golden_;
  Texts texts_, short_texts_;  // the second: of fewer than 200 characters
  QTemporaryDir folder_;
};

QTEST_APPLESS_MAIN(TestTokenizerParts)
#include "test_tokenizer_parts.moc"
