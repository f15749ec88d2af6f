// The weights of a model folder: whole, in shards, from torch.save; mapped and not read.
#include "io/weights.h"

#include <ATen/ATen.h>
#include <unistd.h>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <fstream>

#include "base/error.h"
#include "base/json.h"
#include "engine/new_folders.h"
#include "io/safetensors.h"

using namespace mtlora;

namespace {

constexpr const char* shards_index = "model.safetensors.index.json";

int64_t anonymous_memory() {  // bytes, of this process
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stoll(line.substr(8)) * 1024;
  }
  return -1;
}

Error refusal(const Path& folder) {
  try {
    const Weights weights(folder);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::Internal, "it was opened");
}

bool says(const Error& error, ErrorCode code, const char* part) {
  const bool found = QString(error.what()).contains(part) && error.code() == code;
  if (!found) qWarning("%d %s", static_cast<int>(error.code()), error.what());
  return found;
}

}  // namespace

class TestWeights : public QObject {
  Q_OBJECT

  NewFolders folders_;
  Path new_folder() { return folders_.next(); }

  // "a.weight" [2, 3] of 0..5 and "b.weight" [4] of ones, each in a file of its own.
  Path sharded_folder() {
    const Path folder = new_folder();
    const std::vector<float> a{0, 1, 2, 3, 4, 5}, b{1, 1, 1, 1};
    const std::vector<std::string> files = write_model_safetensors(
        folder, {{"a.weight", "F32", {2, 3}}, {"b.weight", "F32", {4}}},
        [&](size_t i, const WriteBytes& write) { i == 0 ? write(a.data(), 24) : write(b.data(), 16); }, {}, 30);
    if (files.size() != 3) qFatal("expected two shards and an index");
    return folder;
  }
  static void change_index(const Path& folder, const std::string& tensor, const nlohmann::json& file) {
    nlohmann::json index = read_json(folder / shards_index);
    index["weight_map"][tensor] = file;
    write_file(folder / shards_index, index.dump());
  }

 private slots:
  void readsShards() {
    const Path folder = sharded_folder();
    const Weights weights(folder);
    QVERIFY((weights.names() == std::vector<std::string>{"a.weight", "b.weight"}));
    QVERIFY(weights.get("a.weight", {2, 3}).equal(at::arange(6, at::kFloat).view({2, 3})));
    QVERIFY(weights.get("b.weight", {4}).equal(at::ones({4})));
    QVERIFY(weights.get("model.b.weight", {4}).equal(at::ones({4})));
    QCOMPARE(weights.path().filename().string(), std::string(shards_index));
    uint64_t bytes = 0;
    for (const char* name : {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}) {
      bytes += std::filesystem::file_size(folder / name);
    }
    QCOMPARE(weights.bytes_on_disk(), bytes);
    QCOMPARE(weights.first_not_finite(), std::string());
  }

  void refusesBrokenShards() {
    Path folder = sharded_folder();
    std::filesystem::remove(folder / "model-00002-of-00002.safetensors");
    QVERIFY(says(refusal(folder), ErrorCode::File, "lacks the file 'model-00002-of-00002.safetensors'"));
    folder = sharded_folder();
    change_index(folder, "b.weight", "model-00001-of-00002.safetensors");
    QVERIFY(
        says(refusal(folder), ErrorCode::BadInput, "tensor 'b.weight' is in 'model-00001-of-00002.safetensors', but"));
    write_file(folder.parent_path() / "secret.safetensors", "x");
    for (const nlohmann::json& file :
         {nlohmann::json("../secret.safetensors"), nlohmann::json("/etc/passwd"), nlohmann::json(".."),
          nlohmann::json(""), nlohmann::json("a\\b"), nlohmann::json(std::string("a\0b", 3)), nlohmann::json(7)}) {
      change_index(folder, "b.weight", file);
      QVERIFY(says(refusal(folder), ErrorCode::BadInput, "no file of this folder"));
    }
    write_file(folder / shards_index, "{\"weight_map\": []}");
    QVERIFY(says(refusal(folder), ErrorCode::BadInput, "no weight_map"));
    write_file(folder / shards_index, "{");
    QVERIFY(says(refusal(folder), ErrorCode::BadInput, "not valid JSON"));
  }

  void readsTorchFilesWholeAndInShards() {
    const Path torch = Path(MTLORA_TEST_DATA) / "torch";
    const Path folder = new_folder();
    std::filesystem::copy_file(torch / "zip.bin", folder / "pytorch_model.bin");
    const Weights whole(folder);
    QCOMPARE(whole.dtype("half"), std::string("F16"));
    QVERIFY(whole.get("half", {3}).equal(at::tensor({1.0f, -2.0f, 0.5f})));
    QVERIFY(whole.get("shared.transposed", {6, 4}).equal((at::arange(24, at::kFloat) - 12).view({4, 6}).t()));
    QVERIFY(whole.get("shared.transposed", {6, 4}).is_contiguous());

    const Path shards = new_folder();
    std::filesystem::copy_file(torch / "legacy.bin", shards / "one.bin");
    std::filesystem::copy_file(torch / "mixed.bin", shards / "two.bin");
    write_file(shards / "pytorch_model.bin.index.json",
               R"({"metadata": {}, "weight_map": {"brain": "one.bin", "weight": "two.bin"}})");
    const Weights both(shards);
    QVERIFY((both.names() == std::vector<std::string>{"brain", "weight"}));
    QVERIFY(both.get("brain", {1, 3}).equal(at::tensor({1.0f, -2.0f, 3.0f}).view({1, 3})));
    QVERIFY(both.get("weight", {2}).equal(at::ones({2})));
  }

