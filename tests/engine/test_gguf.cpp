// GGUF: files equal to those of the gguf package's own writer, and LoRA adapters as llama.cpp names and orders them.
#include "io/gguf.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>
#include <QTest>

#include "adapter/gguf_lora.h"
#include "base/error.h"

using namespace mtlora;

namespace {

constexpr int64_t heads = 4, kv_heads = 2, head_dim = 4, hidden = 8, intermediate = 12, layers = 2, vocabulary = 10,
                  r = 2;

// As tests/golden/make_gguf.py.
at::Tensor values(at::IntArrayRef shape, int64_t seed) {
  const at::Tensor i = at::arange(c10::multiply_integers(shape), at::kLong);
  return ((i * 7 + seed).remainder(13) - 6).to(at::kFloat).div(4).reshape(shape);
}

std::map<std::string, LoraPair> modules_of(const std::string& family) {
  std::map<std::string, std::pair<int64_t, int64_t>> sizes;  // in, out
  const int64_t q = heads * head_dim, kv = kv_heads * head_dim;
  for (int64_t n = 0; n < layers; ++n) {
    const std::string layer = "model.layers." + std::to_string(n) + ".";
    sizes[layer + "self_attn.o_proj"] = {q, hidden};
    sizes[layer + "mlp.down_proj"] = {intermediate, hidden};
    if (family == "phi3") {
      sizes[layer + "self_attn.qkv_proj"] = {hidden, q + 2 * kv};
      sizes[layer + "mlp.gate_up_proj"] = {hidden, 2 * intermediate};
    } else {
      sizes[layer + "self_attn.q_proj"] = {hidden, q};
      sizes[layer + "self_attn.k_proj"] = sizes[layer + "self_attn.v_proj"] = {hidden, kv};
      sizes[layer + "mlp.gate_proj"] = sizes[layer + "mlp.up_proj"] = {hidden, intermediate};
    }
  }
  if (family != "gemma2") sizes["lm_head"] = {hidden, vocabulary};
  std::map<std::string, LoraPair> modules;
  int64_t seed = 0;
  for (const auto& [name, size] : sizes) {
    modules[name] = {values({r, size.first}, seed), values({size.second, r}, seed + 1)};
    seed += 2;
  }
  return modules;
}

QByteArray bytes_of(const Path& path) { return QByteArray::fromStdString(read_file(path)); }

}  // namespace

