// Adapters: gradients against finite differences and against plain autograd, initialisation, counts, targets, files.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <QtTest>

#include "adapter/adapter_files.h"
#include "adapter/target_modules.h"
#include "data/loader.h"
#include "engine/message_of.h"
#include "io/safetensors.h"
#include "model/registry.h"

using namespace mtlora;
using at::Tensor;
using nlohmann::json;

namespace {

const Path data = MTLORA_TEST_DATA;

Tensor random(at::IntArrayRef shape, const std::string& name) {
  RandomStream stream(3, purpose_of(name));
  Tensor tensor = at::empty(shape, at::kDouble);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.mutable_data_ptr<double>()[i] = stream.normal();
  return tensor;
}

// A layer [in 5, out 4] with an adapter of r 3 in float64.
struct Layer {
  std::shared_ptr<const FrozenLinear> frozen = make_frozen_linear(random({4, 5}, "w"), random({4}, "bias"));
  Adapter adapter;
  Tensor x = random({6, 5}, "x");
  Dropout drop;

  explicit Layer(const std::string& method, double p = 0) {
    adapter.method = &find_method(method);
    adapter.r = 3;
    adapter.scaling = 1.7;
    adapter.a = random({3, 5}, "a");
    adapter.b = random({4, 3}, "b");
    if (adapter.method->matrices > 0) adapter.c = random({3, 3}, "c");
    if (adapter.method->matrices > 1) adapter.d = random({3, 3}, "d");
    if (p > 0) drop = {p, 99, at::arange(6, at::kLong)};
  }

  std::vector<Tensor*> inputs() {
    std::vector<Tensor*> all = {&x, &adapter.a, &adapter.b};
    if (adapter.c.defined()) all.push_back(&adapter.c);
    if (adapter.d.defined()) all.push_back(&adapter.d);
    return all;
  }
  Tensor custom() const { return adapted_linear(x, adapter, frozen, drop); }
  // The formula of the design, by ATen's own autograd.
  Tensor plain() const {
    const Tensor dropped = drop.active() ? x * dropout_factors(drop, 5, x) : x;
    Tensor v = dropped.mm(adapter.a.t());
    const std::string& method = adapter.method->name;
    const Tensor &c = adapter.c, &d = adapter.d;
    if (method == "shim") v = v.mm(c.t());
    if (method == "icfm") v = v.mm(c.mm(c.t()).t());
    if (method == "ctcm") v = v.mm(c.mm(d).t());
    if (method == "dtsm") v = v.mm((c + d).t());
    return x.mm(frozen->weight().t()) + random({4}, "bias") + adapter.scaling * v.mm(adapter.b.t());
  }
};

double scalar(const Tensor& y) { return (y * random({6, 4}, "direction")).sum().item<double>(); }

LoadOptions three() {
  LoadOptions options;
  options.num_labels = 3;
  return options;
}

AdapterOptions options_of(const std::string& method, const std::string& init = "paper") {
  AdapterOptions options;
  options.method = method;
  options.init = init;
  options.r = 4;
  return options;
}

std::vector<Example> some_examples() {
  return {{.input_ids = {5, 6, 7, 8}, .token_type_ids = {0, 0, 0, 0}, .label = 0},
          {.input_ids = {9, 10}, .token_type_ids = {0, 0}, .label = 1},
          {.input_ids = {1, 2, 3, 4, 5, 6, 7}, .token_type_ids = {0, 0, 0, 1, 1, 1, 1}, .label = 2}};
}

Tensor logits_of(Model& model) {
  const at::NoGradGuard no_grad;
  ForwardContext context;
  return model.logits(pack(some_examples(), {0, 1, 2}, TaskKind::Classification, 0, at::kCPU), context);
}

// Every adapter tensor moved away from where it started.
void disturb(AdapterSet& set) {
  const at::NoGradGuard no_grad;
  for (const Trainable& trainable : set.trainables()) {
    Tensor target = trainable.tensor;
    target.add_(random(target.sizes(), trainable.key).to(at::kFloat), 0.1);
  }
}

}  // namespace

class TestAdapter : public QObject {
  Q_OBJECT

  static void methodRows() {
    QTest::addColumn<QString>("method");
    for (const Method& method : methods()) QTest::newRow(method.name.c_str()) << QString::fromStdString(method.name);
  }