  // raw gives the file's dtype, without a copy.
  void rawIsMapped() {
    const Path folder = new_folder();
    const std::vector<uint16_t> brain{0x3F80, 0xC000, 0x4040};
    const float one = 1;
    write_safetensors(folder / "model.safetensors",
                      {{"brain", {"BF16", {3}, brain.data()}}, {"one", {"F32", {}, &one}}});
    const Weights weights(folder);
    const at::Tensor raw = weights.raw("brain", {3});
    QVERIFY(raw.scalar_type() == at::kBFloat16);
    QCOMPARE(raw.const_data_ptr(), weights.raw("brain", {3}).const_data_ptr());
    QVERIFY(weights.get("brain", {3}).equal(at::tensor({1.0f, -2.0f, 3.0f})));
    QCOMPARE(weights.get("one", {}).const_data_ptr(), weights.raw("one", {}).const_data_ptr());
    QVERIFY_EXCEPTION_THROWN(weights.raw("brain", {4}), Error);
    QVERIFY_EXCEPTION_THROWN(weights.raw("absent", {3}), Error);
    QVERIFY_EXCEPTION_THROWN(weights.shape("absent"), Error);
  }

  // For an export: every tensor, whatever its dtype and strides, in the order of rows.
  void givesTheBytesOfEveryTensor() {
    const Path folder = new_folder();
    std::filesystem::copy_file(Path(MTLORA_TEST_DATA) / "torch" / "zip.bin", folder / "pytorch_model.bin");
    const Weights weights(folder);
    const nlohmann::json expected = read_json(Path(MTLORA_TEST_DATA) / "torch" / "expected.json");
    const auto bytes_of = [&](const std::string& name) {
      std::string bytes;
      weights.write_bytes(name, [&](const void* data, size_t n) { bytes.append(static_cast<const char*>(data), n); });
      return bytes;
    };
    for (const std::string& name : weights.names()) {
      const auto values = expected.at(name).at("values").get<std::vector<double>>();
      const std::string bytes = bytes_of(name);
      QCOMPARE(bytes.size(), values.size() * size_of_dtype(weights.dtype(name)));
      if (weights.dtype(name) != "F32") continue;
      for (size_t i = 0; i < values.size(); ++i) {
        float value = 0;
        std::memcpy(&value, &bytes[4 * i], 4);
        QCOMPARE(static_cast<double>(value), values[i]);
      }
    }
    int64_t id = 0;
    std::memcpy(&id, &bytes_of("ids")[8], 8);
    QCOMPARE(id, int64_t{1} << 40);
  }

  void findsOlderAndShorterNames() {
    const Path folder = new_folder();
    const float one = 1;
    write_safetensors(folder / "model.safetensors", {{"encoder.LayerNorm.gamma", {"F32", {1}, &one}},
                                                     {"encoder.LayerNorm.beta", {"F32", {1}, &one}},
                                                     {"lm_head.weight", {"F32", {1}, &one}}});
    const Weights weights(folder);
    QCOMPARE(weights.find("bert.encoder.LayerNorm.weight"), std::string("encoder.LayerNorm.gamma"));
    QCOMPARE(weights.find("encoder.LayerNorm.bias"), std::string("encoder.LayerNorm.beta"));
    QCOMPARE(weights.find("lm_head.weight"), std::string("lm_head.weight"));
    QCOMPARE(weights.find("head.weight"), std::string());
  }

  void otherKindsAreRefusedWithAHint() {
    for (const auto& [file, what] : std::map<std::string, const char*>{{"model-q4.gguf", "GGUF"},
                                                                       {"tf_model.h5", "TensorFlow"},
                                                                       {"flax_model.msgpack", "Flax"},
                                                                       {"rust_model.ot", "Rust"},
                                                                       {"model.onnx", "ONNX"}}) {
      const Path folder = new_folder();
      write_file(folder / file, "GGUF");
      const Error in_folder = refusal(folder), alone = refusal(folder / file);
      QVERIFY(says(in_folder, ErrorCode::File, what) && says(in_folder, ErrorCode::File, file.c_str()));
      QVERIFY(says(alone, ErrorCode::BadInput, what));
      QVERIFY(in_folder.hint().find("model.safetensors") != std::string::npos && alone.hint() == in_folder.hint());
    }
    QVERIFY(says(refusal(new_folder()), ErrorCode::File, "holds no model.safetensors"));
    const Path partial = new_folder();
    std::filesystem::create_symlink("../blobs/absent", partial / "model.safetensors");
    QVERIFY(says(refusal(partial), ErrorCode::File, "not downloaded whole"));
  }

