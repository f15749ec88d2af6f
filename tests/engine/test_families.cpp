// Every family against transformers: logits, loss and the gradients of A, B, C, D and the head, on tiny random models
// that exercise their options (tests/golden/make_families.py); one sequence or several a batch, with and without a
// key/value cache.
#include "api/api.h"
#include "base/error.h"
#include "engine/family_case.h"
#include "engine/message_of.h"
#include "eval/generate.h"
#include "text/tokenizer.h"

using namespace mtlora;

class TestFamilies : public QObject {
  Q_OBJECT

  Shown shown_;

 private slots:
  void everyFamilyHasCases() {
    const QDir folder(QString::fromStdString(families_data.string()));
    for (const Family& family : families()) {
      const QString type = QString::fromStdString(family.model_type);
      for (const char* kind : {"_classification", "_regression"}) {
        QVERIFY2(folder.exists(type + QLatin1String(kind)), qPrintable(type + QLatin1String(kind)));
      }
      if (family.writes_text) QVERIFY2(folder.exists(type + QStringLiteral("_causal")), qPrintable(type));
    }
  }

  void equalsTransformers_data() { family_cases(); }
  void equalsTransformers() {
    QFETCH(QString, name);
    const Case golden(name);
    const Adapted adapted(golden);
    const PackedBatch batch = golden.batch(golden.all());
    ForwardContext context;
    const at::Tensor logits = adapted.model->logits(batch, context);
    const double of_logits = relative(logits, golden.tensor("logits"));
    QVERIFY2(of_logits < 1e-4, qPrintable(QStringLiteral("logits differ by %1").arg(of_logits)));
    const at::Tensor loss = golden.loss(logits, batch);
    QVERIFY(relative(loss.detach().view({1}), golden.tensor("loss").view({1})) < 1e-4);
    shown_[golden.family()].insert("forward");
    if (golden.golden.at("task") == "classification") shown_[golden.family()].insert("classification");
    loss.backward();
    size_t compared = 0;
    for (const Trainable& trainable : adapted.set->trainables()) {
      const std::string key = trainable.key.substr(std::string("base_model.model.").size());
      QVERIFY2(golden.tensors.contains("grad." + key), qPrintable(QString::fromStdString(key)));
      QVERIFY2(trainable.tensor.grad().defined(), qPrintable(QString::fromStdString(key)));
      const double of_grad = relative(trainable.tensor.grad(), golden.tensor("grad." + key));
      QVERIFY2(of_grad < 1e-4, qPrintable(QStringLiteral("%1 differs by %2").arg(key.c_str()).arg(of_grad)));
      ++compared;
    }
    size_t gradients = 0;
    for (const auto& [key, entry] : golden.tensors.tensors()) gradients += key.starts_with("grad.");
    QCOMPARE(compared, gradients);
    shown_[golden.family()].insert("gradients");
  }

  void oneByOneEqualsTogether_data() { family_cases(); }
  void oneByOneEqualsTogether() {
    QFETCH(QString, name);
    const Case golden(name);
    const Adapted adapted(golden);
    const at::Tensor together = adapted.logits(golden.batch(golden.all()));
    int64_t row = 0;
    for (size_t i = 0; i < golden.examples.size(); ++i) {
      const at::Tensor alone = adapted.logits(golden.batch({i}));
      QVERIFY(relative(alone, together.slice(0, row, row + alone.size(0))) < 1e-5);
      row += alone.size(0);
    }
  }

  void baseEqualsTransformers_data() {
    family_cases([](const QString& name) { return name.contains(QStringLiteral("causal")); });
  }
  void baseEqualsTransformers() {
    QFETCH(QString, name);
    const Case golden(name);
    const auto model = load_model(golden.folder, golden.options());
    const at::NoGradGuard no_grad;
    ForwardContext context;
    QVERIFY(relative(model->logits(golden.batch(golden.all()), context), golden.tensor("base_logits")) < 1e-4);
  }

