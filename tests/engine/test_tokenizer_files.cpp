// Tokenizers from every kind of file, against transformers' converters and the `tokenizers` package
// (tests/golden/make_tokenizer_files.py), and what is said of files that are no such thing.
#include <QTemporaryDir>
#include <QTest>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "text/base64.h"
#include "text/sentencepiece.h"
#include "text/tokenizer.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_file.h"

using namespace mtlora;
using nlohmann::json;

namespace {

using Texts = std::vector<std::string>;

Path shared_data() {
  const char* folder = std::getenv("MTLORA_SHARED_DATA");
  return folder && *folder ? Path(folder) : Path(MTLORA_SOURCE_DIR "/../shared/data");
}

Texts first_lines(const Path& path, size_t count) {
  const std::string text = read_file(path);
  Texts lines;
  for (size_t at = 0; at <= text.size() && lines.size() < count;) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// As `digests` of make_tokenizer_files.py.
std::string digest(const Tokenizer& tokenizer, const Texts& lines) {
  std::string text;
  for (const std::string& line : lines) {
    for (const int32_t id : tokenizer.encode(line).input_ids) text.append(std::to_string(id)).append(" ");
    text += "\n";
  }
  return sha256_of(text).substr(0, 16);
}

// The protocol-buffers wire format, to write models that are not quite right.
std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes += static_cast<char>(value);
}
std::string field(int number, const std::string& value) {
  return varint(static_cast<uint64_t>(number) << 3 | 2) + varint(value.size()) + value;
}
std::string field(int number, uint64_t value) { return varint(static_cast<uint64_t>(number) << 3) + varint(value); }

}  // namespace

