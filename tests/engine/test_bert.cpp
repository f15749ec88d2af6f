// BERT against transformers: logits of a tiny random model and of MiniLM, packed against one by one, and the adapted
// model's gradients against peft's.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <QtTest>
#include <fstream>

#include "adapter/adapter_files.h"
#include "base/error.h"
#include "base/paths.h"
#include "data/loader.h"
#include "io/safetensors.h"
#include "model/model.h"
#include "model/registry.h"
#include "ops/loss.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const Path data = MTLORA_TEST_DATA;

json goldens() { return json::parse(read_file(data / "bert.json")); }

std::vector<Example> examples_of(const json& sequences, bool halves) {
  std::vector<Example> examples;
  for (const json& sequence : sequences) {
    Example example;
    example.input_ids = sequence.get<std::vector<int32_t>>();
    const size_t n = example.input_ids.size();
    example.token_type_ids.assign(n, 0);
    // The golden script makes the second half of every sequence a second text.
    if (halves)
      std::fill(example.token_type_ids.begin() + static_cast<std::ptrdiff_t>(n / 2), example.token_type_ids.end(), 1);
    examples.push_back(std::move(example));
  }
  return examples;
}

at::Tensor logits_of(Model& model, const std::vector<Example>& examples, const std::vector<size_t>& indices) {
  const at::NoGradGuard no_grad;
  ForwardContext context;
  return model.logits(pack(examples, indices, TaskKind::Classification, 0, at::kCPU), context).to(at::kDouble);
}

std::vector<size_t> all_of(const std::vector<Example>& examples) {
  std::vector<size_t> indices(examples.size());
  std::iota(indices.begin(), indices.end(), size_t{0});
  return indices;
}

at::Tensor matrix_of(const json& rows) {
  const auto values = rows.get<std::vector<std::vector<double>>>();
  std::vector<at::Tensor> parts;
  for (const auto& row : values) parts.push_back(at::tensor(row, at::kDouble));
  return at::stack(parts);
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

LoadOptions outputs(int64_t n) {
  LoadOptions options;
  options.num_labels = n;
  return options;
}

}  // namespace

class TestBert : public QObject {
  Q_OBJECT
 private slots:
  void tinyLogitsEqualTransformers() {
    const json golden = goldens().at("tiny");
    const auto model = load_model(data / "tiny-bert", outputs(3));
    const auto examples = examples_of(golden.at("sequences"), true);
    QVERIFY(difference(logits_of(*model, examples, all_of(examples)), matrix_of(golden.at("logits"))) < 1e-5);
  }

  void minilmLogitsEqualTransformers() {
    const Path folder = bundled_model_dir();
    if (folder.empty()) QSKIP("The bundled model is not installed (./studio build installs it).");
    const json golden = goldens().at("minilm");
    const auto model = load_model(folder, outputs(5));
    const at::NoGradGuard no_grad;
    for (NamedTensor& parameter : model->head()) {
      // The same head as in the golden script.
      if (parameter.name == "classifier.weight") {
        parameter.tensor.copy_(0.05 * at::sin(1 + at::arange(5 * 384, at::kDouble)).view({5, 384}));
      } else {
        parameter.tensor.copy_(0.1 * at::arange(5, at::kDouble));
      }
    }
    const auto examples = examples_of(golden.at("sequences"), true);
    QVERIFY(difference(logits_of(*model, examples, all_of(examples)), matrix_of(golden.at("logits"))) < 1e-5);
  }

  void packedEqualsOneByOne() {
    const auto model = load_model(data / "tiny-bert", outputs(3));
    const auto examples = examples_of(goldens().at("tiny").at("sequences"), true);
    const at::Tensor together = logits_of(*model, examples, all_of(examples));
    for (size_t i = 0; i < examples.size(); ++i) {
      QVERIFY(difference(logits_of(*model, examples, {i})[0], together[static_cast<int64_t>(i)]) < 2e-6);
    }
  }

