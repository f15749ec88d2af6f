// safetensors: files of the reference package read, our own read back, and every way to be malformed.
#include "io/safetensors.h"

#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <fstream>

#include "base/error.h"

using namespace mtlora;

namespace {

template <typename T>
std::vector<T> values_of(const TensorEntry& entry) {
  std::vector<T> values(entry.bytes / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), entry.data, entry.bytes);
  return values;
}

std::string with_size(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i));
  return bytes + header + data;
}

// The values that tests/golden/make_safetensors.py gives the reference package.
struct Reference {
  std::vector<float> weight{-1.0f, -0.5f, 0.0f, 0.5f, 1.0f, 1.5f};
  double scale = 0.1;
  std::vector<uint16_t> half{0x3C00, 0xC000, 0x3800};   // 1, −2, 0.5
  std::vector<uint16_t> brain{0x3F80, 0xC000, 0x4040};  // 1, −2, 3
  std::vector<int64_t> ids{-1, int64_t{1} << 40};
  std::vector<uint8_t> bytes{1, 2, 255}, flags{1, 0};
  std::map<std::string, std::string> metadata{{"format", "pt"}, {"title", "Größe \"α\"\n"}};

  std::map<std::string, TensorToWrite> tensors() const {
    return {{"layer.0.weight", {"F32", {2, 3}, weight.data()}},
            {"layer.0.scale", {"F64", {}, &scale}},
            {"half", {"F16", {3}, half.data()}},
            {"brain", {"BF16", {3}, brain.data()}},
            {"ids", {"I64", {2}, ids.data()}},
            {"bytes", {"U8", {3}, bytes.data()}},
            {"flags", {"BOOL", {2}, flags.data()}},
            {"empty", {"F32", {0, 5}, nullptr}}};
  }
};

void compare_with_reference(const SafetensorsFile& file) {
  const Reference expected;
  QCOMPARE(file.tensors().size(), size_t{8});
  for (const auto& [name, tensor] : expected.tensors()) {
    const TensorEntry& entry = file.at(name);
    QCOMPARE(entry.dtype, tensor.dtype);
    QVERIFY(entry.shape == tensor.shape);
    QVERIFY(entry.bytes == 0 || std::memcmp(entry.data, tensor.data, entry.bytes) == 0);
  }
  QCOMPARE(file.at("layer.0.weight").bytes, size_t{24});
  QVERIFY(values_of<float>(file.at("layer.0.weight")) == expected.weight);
  QVERIFY(file.metadata() == expected.metadata);
}

}  // namespace

