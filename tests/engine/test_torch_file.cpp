// torch.save's files: both forms equal PyTorch's values, and everything but tensors in plain containers is refused by
// name, with nothing run. Files: tests/golden/make_torch_files.py.
#include "io/torch_file.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json.h"
#include "io/weights.h"

using namespace mtlora;

namespace {

Path data(const std::string& name) { return Path(MTLORA_TEST_DATA) / "torch" / name; }

const std::map<std::string, std::string> torch_dtypes = {{"F32", "float32"},   {"F16", "float16"}, {"F64", "float64"},
                                                         {"BF16", "bfloat16"}, {"I64", "int64"},   {"BOOL", "bool"}};

std::string refusal(const Path& path) {
  try {
    const TorchFile file(path);
  } catch (const Error& error) {
    return error.code() == ErrorCode::BadInput ? error.what() : "another code";
  }
  return {};
}

std::string little(uint32_t value) {
  std::string bytes(4, '\0');
  for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  return bytes;
}
std::string text(const std::string& value) { return "X" + little(static_cast<uint32_t>(value.size())) + value; }
std::string number(int64_t value) {
  std::string bytes = "\x8a\x08";
  for (size_t i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// A file of the older form: one tensor "w" over a storage of `elements` floats.
std::string legacy_file(const std::string& offset, const std::string& size, const std::string& stride,
                        int64_t elements = 4, const std::string& raw = std::string(16, '\0')) {
  const std::string magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
  const std::string protocol("\x80\x02M\xe9\x03.", 6), facts("\x80\x02}.", 4);
  const std::string id =
      "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + number(elements) + "NtQ";
  const std::string object =
      "\x80\x02}" + text("w") + "ctorch._utils\n_rebuild_tensor_v2\n(" + id + offset + size + stride + "\x89NtRs.";
  const std::string keys = "\x80\x02]" + text("0") + "a.";
  return magic + protocol + facts + object + keys + number(elements).substr(2) + raw;
}
std::string tuple(const std::vector<int64_t>& numbers) {
  std::string bytes = "(";
  for (const int64_t n : numbers) bytes += number(n);
  return bytes + "t";
}

}  // namespace

class TestTorchFile : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  Path write(const std::string& bytes) const {
    const Path path = Path(folder_.path().toStdString()) / "made.bin";
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
  }

 private slots:
  void equalsPyTorch_data() {
    QTest::addColumn<QString>("file");
    for (const char* file : {"zip.bin", "legacy.bin", "protocol4.bin"}) QTest::newRow(file) << QString(file);
  }
  void equalsPyTorch() {
    QFETCH(QString, file);
    const nlohmann::json expected = read_json(data("expected.json"));
    const TorchFile torch(data(file.toStdString()));
    QCOMPARE(torch.tensors().size(), expected.size());
    for (const auto& [name, entry] : torch.tensors()) {
      const nlohmann::json& want = expected.at(name);
      QCOMPARE(torch_dtypes.at(entry.dtype), want.at("dtype").get<std::string>());
      QVERIFY2(entry.shape == want.at("shape").get<std::vector<int64_t>>(), name.c_str());
      const auto values = want.at("values").get<std::vector<double>>();
      QCOMPARE(entry.bytes, values.size() * size_of_dtype(entry.dtype));
      if (entry.dtype == "I64" || entry.dtype == "BOOL") continue;
      const at::Tensor tensor = tensor_of(entry, torch.file(), name).to(at::kDouble).contiguous();
      for (size_t i = 0; i < values.size(); ++i) QCOMPARE(tensor.const_data_ptr<double>()[i], values[i]);
    }
    const TensorEntry& ids = torch.tensors().at("ids");
    int64_t second = 0;
    std::memcpy(&second, static_cast<const char*>(ids.data) + 8, 8);
    QCOMPARE(second, int64_t{1} << 40);
  }

  // Views of one storage stay views: nothing is copied.
  void sharedStoragesStayShared() {
    const TorchFile torch(data("zip.bin"));
    const auto at = [&](const char* name) { return static_cast<const float*>(torch.tensors().at(name).data); };
    QCOMPARE(at("tied.weight"), at("plain.weight"));
    QCOMPARE(at("shared.rows"), at("shared.all") + 6);
    QCOMPARE(at("shared.column"), at("shared.all") + 2);
    QVERIFY((torch.tensors().at("shared.transposed").strides == std::vector<int64_t>{1, 6}));
    const auto bytes = torch.file()->bytes();
    const at::Tensor tensor = tensor_of(torch.tensors().at("shared.transposed"), torch.file(), "t");
    const auto* first = static_cast<const std::byte*>(tensor.const_data_ptr());
    QVERIFY(first >= bytes.data() && first < bytes.data() + bytes.size());
  }

  void passesOverWhatIsNoTensor() {
    const TorchFile torch(data("mixed.bin"));
    QCOMPARE(torch.tensors().size(), size_t{1});
    QVERIFY(torch.tensors().count("weight"));
  }

  void refusesByName_data() {
    QTest::addColumn<QString>("says");
    const auto row = [](const char* file, const char* says) { QTest::newRow(file) << QString(says); };
    row("refused_system.bin", "'posix.system'");
    row("refused_system_legacy.bin", "'posix.system'");
    row("refused_plain_pickle.bin", "'os.system'");
    row("refused_eval.bin", "'__builtin__.eval'");
    row("refused_sparse.bin", "'torch._utils._rebuild_sparse_tensor'");
    row("refused_complex.bin", "'torch.ComplexFloatStorage'");
    row("refused_module.bin", "'torch.nn.modules.linear.Linear'");
    row("refused_tensor.bin", "no dict of tensors");
    row("refused_newobj.bin", "NEWOBJ");
    row("refused_big_endian.bin", "byte order (big)");
    row("refused_legacy_big_endian.bin", "big-endian");
    row("refused_no_data.bin", "tensor 'weight' has no data");
    row("refused_short_storage.bin", "8 bytes, but the file holds 7");
    row("refused_compressed.bin", "compressed");
    row("refused_truncated_pickle.bin", "truncated");
  }
  void refusesByName() {
    QFETCH(QString, says);
    const std::string file = QTest::currentDataTag();
    const QString message = QString::fromStdString(refusal(data(file)));
    QVERIFY2(message.contains(says), qPrintable(message));
    QVERIFY2(message.contains(QString::fromStdString(file)), qPrintable(message));
    QVERIFY(!std::filesystem::exists("malicious-pickle-was-run"));
  }

  void checksTheGeometryOfATensor_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");  // "" : it is read
    const auto row = [](const char* name, const std::string& bytes, const char* says) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString(says);
    };
    const std::string zero = "K" + std::string(1, '\0');
    row("whole", legacy_file(zero, tuple({2, 2}), tuple({2, 1})), "");
    row("transposed", legacy_file(zero, tuple({2, 2}), tuple({1, 2})), "");
    row("last element", legacy_file(number(3), tuple({1}), tuple({1})), "");
    row("empty", legacy_file(number(4), tuple({0, 7}), tuple({7, 1})), "");
    row("one too far", legacy_file(number(1), tuple({2, 2}), tuple({2, 1})), "outside its storage");
    row("offset too far", legacy_file(number(4), tuple({1}), tuple({1})), "outside its storage");
    row("stride too far", legacy_file(zero, tuple({2}), tuple({4})), "outside its storage");
    row("negative offset", legacy_file(number(-1), tuple({1}), tuple({1})), "described wrongly");
    row("negative size", legacy_file(zero, tuple({-1}), tuple({1})), "no whole number");
    row("negative stride", legacy_file(zero, tuple({2}), tuple({-1})), "no whole number");
    row("strides missing", legacy_file(zero, tuple({2, 2}), tuple({2})), "another number of strides");
    row("offset overflows", legacy_file(number(INT64_MAX), tuple({2}), tuple({INT64_MAX})), "too large");
    row("stride overflows", legacy_file(zero, tuple({INT64_MAX}), tuple({INT64_MAX})), "too large");
    row("size overflows", legacy_file(zero, tuple({INT64_MAX, INT64_MAX}), tuple({0, 0})), "too large");
    row("repeated without end", legacy_file(zero, tuple({int64_t{1} << 40}), tuple({0})),
        "more often than can be read");
    row("storage beyond the file", legacy_file(zero, tuple({1}), tuple({1}), 5), "truncated");
    row("storage of 2^62 elements", legacy_file(zero, tuple({1}), tuple({1}), int64_t{1} << 62), "too large");
    row("negative storage", legacy_file(zero, tuple({1}), tuple({1}), -1), "no storage of a tensor");
    row("size of text", legacy_file(zero, "(" + text("2") + "t", tuple({1})), "no whole number");
    row("no tuple", legacy_file(zero, "N", tuple({1})), "no shape");
  }
  void checksTheGeometryOfATensor() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    const QString message = QString::fromStdString(refusal(write(bytes.toStdString())));
    QVERIFY2(says.isEmpty() ? message.isEmpty() : message.contains(says), qPrintable(message));
  }

  void brokenPicklesAreErrors_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("empty", "");
    row("nothing on the stack", "\x80\x02.");
    row("protocol 6", "\x80\x06N.");
    row("tuple without a mark", "\x80\x02t.");
    row("tuple of three from one", "\x80\x02N\x87.");
    row("pop through a mark", "\x80\x02N(0.");
    row("item of no list", "\x80\x02NNa.");
    row("key without a value", "\x80\x02}(Nu.");
    row("memo never kept", std::string("\x80\x02h\0.", 5));
    row("memo of nothing", std::string("\x80\x02q\0.", 5));
    row("call of no global", "\x80\x02N)R.");
    row("call without a tuple",
        "\x80\x02"
        "ccollections\nOrderedDict\nNR.");
    row("OrderedDict of a list",
        "\x80\x02"
        "ccollections\nOrderedDict\n(]tR.");
    row("global without an end",
        "\x80\x02"
        "c" +
            std::string(5000, 'a'));
    row("attributes of a list", "\x80\x02]}b.");
    row("bad opcode", "\x80\x02\xFF.");
    row("half a zip", "PK\x03\x04");
    row("Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
  }
  void brokenPicklesAreErrors() {
    QFETCH(QByteArray, bytes);
    const std::string message = refusal(write(bytes.toStdString()));
    QVERIFY2(message.find("made.bin") != std::string::npos, message.c_str());
  }

  // A container inside itself, and containers nested a million deep, neither loop nor overflow the stack.
  void strangePicklesEnd() {
    const std::string self = "\x80\x02}q" + std::string(1, '\0') + text("me") + "h" + std::string(1, '\0') + "s.";
    QVERIFY(!refusal(write(self)).empty());  // a pickle, but no checkpoint
    std::string deep = "\x80\x02)";
    deep += std::string(1'000'000, '\x85') + ".";
    QVERIFY(!refusal(write(deep)).empty());
    std::string many = "\x80\x02]";
    many += std::string(5'000'000, 'N') + ".";
    QVERIFY(refusal(write(many)).find("4 million") != std::string::npos);
  }

  void refusesEveryTruncation() {
    for (const char* name : {"zip.bin", "legacy.bin"}) {
      const std::string whole = read_file(data(name));
      for (size_t n = 0; n < whole.size(); n += n < 1000 ? 3 : 17) {
        QVERIFY2(!refusal(write(whole.substr(0, n))).empty(), qPrintable(QString("%1 of %2").arg(n).arg(name)));
      }
    }
  }
};

QTEST_APPLESS_MAIN(TestTorchFile)
#include "test_torch_file.moc"