  void peftAdapterGivesPeftsLogitsAndGradients() {
    const json golden = goldens().at("lora");
    const AdapterFolder source(data / "tiny-bert-lora");
    const auto model = load_model(data / "tiny-bert", outputs(source.num_labels()));
    const auto set = AdapterSet::attach(*model, source.config.options, 0);
    load_into(*set, source);
    auto examples = examples_of(goldens().at("tiny").at("sequences"), true);
    QVERIFY(difference(logits_of(*model, examples, all_of(examples)), matrix_of(golden.at("logits"))) < 1e-5);

    for (size_t i = 0; i < examples.size(); ++i) examples[i].label = golden.at("labels")[i].get<float>();
    const PackedBatch batch = pack(examples, all_of(examples), TaskKind::Classification, 0, at::kCPU);
    ForwardContext context;
    const at::Tensor loss = cross_entropy(model->logits(batch, context), batch.labels);
    QVERIFY(std::abs(loss.item<double>() - golden.at("loss").get<double>()) < 1e-5);
    loss.backward();
    size_t compared = 0;
    for (const Trainable& trainable : set->trainables()) {
      if (!golden.at("gradients").contains(trainable.key)) continue;
      const at::Tensor expected =
          at::tensor(golden.at("gradients").at(trainable.key).get<std::vector<double>>(), at::kDouble);
      const at::Tensor found = trainable.tensor.grad().flatten().to(at::kDouble);
      const double scale = expected.abs().max().item<double>();
      QVERIFY2(difference(found, expected) < 1e-4 * scale, trainable.key.c_str());
      ++compared;
    }
    QCOMPARE(compared, golden.at("gradients").size());
  }

  void wrongFilesAreRefusedInWords() {
    const auto refused = [](const char* file, const std::string& from, const std::string& to, const std::string& part) {
      QTemporaryDir folder;
      for (const char* name : {"config.json", "model.safetensors"}) {
        QFile::copy(QString::fromStdString((data / "tiny-bert" / name).string()),
                    folder.filePath(QString::fromLatin1(name)));
      }
      const Path path = Path(folder.path().toStdString()) / file;
      std::string text = read_file(path);
      const size_t at = text.find(from);
      if (at == std::string::npos) return std::string("the test's text was not found");
      text.replace(at, from.size(), to);
      write_file(path, text);
      try {
        load_model(folder.path().toStdString(), outputs(3));
      } catch (const Error& error) {
        const std::string message = error.what();
        return message.find(part) == std::string::npos ? message : std::string("ok");
      }
      return std::string("not refused");
    };
    const std::string ok = "ok";
    QCOMPARE(refused("config.json", "\"model_type\": \"bert\"", "\"model_type\": \"bort\"", "found 'bort'"), ok);
    QCOMPARE(refused("config.json", "\"hidden_size\": 32", "\"hidden_size\": 36",
                     "config.json makes it [99, 36], found [99, 32]"),
             ok);
    QCOMPARE(refused("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "num_attention_heads"),
             ok);
    QCOMPARE(refused("config.json", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"gulp\"", "gulp"), ok);
    QCOMPARE(refused("config.json", "\"hidden_size\": 32", "\"hidden_size\": -32",
                     "hidden_size: expected a whole number above 0, found -32"),
             ok);
  }

  void notFiniteWeightIsNamed() {
    QTemporaryDir folder;
    for (const char* name : {"config.json", "model.safetensors"}) {
      QFile::copy(QString::fromStdString((data / "tiny-bert" / name).string()),
                  folder.filePath(QString::fromLatin1(name)));
    }
    const Path path = Path(folder.path().toStdString()) / "model.safetensors";
    size_t offset = 0;
    {
      const SafetensorsFile file(path);
      const TensorEntry& entry = file.at("bert.encoder.layer.1.output.dense.weight");
      offset = static_cast<size_t>(static_cast<const std::byte*>(entry.data) - file.file()->bytes().data());
    }
    std::string bytes = read_file(path);
    const float nan = std::nanf("");
    std::memcpy(bytes.data() + offset + 40, &nan, sizeof nan);
    write_file(path, bytes);
    const auto model = load_model(folder.path().toStdString(), outputs(3));  // reads no weight
    const auto examples = examples_of(goldens().at("tiny").at("sequences"), true);
    try {
      logits_of(*model, examples, all_of(examples));
      QFAIL("a weight of NaN was accepted");
    } catch (const Error& error) {
      QVERIFY(QString::fromUtf8(error.what()).contains(QStringLiteral("bert.encoder.layer.1.output.dense.weight")));
      QCOMPARE(error.code(), ErrorCode::BadInput);
    }
  }
};

QTEST_APPLESS_MAIN(TestBert)
#include "test_bert.moc"
