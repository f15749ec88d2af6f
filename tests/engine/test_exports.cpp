// What holds for the adapters of every family: they fold into PEFT's form, merge into the weights and come back from
// files without changing an answer, and never touch the base.
#include <algorithm>

#include "adapter/gguf_lora.h"
#include "adapter/merge.h"
#include "api/api.h"
#include "engine/family_case.h"
#include "engine/message_of.h"

using namespace mtlora;

namespace {

at::Tensor base_logits(Model& model, const PackedBatch& batch) {
  const at::NoGradGuard no_grad;
  ForwardContext context;
  return model.logits(batch, context);
}

}  // namespace

class TestExports : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  Shown shown_;
  Path in_folder(const QString& name) const { return folder_.filePath(name).toStdString(); }

 private slots:
  void peftFormAnswersTheSame_data() { family_cases(); }
  void peftFormAnswersTheSame() {
    QFETCH(QString, name);
    Case golden(name);
    const at::Tensor expected = Adapted(golden).logits(golden.batch(golden.all()));
    const Path folder = in_folder(name + QStringLiteral("-peft"));
    export_peft(golden.adapter, folder);
    golden.adapter = AdapterFolder(folder);
    QCOMPARE(golden.adapter.config.options.method, std::string("lora"));
    QVERIFY(relative(Adapted(golden, 9).logits(golden.batch(golden.all())), expected) < 1e-5);
    for (const auto& [key, entry] : golden.adapter.tensors.tensors()) {
      // Only the adapter's tensors and the head's.
      QVERIFY2(key.find(".lora_A.") != std::string::npos || key.find(".lora_B.") != std::string::npos ||
                   golden.tensors.contains("grad." + key.substr(std::string("base_model.model.").size())),
               key.c_str());
    }
    shown_[golden.family()].insert("peft");
  }

  void mergedAnswersTheSame_data() { family_cases(); }
  void mergedAnswersTheSame() {
    QFETCH(QString, name);
    const Case golden(name);
    const at::Tensor expected = Adapted(golden).logits(golden.batch(golden.all()));
    const Path folder = in_folder(name + QStringLiteral("-merged"));
    export_merged(golden.adapter, golden.folder, folder, {"auto", 5'000});  // several files
    const auto merged = load_model(folder, golden.options());
    QVERIFY(relative(base_logits(*merged, golden.batch(golden.all())), expected) < 1e-4);
    QVERIFY(std::filesystem::exists(folder / "model.safetensors.index.json"));
    QVERIFY(message_of([&] {
              export_merged(golden.adapter, folder, in_folder(name + QStringLiteral("-twice")));
            }).find("merged already") != std::string::npos);
  }

  void mergingDestroysNothing() {
    const Case golden(QStringLiteral("bert_classification"));
    const Path folder = in_folder(QStringLiteral("kept"));
    const auto refusal = [&](const Path& base, const Path& out) {
      return message_of([&] { export_merged(golden.adapter, base, out); });
    };
    export_merged(golden.adapter, golden.folder, folder);
    export_merged(golden.adapter, golden.folder, folder);  // an earlier one is replaced
    const std::string before = sha256_of_file(folder / "model.safetensors");
    write_file(folder / "model.gguf", "a person's own");
    std::string message = refusal(golden.folder, folder);
    QVERIFY2(message.find("model.gguf") != message.npos, message.c_str());
    std::filesystem::remove(folder / "model.gguf");
    Case other(QStringLiteral("bert_regression"));  // another adapter, trained on the merged model
    message = message_of([&] { export_merged(other.adapter, folder, folder); });
    QVERIFY2(message.find("trained on") != message.npos, message.c_str());
    QCOMPARE(sha256_of_file(folder / "model.safetensors"), before);

    // "folder/", as a shell completes it, from the run's own export.
    const Path native = in_folder(QStringLiteral("kept-native"));
    save_native(*Adapted(golden).set, golden.adapter.config, native);
    ExportOptions options;
    options.model = golden.folder.string();
    const Path slash = in_folder(QStringLiteral("slash")).string() + "/";
    for (int i = 0; i < 2; ++i) {
      const ExportResult result = export_adapter(native, "merged", slash, options);
      QVERIFY(std::filesystem::exists(result.folder / "model.safetensors"));
    }
  }

  // Every weight trained, lm_head and GPT-2's transposed ones, too: the merged folder answers as the run did.
  void modelsTrainedWholeAreMerged_data() {
    family_cases([](const QString& name) { return name.endsWith(QStringLiteral("causal")); });
  }
  void modelsTrainedWholeAreMerged() {
    QFETCH(QString, name);
    const Case golden(name);
    const PackedBatch batch = golden.batch(golden.all());
    AdapterOptions options;
    options.method = "full";
    const auto model = load_model(golden.folder, golden.options());
    const auto set = AdapterSet::attach(*model, options, 5);
    ForwardContext context;
    golden.loss(model->logits(batch, context), batch).backward();
    {
      const at::NoGradGuard no_grad;
      for (const Trainable& trainable : set->trainables()) {
        QVERIFY2(trainable.tensor.grad().defined(), trainable.key.c_str());
        at::Tensor values = trainable.tensor;
        values += 0.05 * at::rand_like(values);
      }
    }
    const at::Tensor expected = base_logits(*model, batch);
    AdapterConfig config;
    config.language_model = true;
    const Path native = in_folder(name + QStringLiteral("-full")), merged = in_folder(name + QStringLiteral("-whole"));
    save_native(*set, config, native);
    export_merged(AdapterFolder(native), golden.folder, merged);
    QVERIFY(relative(base_logits(*load_model(merged, golden.options()), batch), expected) < 1e-5);
  }

  void filesComeBackUnderAnotherSeed_data() { family_cases(); }
  void filesComeBackUnderAnotherSeed() {
    QFETCH(QString, name);
    Case golden(name);
    const Adapted adapted(golden);
    const at::Tensor expected = adapted.logits(golden.batch(golden.all()));
    const Path folder = in_folder(name + QStringLiteral("-native"));
    save_native(*adapted.set, golden.adapter.config, folder);
    golden.adapter = AdapterFolder(folder);
    QVERIFY(at::equal(Adapted(golden, 77).logits(golden.batch(golden.all())), expected));
  }

  void switchedOffIsTheBase_data() { family_cases(); }
  void switchedOffIsTheBase() {
    QFETCH(QString, name);
    const Case golden(name);
    const PackedBatch batch = golden.batch(golden.all());
    const auto untouched = load_model(golden.folder, golden.options());
    const at::Tensor base = base_logits(*untouched, batch);

    const Adapted first(golden);
    const at::Tensor with_first = base_logits(*first.model, batch);
    QVERIFY(!at::equal(with_first, base));
    first.set->switch_off();
    QVERIFY(at::equal(base_logits(*first.model, batch), base));

    // Another adapter on the same base, and the first again.
    AdapterOptions options = golden.adapter.config.options;
    options.method = "lora";
    const auto second = AdapterSet::attach(*first.model, options, 3);
    {
      const at::NoGradGuard no_grad;
      for (const Trainable& trainable : second->trainables()) at::Tensor(trainable.tensor).add_(0.1);
    }
    QVERIFY(!at::equal(base_logits(*first.model, batch), base));
    second->switch_off();
    first.set->switch_on();
    QVERIFY(at::equal(base_logits(*first.model, batch), with_first));
  }

  void trainingLeavesTheBaseAsItWas_data() { family_cases(); }
  void trainingLeavesTheBaseAsItWas() {
    QFETCH(QString, name);
    const Case golden(name);
    const PackedBatch batch = golden.batch(golden.all());
    const Adapted adapted(golden);
    ForwardContext context;
    context.training = true;
    golden.loss(adapted.model->logits(batch, context), batch).backward();
    const at::NoGradGuard no_grad;
    for (const Trainable& trainable : adapted.set->trainables()) {
      at::Tensor(trainable.tensor).sub_(trainable.tensor.grad(), 0.5);
    }
    adapted.set->switch_off();
    const auto untouched = load_model(golden.folder, golden.options());
    QVERIFY(at::equal(base_logits(*adapted.model, batch), base_logits(*untouched, batch)));
  }

  void whatIsNotFiniteIsNotMerged() {
    Case golden(QStringLiteral("llama_causal"));
    const Adapted adapted(golden);
    {
      const at::NoGradGuard no_grad;
      adapted.set->adapters().front()->b[0][0] = std::nan("");
    }
    const Path folder = in_folder(QStringLiteral("nan"));
    save_native(*adapted.set, golden.adapter.config, folder);
    const AdapterFolder source(folder);
    QVERIFY(message_of([&] {
              export_merged(source, golden.folder, in_folder(QStringLiteral("nan-merged")));
            }).find("expected finite values") != std::string::npos);
    QVERIFY(message_of([&] {
              export_peft(source, in_folder(QStringLiteral("nan-peft")));
            }).find("expected finite values") != std::string::npos);
    QVERIFY(!std::filesystem::exists(in_folder(QStringLiteral("nan-merged"))));
  }

  // Adapters that peft made (tests/golden/make_peft_variants.py) answer as they do there, go on being trained, and come
  // out of an export as they went in.
  void peftVariantsAnswerAsInPeft_data() {
    QTest::addColumn<QString>("variant");
    const QDir folder(QString::fromStdString((Path(MTLORA_TEST_DATA) / "peft").string()));
    for (const QString& name : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
      QTest::newRow(qPrintable(name)) << name;
    }
  }
  void peftVariantsAnswerAsInPeft() {
    QFETCH(QString, variant);
    const Path source = Path(MTLORA_TEST_DATA) / "peft" / variant.toStdString();
    const json golden_logits = json::parse(read_file(source / "golden.json"));
    Case golden(QString::fromStdString(golden_logits.at("case").get<std::string>()));
    golden.adapter = AdapterFolder(source);
    const auto rows = golden_logits.at("logits").get<std::vector<std::vector<double>>>();
    std::vector<at::Tensor> parts;
    for (const auto& row : rows) parts.push_back(at::tensor(row, at::kDouble));
    const at::Tensor expected = at::stack(parts);
    const PackedBatch batch = golden.batch(golden.all());
    const Adapted adapted(golden);
    QVERIFY(relative(adapted.logits(batch), expected) < 1e-5);

    ForwardContext context;
    golden.loss(adapted.model->logits(batch, context), batch).backward();
    for (const Trainable& trainable : adapted.set->trainables()) {
      QVERIFY2(trainable.tensor.grad().defined(), trainable.key.c_str());
    }

    const Path merged = in_folder(variant + QStringLiteral("-variant-merged"));
    export_merged(golden.adapter, golden.folder, merged);
    QVERIFY(relative(base_logits(*load_model(merged, golden.options()), batch), expected) < 1e-4);
    const Path again = in_folder(variant + QStringLiteral("-variant-peft"));
    export_peft(golden.adapter, again);
    golden.adapter = AdapterFolder(again);
    QVERIFY(relative(Adapted(golden, 5).logits(batch), expected) < 1e-5);
  }

  // A LoRA of PEFT's goes on as an MTLoRA whose T starts at the identity.
  void peftLoraGoesOnAsMtlora() {
    const Path source = Path(MTLORA_TEST_DATA) / "peft" / "one_layer";
    Case golden(QStringLiteral("llama_causal"));
    golden.adapter = AdapterFolder(source);
    const PackedBatch batch = golden.batch(golden.all());
    const at::Tensor expected = Adapted(golden).logits(batch);
    for (const Method& method : methods()) {
      AdapterOptions options = golden.adapter.config.options;
      options.method = method.name;
      const auto model = load_model(golden.folder, golden.options());
      const auto set = AdapterSet::attach(*model, options, 3);
      start_from(*set, golden.adapter);
      QVERIFY2(relative(base_logits(*model, batch), expected) < 1e-5, method.name.c_str());
    }
  }

  // GPT-2's c_attn by its parts: q and v, with one T that mixes them.
  void splitFusedLayers_data() {
    QTest::addColumn<QString>("method");
    for (const Method& method : methods()) QTest::newRow(method.name.c_str()) << QString::fromStdString(method.name);
  }
  void splitFusedLayers() {
    QFETCH(QString, method);
    Case golden(QStringLiteral("gpt2_causal"));
    const PackedBatch batch = golden.batch(golden.all());
    AdapterOptions options;
    options.method = method.toStdString();
    options.r = 2;
    options.target_modules = {{"c_attn.q", "c_attn.v"}, ""};
    options.split_fused = true;
    const auto model = load_model(golden.folder, golden.options());
    const at::Tensor base = base_logits(*model, batch);
    const auto set = AdapterSet::attach(*model, options, 5);
    const Adapter& adapter = *set->adapters().front();
    const int64_t hidden = adapter.a.size(1);
    QCOMPARE(adapter.a.sizes(), at::IntArrayRef({4, hidden}));
    QCOMPARE(adapter.b.sizes(), at::IntArrayRef({2 * hidden, 2}));
    QVERIFY(at::equal(base_logits(*model, batch), base));  // B is zero
    {
      const at::NoGradGuard no_grad;
      RandomStream random(1, 2);
      for (const Trainable& trainable : set->trainables()) {
        at::Tensor values = trainable.tensor;
        for (int64_t i = 0; i < values.numel(); ++i) values.view({-1})[i] += 0.3 * random.normal();
      }
      // The keys' rows have no B; q's rows read the first two of the four inner values, v's the last two.
      const at::Tensor whole = adapter.whole_b();
      QVERIFY(at::equal(whole.slice(0, 0, hidden).slice(1, 0, 2), adapter.b.slice(0, 0, hidden)));
      QVERIFY(at::equal(whole.slice(0, 2 * hidden).slice(1, 2), adapter.b.slice(0, hidden)));
      QCOMPARE(whole.count_nonzero().item<int64_t>(), adapter.b.count_nonzero().item<int64_t>());
    }
    const at::Tensor expected = base_logits(*model, batch);

    AdapterConfig config;
    config.language_model = true;
    const Path native = in_folder(QStringLiteral("split-") + method);
    save_native(*set, config, native);
    golden.adapter = AdapterFolder(native);
    QVERIFY(at::equal(base_logits(*Adapted(golden, 3).model, batch), expected));

    const Path peft = in_folder(QStringLiteral("split-peft-") + method);
    export_peft(golden.adapter, peft);
    const Path merged = in_folder(QStringLiteral("split-merged-") + method);
    export_merged(golden.adapter, golden.folder, merged);
    QVERIFY(relative(base_logits(*load_model(merged, golden.options()), batch), expected.to(at::kDouble)) < 1e-4);
    golden.adapter = AdapterFolder(peft);
    QCOMPARE(golden.adapter.config.options.rank_pattern.size(), size_t{2});
    QVERIFY(relative(Adapted(golden, 4).logits(batch), expected.to(at::kDouble)) < 1e-5);
  }
};

QTEST_APPLESS_MAIN(TestExports)
#include "test_exports.moc"
