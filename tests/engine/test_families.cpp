// Every family against transformers: logits, loss and the gradients of A, B, C, D and the head, on tiny random models
// that exercise their options (tests/golden/make_families.py); one sequence or several a batch, with and without a
// key/value cache.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <QtTest>

#include "adapter/adapter_files.h"
#include "base/error.h"
#include "data/loader.h"
#include "eval/generate.h"
#include "io/weights.h"
#include "model/model.h"
#include "model/registry.h"
#include "ops/loss.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const Path families_data = Path(MTLORA_TEST_DATA) / "families";

struct Case {
  Path folder;
  json golden;
  SafetensorsFile tensors;
  AdapterFolder adapter;
  std::vector<Example> examples;

  explicit Case(const QString& name)
      : folder(families_data / name.toStdString()),
        golden(json::parse(read_file(folder / "golden.json"))),
        tensors(folder / "golden.safetensors"),
        adapter(folder / "adapter") {
    for (size_t i = 0; i < golden.at("sequences").size(); ++i) {
      Example example;
      example.input_ids = golden.at("sequences")[i].get<std::vector<int32_t>>();
      example.token_type_ids.assign(example.input_ids.size(), 0);
      if (golden.at("token_type_ids").is_array()) {
        example.token_type_ids = golden.at("token_type_ids")[i].get<std::vector<int32_t>>();
      }
      if (golden.at("labels").is_array()) example.label = golden.at("labels")[i].get<float>();
      examples.push_back(std::move(example));
    }
  }

  bool writes_text() const { return golden.at("task") == "causal_lm"; }
  bool regression() const { return golden.at("task") == "regression"; }

  at::Tensor tensor(const std::string& name) const {
    return tensor_of(tensors.at(name), tensors.file(), name).to(at::kDouble);
  }

  LoadOptions options() const {
    LoadOptions options;
    options.task = writes_text() ? ModelTask::CausalLm : ModelTask::Classification;
    if (!writes_text()) options.num_labels = adapter.num_labels();
    return options;
  }

  PackedBatch batch(const std::vector<size_t>& indices) const {
    return pack(examples, indices, regression(), 0, at::kCPU);
  }

  std::vector<size_t> all() const {
    std::vector<size_t> indices(examples.size());
    std::iota(indices.begin(), indices.end(), size_t{0});
    return indices;
  }

  at::Tensor loss(const at::Tensor& logits, const PackedBatch& batch) const {
    if (regression()) return mean_squared_error(logits, batch.labels);
    return cross_entropy(logits, writes_text() ? next_tokens(batch) : batch.labels);
  }

  // The label of each row: the token that follows in its sequence, −100 behind the last.
  static at::Tensor next_tokens(const PackedBatch& batch) {
    at::Tensor labels = at::cat({batch.input_ids.slice(0, 1), at::full({1}, -100, at::kLong)});
    labels.index_fill_(0, batch.cu_seqlens.slice(0, 1).to(at::kLong) - 1, -100);
    return labels;
  }
};

struct Adapted {
  std::unique_ptr<Model> model;
  std::unique_ptr<AdapterSet> set;
  explicit Adapted(const Case& of, uint64_t seed = 0) : model(load_model(of.folder, of.options())) {
    set = AdapterSet::attach(*model, of.adapter.config.options, seed);
    load_into(*set, of.adapter);
  }
  at::Tensor logits(const PackedBatch& batch) const {
    const at::NoGradGuard no_grad;
    ForwardContext context;
    return model->logits(batch, context).to(at::kDouble);
  }
};

// The largest difference as a share of the largest golden value.
double relative(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return 1e9;
  const double scale = expected.abs().max().item<double>();
  return (found.to(at::kDouble) - expected).abs().max().item<double>() / std::max(scale, 1e-12);
}

}  // namespace

class TestFamilies : public QObject {
  Q_OBJECT

  void cases(const std::function<bool(const QString&)>& wanted = {}) {
    QTest::addColumn<QString>("name");
    const QDir folder(QString::fromStdString(families_data.string()));
    for (const QString& name : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
      if (!wanted || wanted(name)) QTest::newRow(qPrintable(name)) << name;
    }
  }

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

  void equalsTransformers_data() { cases(); }
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

  void oneByOneEqualsTogether_data() { cases(); }
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
    cases([](const QString& name) { return name.contains(QStringLiteral("causal")); });
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
    cases([](const QString& name) { return name.contains(QStringLiteral("causal")); });
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