 private slots:
  void gradients_data() { methodRows(); }
  void gradients() {
    QFETCH(QString, method);
    for (const double p : {0.0, 0.4}) {
      Layer layer(method.toStdString(), p);
      QVERIFY(at::allclose(layer.custom(), layer.plain(), 1e-12, 1e-12));
      for (Tensor* input : layer.inputs()) input->requires_grad_(true);
      (layer.custom() * random({6, 4}, "direction")).sum().backward();
      std::vector<Tensor> custom;
      for (Tensor* input : layer.inputs()) {
        custom.push_back(input->grad().clone());
        input->mutable_grad().reset();
      }
      (layer.plain() * random({6, 4}, "direction")).sum().backward();
      const at::NoGradGuard no_grad;
      size_t i = 0;
      for (Tensor* input : layer.inputs()) {
        QVERIFY(at::allclose(custom[i], input->grad(), 1e-10, 1e-10));
        // One component of each tensor by central differences.
        const double step = 1e-6;
        Tensor flat = input->view({-1});
        const double kept = flat[1].item<double>();
        flat[1] = kept + step;
        const double above = scalar(layer.custom());
        flat[1] = kept - step;
        const double below = scalar(layer.custom());
        flat[1] = kept;
        QVERIFY(std::abs((above - below) / (2 * step) - custom[i].view({-1})[1].item<double>()) < 1e-6);
        ++i;
      }
    }
  }

  void deltaIsZeroAtFirst_data() { methodRows(); }
  void deltaIsZeroAtFirst() {
    QFETCH(QString, method);
    const auto base = load_model(data / "tiny-bert", three());
    for (const char* init : {"paper", "identity"}) {
      const auto model = load_model(data / "tiny-bert", three());
      const auto set = AdapterSet::attach(*model, options_of(method.toStdString(), init), 5);
      QVERIFY(at::equal(logits_of(*model), logits_of(*base)));
      for (const auto& adapter : set->adapters()) {
        QVERIFY(adapter->a.abs().max().item<double>() > 0);
        if (std::string(init) == "identity" && adapter->method->matrices > 0) {
          QVERIFY(at::allclose(adapter->t().detach(), at::eye(4)));
        }
        if (std::string(init) == "paper") {
          QVERIFY(adapter->a.abs().max().item<double>() <= 1 / std::sqrt(32.0));
          QVERIFY(adapter->a.abs().max().item<double>() > 0.9 / std::sqrt(32.0));
        }
      }
    }
  }

  void countsMatchTheFormula_data() { methodRows(); }
  void countsMatchTheFormula() {
    QFETCH(QString, method);
    const auto model = load_model(data / "tiny-bert", three());
    AdapterOptions options = options_of(method.toStdString());
    options.target_modules = {{"query", "intermediate.dense"}, ""};
    const auto set = AdapterSet::attach(*model, options, 5);
    const int64_t matrices = find_method(options.method).matrices;
    const int64_t expected = 2 * (4 * (32 + 32) + matrices * 16) + 2 * (4 * (32 + 48) + matrices * 16);
    QCOMPARE(set->adapter_parameter_count(), expected);
    QCOMPARE(set->trainable_parameter_count(), expected + 3 * 32 + 3);  // the head
  }

  void fullTrainsEveryWeight() {
    const auto model = load_model(data / "tiny-bert", three());
    const auto set = AdapterSet::attach(*model, options_of("full"), 5);
    const ModelShape shape = describe_model(data / "tiny-bert", three());
    QCOMPARE(shape.head_parameters, int64_t{3 * 32 + 3});
    QCOMPARE(set->trainable_parameter_count(), shape.parameters + shape.head_parameters);
    ForwardContext context;
    model->logits(pack(some_examples(), {0, 1, 2}, TaskKind::Classification, 0, at::kCPU), context).sum().backward();
    for (const Trainable& trainable : set->trainables()) {
      QVERIFY2(trainable.tensor.grad().defined(), trainable.key.c_str());
    }
  }