  void greedyEqualsTransformers_data() {
    family_cases([](const QString& name) { return name.contains(QStringLiteral("causal")); });
  }
  void greedyEqualsTransformers() {
    QFETCH(QString, name);
    const Case golden(name);
    const Adapted adapted(golden);
    std::vector<std::vector<int32_t>> prompts;
    for (const Example& example : golden.examples) prompts.push_back(example.input_ids);
    const TensorEntry& entry = golden.tensors.at("greedy");
    GenerationOptions options;
    options.max_new_tokens = entry.shape.at(1);
    const auto found = generate(*adapted.model, prompts, options, {});
    for (size_t s = 0; s < prompts.size(); ++s) {
      const auto* row = static_cast<const int64_t*>(entry.data) + static_cast<int64_t>(s) * entry.shape.at(1);
      const std::vector<int32_t> expected(row, row + entry.shape.at(1));
      QCOMPARE(found[s], expected);
    }
    shown_[golden.family()].insert("generation");
  }

  void readmeSaysWhatWasShown() {
    compare_with_readme(shown_, {"forward", "gradients", "classification", "generation"});
  }

  // The greedy text of 200 tokens that llama2.c publishes for stories260K (doc/stories260K.md, MIT).
  void storiesContinueAsPublished() {
    const Path folder = Path(MTLORA_SOURCE_DIR) / "resources" / "models" / "stories260K";
    LoadOptions options;
    options.task = ModelTask::CausalLm;
    const auto model = load_model(folder, options);
    const auto tokenizer = Tokenizer::load(folder);
    GenerationOptions greedy;
    greedy.max_new_tokens = 200;
    const std::vector<int32_t> ids = generate(*model, {tokenizer->encode("").input_ids}, greedy, {}).front();
    const std::string expected = read_file(Path(MTLORA_TEST_DATA) / "stories260K.txt");
    QCOMPARE(tokenizer->decode(ids, true), expected);
  }

  // A Llama of seven billion parameters, in a sparse file: its weights are mapped and not read.
  void sevenBillionOpenAtOnce() {
    QTemporaryDir folder;
    const Path path = folder.path().toStdString();
    const int64_t h = 4096, m = 11008, vocabulary = 32000, layers = 32;
    write_file(path / "config.json", json{{"model_type", "llama"},
                                          {"vocab_size", vocabulary},
                                          {"hidden_size", h},
                                          {"intermediate_size", m},
                                          {"num_hidden_layers", layers},
                                          {"num_attention_heads", 32},
                                          {"max_position_embeddings", 4096}}
                                         .dump());
    json header = json::object();
    int64_t bytes = 0, parameters = 0;
    const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
      int64_t count = 1;
      for (const int64_t size : shape) count *= size;
      header[name] = {{"dtype", "BF16"}, {"shape", shape}, {"data_offsets", {bytes, bytes + 2 * count}}};
      bytes += 2 * count;
      parameters += count;
    };
    add("model.embed_tokens.weight", {vocabulary, h});
    add("model.norm.weight", {h});
    add("lm_head.weight", {vocabulary, h});
    for (int64_t i = 0; i < layers; ++i) {
      const std::string name = "model.layers." + std::to_string(i) + ".";
      for (const char* part : {"q", "k", "v", "o"}) add(name + "self_attn." + part + "_proj.weight", {h, h});
      add(name + "mlp.gate_proj.weight", {m, h});
      add(name + "mlp.up_proj.weight", {m, h});
      add(name + "mlp.down_proj.weight", {h, m});
      add(name + "input_layernorm.weight", {h});
      add(name + "post_attention_layernorm.weight", {h});
    }
    QVERIFY(parameters > 6'700'000'000);
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const uint64_t length = text.size();
    std::string begin(reinterpret_cast<const char*>(&length), sizeof length);
    write_file(path / "model.safetensors", begin + text);
    std::filesystem::resize_file(path / "model.safetensors", begin.size() + text.size() + static_cast<uint64_t>(bytes));

    const auto anonymous_mib = [] {
      const QString status = QString::fromStdString(read_file("/proc/self/status"));
      return status.section(QStringLiteral("RssAnon:"), 1).section(QStringLiteral("kB"), 0, 0).trimmed().toLongLong() /
             1024;
    };
    const int64_t before = anonymous_mib();
    QElapsedTimer timer;
    timer.start();
    LoadOptions options;
    options.task = ModelTask::CausalLm;
    const auto model = load_model(path, options);
    QCOMPARE(model->linears().size(), size_t{7 * 32});
    QVERIFY2(timer.elapsed() < 1000, qPrintable(QStringLiteral("%1 ms").arg(timer.elapsed())));
    const int64_t taken = anonymous_mib() - before;
    QVERIFY2(taken < 200, qPrintable(QStringLiteral("%1 MiB").arg(taken)));
  }