  void aFileThatIsCutShortIsAnError() {
    const Path folder = new_folder();
    const std::vector<float> values(100'000, 1);
    write_safetensors(folder / "model.safetensors", {{"w", {"F32", {100'000}, values.data()}}});
    const Weights weights(folder);
    weights.check();
    const at::Tensor mapped = weights.raw("w", {100'000});
    std::filesystem::resize_file(folder / "model.safetensors", 50'000);
    QVERIFY(mapped.sum().item<double>() < 100'000);  // no crash
    QVERIFY_EXCEPTION_THROWN(weights.check(), Error);
    QVERIFY_EXCEPTION_THROWN(weights.get("w", {100'000}), Error);
    QVERIFY_EXCEPTION_THROWN(weights.release(mapped), Error);
    QVERIFY_EXCEPTION_THROWN(weights.first_not_finite(), Error);
    // The system itself refuses to write what is gone; the error names the file that was cut, not the one written.
    FileWriter writer(folder / "out");
    try {
      weights.write_bytes("w", [&](const void* data, size_t n) { writer.write(data, n); });
      QFAIL("bytes that are gone were written");
    } catch (const Error& error) {
      QVERIFY2(QString(error.what()).contains("model.safetensors' was cut short"), error.what());
    }
  }

  void namesTheFirstValueThatIsNotFinite() {
    const Path folder = new_folder();
    const std::vector<uint16_t> half{0x3C00, 0x7C00};  // 1, infinity
    write_safetensors(folder / "model.safetensors", {{"h", {"F16", {2}, half.data()}}});
    QVERIFY(QString::fromStdString(Weights(folder).first_not_finite()).contains("model.safetensors', tensor 'h'"));
  }

  // A Llama of 7 billion parameters, with its real names and shapes, in a file without a written byte of weights.
  void sevenBillionParametersAreOpenedWithoutReading() {
    const Path folder = new_folder();
    std::map<std::string, std::vector<int64_t>> shapes = {
        {"lm_head.weight", {32000, 4096}}, {"model.embed_tokens.weight", {32000, 4096}}, {"model.norm.weight", {4096}}};
    for (int n = 0; n < 32; ++n) {
      const std::string layer = "model.layers." + std::to_string(n) + ".";
      for (const char* name : {"q", "k", "v", "o"}) shapes[layer + "self_attn." + name + "_proj.weight"] = {4096, 4096};
      shapes[layer + "mlp.gate_proj.weight"] = shapes[layer + "mlp.up_proj.weight"] = {11008, 4096};
      shapes[layer + "mlp.down_proj.weight"] = {4096, 11008};
      shapes[layer + "input_layernorm.weight"] = shapes[layer + "post_attention_layernorm.weight"] = {4096};
    }
    nlohmann::json header;
    int64_t end = 0;
    for (const auto& [name, shape] : shapes) {
      const int64_t begin = end;
      end += 2 * c10::multiply_integers(shape);
      header[name] = {{"dtype", "BF16"}, {"shape", shape}, {"data_offsets", {begin, end}}};
    }
    const std::string text = header.dump();
    std::string size(8, '\0');
    for (size_t i = 0; i < 8; ++i) size[i] = static_cast<char>(text.size() >> (8 * i));
    const Path file = folder / "model.safetensors";
    write_file(file, size + text);
    std::error_code error;
    std::filesystem::resize_file(file, 8 + text.size() + static_cast<uint64_t>(end), error);
    if (error) QSKIP("this disk makes no sparse file of 13 GB");

    const int64_t before = anonymous_memory();
    QElapsedTimer timer;
    timer.start();
    const Weights weights(folder);
    const std::vector<std::string> names = weights.names();
    int64_t parameters = 0;
    for (const std::string& name : names) parameters += c10::multiply_integers(weights.shape(name));
    const qint64 milliseconds = timer.elapsed();
    const int64_t grown = anonymous_memory() - before;
    qInfo("%lld parameters in %zu tensors: %lld ms, %lld KiB of anonymous memory", static_cast<long long>(parameters),
          names.size(), static_cast<long long>(milliseconds), static_cast<long long>(grown / 1024));
    QCOMPARE(names.size(), size_t{291});
    QCOMPARE(parameters, int64_t{6'738'415'616});
    QVERIFY(milliseconds < 1000);
    QVERIFY(before >= 0 && grown < int64_t{200} << 20);
    QVERIFY(weights.raw("model.layers.31.mlp.down_proj.weight", {4096, 11008}).slice(0, 0, 1).sum().item<float>() == 0);
  }
};

QTEST_APPLESS_MAIN(TestWeights)
#include "test_weights.moc"