class TestGguf : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  Path path(const std::string& name) const { return Path(folder_.path().toStdString()) / name; }

  ModelConfig config_of(const std::string& family) const {
    make_folder(path(family));
    write_file(path(family) / "config.json", "{\"model_type\": \"" + family +
                                                 "\", \"num_hidden_layers\": 2, \"num_attention_heads\": 4, "
                                                 "\"num_key_value_heads\": 2}");
    return ModelConfig(path(family));
  }

  // What the error says, or "" where there is none.
  static QString refusal(const std::function<void()>& run) {
    try {
      run();
    } catch (const Error& error) {
      return error.code() == ErrorCode::BadInput ? error.what() : "another code";
    }
    return {};
  }

 private slots:
  void writesEveryTypeAsTheGgufPackageDoes() {
    const at::Tensor one = values({3}, 1), half = values({2, 5}, 2).to(at::kHalf), three = values({2, 3, 4}, 3);
    write_gguf(path("values.gguf"),
               {{"general.architecture", std::string("llama")},
                {"a.uint32", uint32_t{4'000'000'000}},
                {"a.int32", int32_t{-5}},
                {"a.uint64", (uint64_t{1} << 63) + 1},
                {"a.int64", -(int64_t{1} << 40)},
                {"a.float32", 0.1f},
                {"a.float64", 0.1},
                {"a.bool", true},
                {"a.string", std::string("Größe α")}},
               {{"one", "F32", {3}, one.const_data_ptr()},
                {"half", "F16", {2, 5}, half.const_data_ptr()},
                {"three", "F32", {2, 3, 4}, three.const_data_ptr()}});
    QCOMPARE(bytes_of(path("values.gguf")), bytes_of(Path(MTLORA_TEST_DATA) / "gguf" / "values.gguf"));
    QVERIFY(!std::filesystem::exists(path("values.gguf.tmp")));
  }

  void writesAnAdapterOfEachFamily_data() {
    QTest::addColumn<QString>("family");
    for (const std::string& family : gguf_families()) QTest::newRow(family.c_str()) << QString::fromStdString(family);
  }
  void writesAnAdapterOfEachFamily() {
    QFETCH(QString, family);
    const std::string name = family.toStdString();
    const Path file = path(name + ".gguf");
    export_gguf_lora(file, config_of(name), modules_of(name), 16);
    QCOMPARE(bytes_of(file), bytes_of(Path(MTLORA_TEST_DATA) / "gguf" / (name + ".gguf")));
  }

  void halfIsHalfTheBytes() {
    export_gguf_lora(path("whole.gguf"), config_of("qwen2"), modules_of("qwen2"), 16, "an adapter");
    export_gguf_lora(path("half.gguf"), config_of("qwen2"), modules_of("qwen2"), 16, "an adapter", true);
    QVERIFY(bytes_of(path("whole.gguf")).contains("an adapter"));
    QVERIFY(bytes_of(path("half.gguf")).size() < bytes_of(path("whole.gguf")).size());
  }

  void refusesWhatLlamaCppHasNoPlaceFor() {
    const LoraPair pair{values({r, hidden}, 0), values({hidden, r}, 1)};
    const auto write = [&](const std::string& family, const std::string& module, const LoraPair& lora) {
      return refusal([&] { export_gguf_lora(path("refused.gguf"), config_of(family), {{module, lora}}, 16); });
    };
    QVERIFY(write("bert", "bert.pooler.dense", pair).contains("adapters of bert"));
    QVERIFY(write("llama", "score", pair).contains("'score'"));
    QVERIFY(write("gemma2", "lm_head", pair).contains("'lm_head'"));
    QVERIFY(write("llama", "model.layers.2.mlp.up_proj", pair).contains("'model.layers.2.mlp.up_proj'"));
    QVERIFY(write("llama", "model.layers.0.self_attn.qkv_proj", pair).contains("qkv_proj"));
    QVERIFY(write("phi3", "model.layers.0.self_attn.q_proj", pair).contains("q_proj"));
    QVERIFY(write("llama", "model.layers..mlp.up_proj", pair).contains("no place"));
    QVERIFY(
        write("llama", "model.layers.0.mlp.up_proj", {pair.a, values({hidden, r + 1}, 1)}).contains("fit together"));
    QVERIFY(write("llama", "model.layers.0.self_attn.q_proj", {pair.a, values({9, r}, 1)}).contains("9 rows"));
    const LoraPair infinite{pair.a, at::full({hidden, r}, INFINITY)};
    QVERIFY(write("llama", "model.layers.0.mlp.up_proj", infinite).contains("finite"));
    QVERIFY(
        refusal([&] { export_gguf_lora(path("refused.gguf"), config_of("llama"), {}, 16); }).contains("no modules"));
    QVERIFY(!std::filesystem::exists(path("refused.gguf")));
  }

  void refusesToWriteNonsense() {
    const float value = 1;
    const auto write = [&](const std::vector<std::pair<std::string, GgufValue>>& keys,
                           const std::vector<GgufTensor>& tensors) {
      return refusal([&] { write_gguf(path("bad.gguf"), keys, tensors); });
    };
    QVERIFY(write({{"a", true}, {"a", false}}, {}).contains("'a'"));
    QVERIFY(write({{"\xFF", true}}, {}).contains("UTF-8"));
    QVERIFY(write({{"a", std::string("\xFF")}}, {}).contains("UTF-8"));
    QVERIFY(write({}, {{"t", "BF16", {1}, &value}}).contains("F32"));
    QVERIFY(write({}, {{"t", "F32", {1}, &value}, {"t", "F32", {1}, &value}}).contains("twice"));
    QVERIFY(write({}, {{std::string(64, 't'), "F32", {1}, &value}}).contains("63"));
    QVERIFY(write({}, {{"t", "F32", {}, &value}}).contains("dimensions"));
    QVERIFY(write({}, {{"t", "F32", {1, 1, 1, 1, 1}, &value}}).contains("dimensions"));
    QVERIFY(write({}, {{"t", "F32", {INT64_MAX, 4}, &value}}).contains("too large"));
    QVERIFY(!std::filesystem::exists(path("bad.gguf")));
  }
};

QTEST_APPLESS_MAIN(TestGguf)
#include "test_gguf.moc"