  void targets() {
    const auto model = load_model(data / "tiny-bert", three());
    std::vector<LinearInfo> infos;
    for (const Linear& linear : model->linears()) infos.push_back(linear.info);
    const auto count = [&](TargetModules targets, std::vector<int64_t> layers = {}) {
      AdapterOptions options = options_of("lora");
      options.target_modules = std::move(targets);
      options.layers_to_transform = std::move(layers);
      return match_targets(infos, options).size();
    };
    QCOMPARE(count({{"query", "value"}, ""}), size_t{4});
    QCOMPARE(count({{"dense"}, ""}), size_t{7});         // the pooler's too, as in PEFT
    QCOMPARE(count({{"output.dense"}, ""}), size_t{4});  // attention.output.dense as well
    QCOMPARE(count({{}, "all-linear"}), size_t{13});
    QCOMPARE(count({{}, ".*layer\\.\\d+\\.(attention\\.self\\.(query|value)|intermediate\\.dense|output\\.dense)"}),
             size_t{8});
    QCOMPARE(count({{"query"}, ""}, {1}), size_t{1});
    const auto refused = [&](TargetModules targets, std::vector<int64_t> layers, int64_t r) {
      AdapterOptions options = options_of("lora");
      options.target_modules = std::move(targets);
      options.layers_to_transform = std::move(layers);
      options.r = r;
      return QString::fromStdString(message_of([&] { match_targets(infos, options); }));
    };
    QVERIFY(refused({{"qeury"}, ""}, {}, 4).contains(QStringLiteral("'qeury' matches no linear layer")));
    QVERIFY(refused({{}, "nothing"}, {}, 4).contains(QStringLiteral("no linear layer of this model is selected")));
    QVERIFY(refused({{}, "(("}, {}, 4).contains(QStringLiteral("not a regular expression")));
    QVERIFY(refused({{"query"}, ""}, {7}, 4).contains(QStringLiteral("no layer 7")));
    QVERIFY(refused({{"query"}, ""}, {}, 33).contains(QStringLiteral("33 is larger than the smaller side 32")));
  }

  void nativeFilesComeBack_data() { methodRows(); }
  void nativeFilesComeBack() {
    QFETCH(QString, method);
    QTemporaryDir folder;
    const Path native = Path(folder.path().toStdString()) / "native";
    const auto model = load_model(data / "tiny-bert", three());
    AdapterOptions options = options_of(method.toStdString());
    options.modules_to_save = {"pooler"};
    const auto set = AdapterSet::attach(*model, options, 5);
    disturb(*set);
    save_native(*set, {"", options, "tiny", {"a", "b", "c"}, false}, native);

    const AdapterFolder source(native);
    QCOMPARE(source.config.options.method, method.toStdString());
    QCOMPARE(source.config.labels, (std::vector<std::string>{"a", "b", "c"}));
    LoadOptions other = three();
    other.seed = 77;
    const auto again = load_model(data / "tiny-bert", other);
    const auto loaded = AdapterSet::attach(*again, source.config.options, 77);
    load_into(*loaded, source);
    QVERIFY(at::equal(logits_of(*again), logits_of(*model)));

    // Folded into a plain LoRA it answers the same, to rounding.
    const Path peft = Path(folder.path().toStdString()) / "peft";
    export_peft(source, peft);
    const AdapterFolder folded(peft);
    QCOMPARE(folded.config.options.method, std::string("lora"));
    for (const auto& [key, entry] : folded.tensors.tensors()) QVERIFY(key.find("lora_C") == std::string::npos);
    const auto plain = load_model(data / "tiny-bert", other);
    const auto plain_set = AdapterSet::attach(*plain, folded.config.options, 1);
    load_into(*plain_set, folded);
    QVERIFY(at::allclose(logits_of(*plain), logits_of(*model), 1e-5, 1e-5));

    // A new run under any method goes on from there.
    for (const Method& next : methods()) {
      const auto fresh = load_model(data / "tiny-bert", other);
      AdapterOptions continued = options_of(next.name);
      continued.modules_to_save = {"pooler"};
      continued.lora_alpha = 3;
      const auto fresh_set = AdapterSet::attach(*fresh, continued, 2);
      start_from(*fresh_set, source);
      QVERIFY2(at::allclose(logits_of(*fresh), logits_of(*model), 1e-4, 1e-4), next.name.c_str());
    }
  }