  // Options that change the computation and are not supported are named, not ignored.
  void unsupportedOptionsAreRefused_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* name, const char* key, const char* value) {
      QTest::newRow(key) << QString::fromLatin1(name) << QString::fromLatin1(key) << QString::fromLatin1(value);
    };
    row("bert_regression", "position_embedding_type", "\"relative_key\"");
    row("roberta_regression", "is_decoder", "true");
    row("deberta-v2_regression", "pos_att_type", "[\"p2p\"]");
    row("modernbert_regression", "classifier_pooling", "\"max\"");
    row("gpt2_regression", "add_cross_attention", "true");
    row("llama_regression", "rope_scaling", "{\"rope_type\": \"yarn\", \"factor\": 4.0}");
    row("mistral_regression", "layer_types", "[\"full_attention\", \"sliding_attention\"]");
    row("qwen3_regression", "partial_rotary_factor", "0.5");
    row("gemma2_regression", "use_bidirectional_attention", "true");
    row("phi3_regression", "hidden_act", "\"mish\"");
    row("mistral_causal", "num_hidden_layers", "1099511627776");
    row("electra_regression", "num_attention_heads", "4294967296");
  }
  void unsupportedOptionsAreRefused() {
    QFETCH(QString, name);
    QFETCH(QString, key);
    QFETCH(QString, value);
    const Case golden(name);
    QTemporaryDir folder;
    const Path path = folder.path().toStdString();
    json config = json::parse(read_file(golden.folder / "config.json"));
    config[key.toStdString()] = json::parse(value.toStdString());
    write_file(path / "config.json", config.dump());
    std::filesystem::copy(golden.folder / "model.safetensors", path / "model.safetensors");
    try {
      load_model(path, golden.options());
      QFAIL("the option was ignored");
    } catch (const Error& error) {
      const QString message = QString::fromUtf8(error.what());
      const QString named = key == QStringLiteral("rope_scaling") ? QStringLiteral("rope_type") : key;
      QVERIFY2(message.contains(named), error.what());
    }
  }

  // Labels that do not exclude each other would be shown as a softmax, which says something else.
  void aHeadOfSeveralLabelsAtOnceIsRefused() {
    const Case golden(QStringLiteral("bert_regression"));
    QTemporaryDir folder;
    const Path path = folder.path().toStdString();
    json config = json::parse(read_file(golden.folder / "config.json"));
    config["problem_type"] = "multi_label_classification";
    write_file(path / "config.json", config.dump());
    std::filesystem::copy(golden.folder / "model.safetensors", path / "model.safetensors");
    write_file(path / "texts.txt", "a text\n");
    const std::string message =
        message_of([&] { logits_of_file(path.string(), "", path / "texts.txt", [](const TextLogits&) {}); });
    QVERIFY2(message.find("problem_type") != message.npos && message.find("multi_label") != message.npos,
             message.c_str());
  }
};

QTEST_APPLESS_MAIN(TestFamilies)
#include "test_families.moc"