class TestTokenizerFiles : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { golden_ = json::parse(read_file(Path(MTLORA_TEST_DATA) / "tokenizer_files.json")); }
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }

  void small_folders_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < golden_["small"].size(); ++i) {
      QTest::newRow(golden_["small"][i]["name"].get<std::string>().c_str()) << static_cast<int>(i);
    }
  }
  void small_folders() {
    QFETCH(int, index);
    const json& expected = golden_["small"][static_cast<size_t>(index)];
    write_files(expected);
    const TokenizerFile file = read_tokenizer(folder());
    for (const auto& [name, value] : expected["parts"].items()) {
      const json found = file.parts.contains(name) ? file.parts[name] : json();
      QVERIFY2(found == value, (name + ": " + found.dump() + "\nexpected " + value.dump()).c_str());
    }

    const auto tokenizer = Tokenizer::load(folder());
    QCOMPARE(tokenizer->vocabulary_size(), expected["size"].get<int64_t>());
    const auto texts = golden_["texts"].get<Texts>();
    for (size_t i = 0; i < texts.size(); ++i) {
      const Encoding encoding = tokenizer->encode(texts[i], nullptr, 0, Offsets::Yes);
      json offsets = json::array();
      for (const Span& span : encoding.offsets) offsets.push_back({span.start, span.end});
      QVERIFY2(json(encoding.input_ids) == expected["ids"][i],
               (texts[i] + ": " + json(encoding.input_ids).dump()).c_str());
      QVERIFY2(offsets == expected["offsets"][i], (texts[i] + ": " + offsets.dump()).c_str());
      QCOMPARE(tokenizer->decode(encoding.input_ids, false), expected["decoded"][i].get<std::string>());
      QCOMPARE(tokenizer->encode(texts[i]).input_ids, encoding.input_ids);
      if (i + 1 == texts.size()) break;
      const std::string_view second = texts[i + 1];
      const Encoding pair = tokenizer->encode(texts[i], &second);
      QVERIFY2(json(pair.input_ids) == expected["pairs"][i], texts[i].c_str());
      QVERIFY2(json(pair.token_type_ids) == expected["type_ids"][i], texts[i].c_str());
    }
  }

  void published_models_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < golden_["real"].size(); ++i) {
      QTest::newRow(golden_["real"][i]["name"].get<std::string>().c_str()) << static_cast<int>(i);
    }
  }
  void published_models() {
    QFETCH(int, index);
    const json& expected = golden_["real"][static_cast<size_t>(index)];
    const Path source = shared_data() / "tokenizers" / expected["name"].get<std::string>();
    if (!std::filesystem::exists(source)) {
      QSKIP(("The published tokenizers are not part of the repository, and there is no " + source.string()).c_str());
    }
    for (const json& name : expected["files"]) {
      std::filesystem::create_symlink(source / name.get<std::string>(), folder() / name.get<std::string>());
    }
    check_digests(*Tokenizer::load(folder()), expected["digests"]);
    if (std::filesystem::exists(source / "tokenizer.json"))
      check_digests(*Tokenizer::load(source), expected["digests"]);
  }

  void tokenizer_json_wins() {
    write_files(small("bert"));
    QCOMPARE(read_tokenizer(folder()).path, folder() / "vocab.txt");
    write("tokenizer.json", R"({"model": {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}})");
    QCOMPARE(read_tokenizer(folder()).path, folder() / "tokenizer.json");
    QCOMPARE(Tokenizer::load(folder())->vocabulary_size(), int64_t{1});
  }

  void configuration() {
    write("tokenizer_config.json", R"({
      "tokenizer_class": "LlamaTokenizerFast", "bos_token": {"content": "<s>", "lstrip": true, "__type": "AddedToken"},
      "eos_token": "</s>", "pad_token": null, "add_bos_token": true, "add_eos_token": false, "legacy": false,
      "model_max_length": 4096, "chat_template": [{"name": "tool", "template": "T"}, {"name": "default", "template": "D"}],
      "added_tokens_decoder": {"7": {"content": "<x>", "special": true}, "9": {"content": "y", "rstrip": true}}})");
    write("special_tokens_map.json",
          R"({"eos_token": "<old>", "unk_token": "<unk>", "additional_special_tokens": ["<a>"]})");
    write("added_tokens.json", R"({"<z>": 8, "old": 9})");
    write("config.json", R"({"model_type": "llama"})");
    TokenizerConfig config = read_tokenizer_config(folder());
    QCOMPARE(config.tokenizer_class, std::string("LlamaTokenizer"));
    QCOMPARE(config.model_type, std::string("llama"));
    QCOMPARE(config.bos_token->content, std::string("<s>"));
    QVERIFY(config.bos_token->lstrip && !config.bos_token->rstrip);
    QCOMPARE(config.eos_token->content, std::string("</s>"));
    QCOMPARE(config.unk_token->content, std::string("<unk>"));
    QVERIFY(!config.pad_token);
    QVERIFY(config.add_bos_token == true && config.add_eos_token == false && config.legacy == false);
    QVERIFY(!config.add_prefix_space);
    QCOMPARE(config.model_max_length, int64_t{4096});
    QCOMPARE(config.chat_template, std::string("D"));
    QCOMPARE(config.additional_special_tokens.size(), size_t{1});
    QCOMPARE(config.added_tokens.size(), size_t{3});
    QVERIFY(config.added_tokens[7].special && !config.added_tokens[7].normalized);
    QCOMPARE(config.added_tokens[8].content, std::string("<z>"));
    QVERIFY(config.added_tokens[9].content == "y" && config.added_tokens[9].rstrip &&
            config.added_tokens[9].normalized);

    write("chat_template.jinja", "{{ J }}");
    write("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
    config = read_tokenizer_config(folder());
    QCOMPARE(config.chat_template, std::string("{{ J }}"));
    QCOMPARE(config.model_max_length, int64_t{0});
    QCOMPARE(config.eos_token->content, std::string("<old>"));
    QVERIFY(!config.add_bos_token);
  }

  void an_empty_folder_is_nothing() {
    init();
    const TokenizerConfig config = read_tokenizer_config(folder());
    QVERIFY(config.tokenizer_class.empty() && config.added_tokens.empty() && config.model_max_length == 0);
  }

  void base64() {
    for (const auto& [bytes, text] : {std::pair<const char*, const char*>{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foobar", "Zm9vYmFy"}}) {  // RFC 4648, section 10
      QCOMPARE(to_base64(bytes), std::string(text));
      QCOMPARE(from_base64(text).value(), std::string(bytes));
    }
    for (const char* text : {"Z", "Zg", "Zg=", "Z===", "Zm9v\n", "Zm9-", "=Zg="}) QVERIFY2(!from_base64(text), text);
  }

  void bad_files_data() {
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QByteArray>("complaint");
    const auto add = [](const char* name, const char* file, const std::string& content, const char* complaint) {
      QTest::newRow(name) << QByteArray(file) << QByteArray::fromStdString(content) << QByteArray(complaint);
    };
    const std::string piece = field(1, field(1, "a"));
    add("spm empty", "spm.model", "", "should have pieces, and there are none");
    add("spm cut short", "spm.model", piece.substr(0, piece.size() - 1),
        "not a SentencePiece model: the file holds 3 bytes where 2 are left before byte 2");
    add("spm huge length", "spm.model", "\x0A\xFF\xFF\xFF\xFF\x7F", "holds 34359738367 bytes where 0 are left");
    add("spm endless number", "spm.model", "\x0A" + std::string(11, '\xFF'), "a number of more than 10 bytes");
    add("spm group", "spm.model", "\x0B", "holds wire type 3 before byte 1");
    add("spm field 0", "spm.model", std::string("\x00\x00", 2), "a field of number 0");
    add("spm piece is a number", "spm.model", field(1, 5), "holds pieces of wire type 0");
    add("spm score is a text", "spm.model", field(1, field(2, "abcd")), "pieces holds score of wire type 2");
    add("spm piece is not UTF-8", "spm.model", field(1, field(1, "\xFF")), "pieces holds piece that is not UTF-8");
    add("spm of words", "spm.model", piece + field(2, field(3, 3)),
        "model_type should be 1 (unigram) or 2 (BPE), found 3");
    add("spm of the other kind", "spm.model", piece + field(2, field(3, 2)),
        "should be a unigram model for this family");
    add("spm unk_id", "spm.model", piece + field(2, field(40, 7)), "model.unk_id should be below 1");
    add("spm text", "spm.model", "<html>not found</html>", "not a SentencePiece model");
    add("xlm-roberta, too few", "sentencepiece.bpe.model", piece,
        "should have at least 3 pieces for this family, found 1");
    add("tiktoken rank", "tokenizer.model", "IQ== 0\nIg== x\n",
        "line 2 should be a token in base64, a space and its rank");
    add("tiktoken huge rank", "tokenizer.model", "IQ== 0\nIg== 99999999999\n", "line 2 should be");
    add("tiktoken negative rank", "tokenizer.model", "IQ== 0\nIg== -1\n", "line 2 should be");
    add("tiktoken base64", "tokenizer.model", "IQ== 0\nI 1\n", "line 2 should be");
    add("vocab.txt without unknown token", "vocab.txt", "[CLS]\n[SEP]\n",
        "should have a line for the unknown token [UNK]");
    add("vocab.txt empty", "vocab.txt", "", "should have a line for the unknown token [UNK]");
    add("vocab.txt not UTF-8", "vocab.txt", "[UNK]\n\xFF\n", "should be UTF-8 text, but is not at byte 6");
    add("merges", "merges.txt", "#version: 0.2\na b\na b c\n",
        "line 3 should be two tokens with a space between, found \"a b c\"");
    add("merge of unknown", "merges.txt", "a q\n", "model.merges[0] names \"q\", which is not in model.vocab");
    add("vocab.json no object", "vocab.json", "[]", "should be an object, found []");
    add("vocab.json no JSON", "vocab.json", "{\"a\"", "not valid JSON at line 1");
    add("vocab.json id", "vocab.json", R"({"a": -1})", "\"a\" should be a whole number from 0 to 16777215, found -1");
    add("vocab.json huge id", "vocab.json", R"({"a": 4294967296})",
        "\"a\" should be a whole number from 0 to 16777215");
    add("vocab.json unknown kind", "vocab.json", R"({"a": 0})", "no file beside it says which");
    add("configuration no object", "tokenizer_config.json", "3", "the file should be an object, found 3");
    add("configuration token", "tokenizer_config.json", R"({"bos_token": 3})", "bos_token should be a text, found 3");
    add("configuration flag", "tokenizer_config.json", R"({"legacy": "no"})",
        "legacy should be true or false, found \"no\"");
    add("configuration length", "tokenizer_config.json", R"({"model_max_length": -1})",
        "model_max_length should be a number of tokens");
    add("added id", "tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "a"}}})",
        "added_tokens_decoder[\"x\"] should be named by a token's id");
    add("huge added id", "tokenizer_config.json", R"({"added_tokens_decoder": {"16777216": {"content": "a"}}})",
        "added_tokens_decoder[\"16777216\"] should be named by a token's id");
    add("added list", "tokenizer_config.json", R"({"added_tokens_decoder": []})",
        "added_tokens_decoder should be an object");
    add("added_tokens.json", "added_tokens.json", R"({"a": 1.5})", "\"a\" should be a whole number");
    add("other class", "config.json", R"({"model_type": "t5"})",
        "a tokenizer of model type t5 can't be read from this file");
  }
  void bad_files() {
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, content);
    QFETCH(QByteArray, complaint);
    if (file == "merges.txt" || file == "vocab.json") {
      write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3})");
      write("merges.txt", "a b\n");
    } else if (!file.endsWith("model") && file != "vocab.txt") {
      write("spm.model", field(1, field(1, "a")));
    }
    write(file.toStdString(), content.toStdString());
    try {
      Tokenizer::load(folder());
      QFAIL("No error.");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::BadInput);
      QVERIFY2(QByteArray(error.what()).contains(complaint), error.what());
      QVERIFY2(QByteArray(error.what()).contains(folder().c_str()), error.what());
      QVERIFY2(!QByteArray(error.what()).contains('\n'), error.what());
    }
  }

  // Each byte of a model changed, and each length cut: an error or a tokenizer, never a crash.
  void damaged_models() {
    for (const char* name : {"llama", "deberta_v2", "llama3"}) {
      const json& files = small(name)["files"];
      const std::string file = files.begin().key();
      const std::string good = from_base64(files.begin().value().get<std::string>()).value();
      int refused = 0;
      for (size_t i = 0; i < good.size(); i += 1 + good.size() / 300) {
        for (const int change : {0, 1, 2}) {
          std::string bad = good;
          if (change == 0) bad.resize(i);
          if (change == 1) bad[i] = static_cast<char>(bad[i] ^ 0x80);
          if (change == 2) bad[i] = static_cast<char>(bad[i] + 1);
          init();
          write(file, bad);
          try {
            Tokenizer::load(folder())->encode("the cat sat é中");
          } catch (const Error& error) {
            QVERIFY2(QByteArray(error.what()).size() > 20, error.what());
            ++refused;
          }
        }
      }
      QVERIFY2(refused > 100, name);
    }
  }

 private:
  Path folder() const { return folder_->path().toStdString(); }
  void write(const std::string& name, const std::string& content) const { write_file(folder() / name, content); }

  const json& small(const std::string& name) const {
    for (const json& entry : golden_["small"]) {
      if (entry["name"] == name) return entry;
    }
    throw std::out_of_range(name);
  }
  void write_files(const json& entry) const {
    for (const auto& [name, content] : entry["files"].items()) {
      write(name, from_base64(content.get<std::string>()).value());
    }
  }

  static void check_digests(const Tokenizer& tokenizer, const json& digests) {
    for (const auto& [name, expected] : digests.items()) {
      const bool is_ours = name == "hostile.txt";
      const Path path = is_ours ? Path(MTLORA_TEST_DATA) / name : shared_data() / name;
      QVERIFY2(digest(tokenizer, first_lines(path, is_ours ? 1'000'000 : 3000)) == expected, name.c_str());
    }
  }

  std::unique_ptr<QTemporaryDir> folder_;
  json golden_;
};

QTEST_APPLESS_MAIN(TestTokenizerFiles)
#include "test_tokenizer_files.moc"