  void peftFoldersAreReadAsTheyAreMeant() {
    QTemporaryDir folder;
    const Path path = Path(folder.path().toStdString());
    const Path published = data / "tiny-bert-lora";
    const json config = json::parse(read_file(published / "adapter_config.json"));
    write_file(path / "adapter_model.safetensors", read_file(published / "adapter_model.safetensors"));
    const auto read = [&](const json& change = json::object()) {
      json changed = config;
      changed.update(change);
      write_file(path / "adapter_config.json", changed.dump());
      return AdapterFolder(path);
    };
    // Names of other architectures beside its own; no word about the kind of task.
    json targets = config["target_modules"];
    targets.push_back("out_proj");
    QCOMPARE(read({{"target_modules", targets}}).config.options.target_modules.names,
             read().config.options.target_modules.names);
    QVERIFY(!read({{"task_type", nullptr}}).config.language_model);  // it has a head
    const std::string kind = message_of([&] { read({{"task_type", "TOKEN_CLS"}}); });
    QVERIFY2(kind.find("task_type") != kind.npos, kind.c_str());
    write_file(path / "labels.json", R"({"0": "no", "1": "yes", "2": "perhaps"})");
    QCOMPARE(read().config.labels, (std::vector<std::string>{"no", "yes", "perhaps"}));

    // Of several patterns the first that matches counts: their order is kept.
    AdapterConfig written;
    written.peft_type = "LORA";
    written.options.alpha_pattern = {{"model.layers.0.mlp.down_proj", 8}, {"down_proj", 32}, {"a", 1}};
    const auto pattern = peft_config_json(written, {})["alpha_pattern"];
    QCOMPARE(pattern.begin().key(), std::string("model.layers.0.mlp.down_proj"));
    QCOMPARE(pattern.size(), size_t{3});

    // A tensor that nothing here reads is not dropped in silence.
    const std::vector<float> zeros(64);
    write_safetensors(
        path / "adapter_model.safetensors",
        {{"base_model.model.bert.embeddings.word_embeddings.lora_embedding_A", {"F32", {4, 16}, zeros.data()}}});
    const std::string unknown = message_of([&] { read(); });
    QVERIFY2(unknown.find("lora_embedding_A") != unknown.npos, unknown.c_str());
  }

  // A part of the adapter to go on from that this run would drop is named.
  void goingOnDropsNothingInSilence() {
    QTemporaryDir folder;
    const Path native = Path(folder.path().toStdString()) / "native";
    const auto attach = [](const std::vector<std::string>& targets, const Model&, Model& model) {
      AdapterOptions options = options_of("ctcm");
      options.target_modules = {targets, ""};
      return AdapterSet::attach(model, options, 5);
    };
    const auto model = load_model(data / "tiny-bert", three());
    save_native(*attach({"query", "value"}, *model, *model), {"", options_of("ctcm"), "tiny", {"a", "b", "c"}, false},
                native);
    const AdapterFolder source(native);
    for (const bool all : {true, false}) {
      const auto fresh = load_model(data / "tiny-bert", three());
      const auto set = attach(
          all ? std::vector<std::string>{"query", "value", "key"} : std::vector<std::string>{"query"}, *fresh, *fresh);
      const std::string message = message_of([&] { start_from(*set, source); });
      QVERIFY2(all || message.find("self.value', which this run does not") != message.npos, message.c_str());
    }
  }

  void wrongAdaptersAreRefusedInWords() {
    QTemporaryDir folder;
    const Path path = Path(folder.path().toStdString());
    const auto with = [&](const std::string& from, const std::string& to) {
      std::string text = read_file(data / "tiny-bert-lora" / "adapter_config.json");
      text.replace(text.find(from), from.size(), to);
      write_file(path / "adapter_config.json", text);
      write_file(path / "adapter_model.safetensors", read_file(data / "tiny-bert-lora" / "adapter_model.safetensors"));
      return QString::fromStdString(message_of([&] {
        const AdapterFolder source(path);
        const auto model = load_model(data / "tiny-bert", three());
        const auto set = AdapterSet::attach(*model, source.config.options, 0);
        load_into(*set, source);
      }));
    };
    QVERIFY(with("\"LORA\"", "\"LOHA\"").contains(QStringLiteral("expected LORA or MTLORA, found 'LOHA'")));
    QVERIFY(
        with("\"use_dora\": false", "\"use_dora\": true").contains(QStringLiteral("use_dora: true is not supported")));
    QVERIFY(with("\"r\": 4", "\"r\": 5").contains(QStringLiteral("the model makes it [5, 32], found [4, 32]")));
    QVERIFY(with("\"query\",", "").contains(QStringLiteral("no place for")));
    QVERIFY(with("\"r\": 4", "\"r\": " + std::string(200'000, '[') + std::string(200'000, ']'))
                .contains(QStringLiteral("nest deeper")));
    QVERIFY(with("\"init_lora_weights\": true", "\"init_lora_weights\": \"pissa\"")
                .contains(QStringLiteral("init_lora_weights")));
    QVERIFY(with("\"r\": 4", "\"r\": \"four\"").contains(QStringLiteral("wrong type")));
  }
};

QTEST_APPLESS_MAIN(TestAdapter)
#include "test_adapter.moc"
