// Every family against transformers: logits, loss and the gradients of A, B, C, D and the head, on tiny random models
// that exercise their options (tests/golden/make_families.py); one sequence or several a batch, with and without a
// key/value cache.
#include "engine/family_case.h"
#include "eval/generate.h"

using namespace mtlora;

class TestFamilies : public QObject {
  Q_OBJECT
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
    GenerateOptions options;
    options.max_new_tokens = entry.shape.at(1);
    const auto found = generate_greedy(*adapted.model, prompts, options);
    for (size_t s = 0; s < prompts.size(); ++s) {
      const auto* row = static_cast<const int64_t*>(entry.data) + static_cast<int64_t>(s) * entry.shape.at(1);
      const std::vector<int32_t> expected(row, row + entry.shape.at(1));
      QCOMPARE(found[s], expected);
    }
  }
};

QTEST_APPLESS_MAIN(TestFamilies)
#include "test_families.moc"