class TestSafetensors : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  Path path(const char* name) const { return Path(folder_.path().toStdString()) / name; }

 private slots:
  void readsTheReferencePackagesFile() {
    compare_with_reference(SafetensorsFile(Path(MTLORA_TEST_DATA) / "safetensors" / "reference.safetensors"));
  }

  void readsBackWhatItWrote() {
    const Reference reference;
    const Path file = path("ours.safetensors");
    write_safetensors(file, reference.tensors(), reference.metadata);
    const SafetensorsFile read(file);
    compare_with_reference(read);
    for (const auto& [name, entry] : read.tensors()) {
      QVERIFY2(reinterpret_cast<uintptr_t>(entry.data) % size_of_dtype(entry.dtype) == 0, name.c_str());
    }
    QVERIFY(!std::filesystem::exists(file.string() + ".tmp"));
    const std::string first = read_file(file);
    write_safetensors(file, reference.tensors(), reference.metadata);
    QVERIFY(read_file(file) == first);
    // For make_safetensors.py --check, which reads it with the reference package.
    if (const char* keep = std::getenv("MTLORA_KEEP_SAFETENSORS")) write_file(keep, first);
  }

  void writesAndReadsNoTensors() {
    write_safetensors(path("none.safetensors"), {});
    QVERIFY(SafetensorsFile(path("none.safetensors")).tensors().empty());
  }

  void aMappedTensorOutlivesTheReader() {
    const Reference reference;
    write_safetensors(path("kept.safetensors"), reference.tensors());
    std::shared_ptr<const MappedFile> mapped;
    TensorEntry entry;
    {
      const SafetensorsFile file(path("kept.safetensors"));
      mapped = file.file();
      entry = file.at("ids");
    }
    QVERIFY(values_of<int64_t>(entry) == reference.ids);
  }

  void refusesMalformed_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");  // beside the name of the file
    const auto row = [](const char* name, const std::string& bytes, const char* says) {
      QTest::newRow(name) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size())) << QString(says);
    };
    const std::string eight(8, 'x');
    const std::string good = R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
    row("empty file", "", "truncated");
    row("seven bytes", "1234567", "truncated");
    row("header beyond the file", with_size(good, eight).substr(0, 40), "truncated");
    row("header over 100 MB", std::string("\xFF\xFF\xFF\x7F\0\0\0\0", 8) + "{}", "100 MB");
    row("header size overflows", std::string(8, '\xFF') + "{}", "100 MB");
    row("Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS");
    row("no header", with_size("", ""), "begin with '{'");
    row("header is a list", with_size("[1]", ""), "begin with '{'");
    row("leading space", with_size(" " + good, eight), "begin with '{'");
    row("broken JSON", with_size(R"({"w":{"dtype":)", eight), "not valid JSON");
    row("bytes after the JSON", with_size(good + "x", eight), "not valid JSON");
    row("invalid UTF-8", with_size("{\"\xFF\":{}}", ""), "not valid JSON");
    row("number out of range", with_size(R"({"w":{"dtype":"F32","shape":[1e999],"data_offsets":[0,8]}})", eight),
        "a number that can't be read");
    row("nested deep", with_size("{\"w\":" + std::string(100000, '['), ""), "nested too deep");
    row("nested objects", with_size(R"({"w":{"dtype":{"a":{}}}})", ""), "nested too deep");
    row("truncated data", with_size(good, "1234567"), "tensor 'w' ends at byte 8");
    row("bytes left over", with_size(good, eight + "y"), "1 bytes after the last tensor");
    row("hole at the start", with_size(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight),
        "tensor 'w' begins after a hole of 4 bytes");
    row("hole between",
        with_size(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                  R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
                  eight),
        "tensor 'b' begins after a hole");
    row("overlap",
        with_size(R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},)"
                  R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
                  eight),
        "tensor 'b' overlaps tensor 'a'");
    row("same bytes twice",
        with_size(R"({"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},)"
                  R"("b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}})",
                  eight),
        "overlaps");
    row("ends before it begins", with_size(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", eight),
        "tensor 'w' has data_offsets that end");
    row("negative offset", with_size(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}})", eight),
        "two whole numbers");
    row("three offsets", with_size(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}})", eight),
        "two whole numbers");
    row("offset beyond 64 bits",
        with_size(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551624]}})", eight),
        "two whole numbers");
    row("unknown dtype", with_size(R"({"w":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}})", eight),
        "tensor 'w' has the unknown dtype 'F33'");
    row("dtype is a number", with_size(R"({"w":{"dtype":32,"shape":[2],"data_offsets":[0,8]}})", eight), "dtype");
    row("size against shape", with_size(R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", eight),
        "tensor 'w' has 8 bytes, but shape [3] of F32 takes 12");
    row("negative shape", with_size(R"({"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight),
        "tensor 'w' has a negative dimension");
    row("shape of fractions", with_size(R"({"w":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", eight),
        "whole number");
    row("shape overflows",
        with_size(R"({"w":{"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,8]}})", eight),
        "too large to address");
    row("shape is a string", with_size(R"({"w":{"dtype":"F32","shape":"2","data_offsets":[0,8]}})", eight),
        "not a list");
    row("no shape", with_size(R"({"w":{"dtype":"F32","data_offsets":[0,8]}})", eight), "no 'shape'");
    row("no object", with_size(R"({"w":8})", eight), "tensor 'w' is not described");
    row("duplicate tensor",
        with_size(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                  R"("w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                  eight),
        "the key 'w' twice");
    row("duplicate key", with_size(R"({"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight),
        "the key 'dtype' twice");
    row("metadata of numbers", with_size(R"({"__metadata__":{"a":1}})", ""), "not a string at 'a'");
    row("metadata is a string", with_size(R"({"__metadata__":"a"})", ""), "__metadata__ is not an object");
    row("name with a line break", with_size("{\"a\\nb\":8}", ""), "tensor 'a?b'");
  }

  void refusesMalformed() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    const Path file = path("bad.safetensors");
    write_file(file, std::string_view(bytes.constData(), static_cast<size_t>(bytes.size())));
    try {
      const SafetensorsFile read(file);
      QFAIL("the file was read");
    } catch (const Error& error) {
      const QString message = QString::fromUtf8(error.what());
      QVERIFY2(error.code() == ErrorCode::BadInput, error.what());
      QVERIFY2(message.contains(says), error.what());
      QVERIFY2(message.contains("bad.safetensors"), error.what());
      QVERIFY2(!message.contains('\n'), error.what());
    }
  }

  // No prefix of a good file is taken for a whole one.
  void refusesEveryTruncation() {
    const std::string whole = read_file(Path(MTLORA_TEST_DATA) / "safetensors" / "reference.safetensors");
    for (size_t n = 0; n < whole.size(); ++n) {
      std::ofstream(path("cut.safetensors"), std::ios::binary).write(whole.data(), static_cast<std::streamsize>(n));
      QVERIFY_EXCEPTION_THROWN(SafetensorsFile(path("cut.safetensors")), Error);
    }
  }

  void saysWhatIsMissing() {
    try {
      SafetensorsFile(path("absent.safetensors"));
      QFAIL("a file that does not exist was read");
    } catch (const Error& error) {
      QVERIFY(error.code() == ErrorCode::File);
      QVERIFY2(QString(error.what()).contains("absent.safetensors"), error.what());
    }
    const SafetensorsFile file(Path(MTLORA_TEST_DATA) / "safetensors" / "reference.safetensors");
    try {
      file.at("layer.1.weight");
      QFAIL("a tensor that does not exist was found");
    } catch (const Error& error) {
      QVERIFY2(QString(error.what()).contains("reference.safetensors"), error.what());
      QVERIFY2(QString(error.what()).contains("'layer.1.weight'"), error.what());
    }
  }

  void refusesToWriteNonsense() {
    const float value = 0;
    const Path file = path("old.safetensors");
    write_file(file, "old");
    const auto write = [&](const std::string& name, const TensorToWrite& tensor) {
      write_safetensors(file, {{name, tensor}});
    };
    QVERIFY_EXCEPTION_THROWN(write("a", {"F33", {1}, &value}), Error);
    QVERIFY_EXCEPTION_THROWN(write("a", {"F32", {-1}, &value}), Error);
    QVERIFY_EXCEPTION_THROWN(write("a", {"F32", {INT64_MAX, 4}, &value}), Error);
    QVERIFY_EXCEPTION_THROWN(write("__metadata__", {"F32", {1}, &value}), Error);
    QVERIFY_EXCEPTION_THROWN(write("\xFF", {"F32", {1}, &value}), Error);
    QCOMPARE(QByteArray::fromStdString(read_file(file)), QByteArray("old"));
    QVERIFY_EXCEPTION_THROWN(write_safetensors(path("no folder/a.safetensors"), {}), Error);
  }
};

QTEST_APPLESS_MAIN(TestSafetensors)
#include "test_safetensors.moc"
