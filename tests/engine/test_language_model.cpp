// Training a language model on texts: which tokens are scored, the loss in pieces, recomputed layers, filled batches,
// and a run from its files to its texts.
#include "train/run.h"  // before Qt, whose emit is a macro

#include <ATen/ATen.h>
#include <signal.h>

#include <QtTest>

#include "api/api.h"
#include "base/error.h"
#include "data/prepare.h"
#include "eval/evaluate.h"
#include "family_case.h"
#include "new_folders.h"
#include "record/event_file.h"

using namespace mtlora;

namespace {

const Path stories = Path(MTLORA_SOURCE_DIR) / "resources" / "models" / "stories260K";

OutputLayer layer_of(const at::Tensor& weight, double softcap) {
  return {make_frozen_linear(weight, {}), nullptr, softcap};
}

// The gradients of all trained tensors, by name.
std::map<std::string, at::Tensor> gradients(const AdapterSet& set) {
  std::map<std::string, at::Tensor> all;
  for (const Trainable& trainable : set.trainables()) {
    const std::string key = trainable.key.substr(std::string("base_model.model.").size());
    if (trainable.tensor.grad().defined()) all[key] = trainable.tensor.grad().clone();
    trainable.tensor.mutable_grad() = at::Tensor();
  }
  return all;
}

// A file of prompts and completions, and a run of the bundled stories260K on it.
RunConfig little_run(const Path& folder) {
  std::string lines;
  const char* names[] = {"Lily", "Tom", "Max", "Sue", "Ben", "Mia", "Sam", "Amy"};
  const char* things[] = {"ball", "hat", "cake", "dog", "car", "tree"};
  for (const char* name : names) {
    for (const char* thing : things) {
      lines += json{{"prompt", std::string(name) + " has a " + thing + "."},
                    {"completion", std::string("The ") + thing + " is the " + thing + " of " + name + "."}}
                   .dump() +
               "\n";
    }
  }
  write_file(folder / "texts.jsonl", lines);
  RunConfig config;
  config.model.name_or_path = stories.string();
  config.data.task = "instructions";
  config.data.train_file = (folder / "texts.jsonl").string();
  config.data.chat_template = "completion";
  config.data.validation_split = 0.25;
  config.data.max_seq_length = 64;
  config.adapter.target_modules = {{}, "all-linear"};
  config.train.learning_rate = 5e-3;
  config.train.per_device_train_batch_size = 8;
  config.train.max_steps = 40;
  config.train.save_steps = 6;
  config.train.label_smoothing_factor = 0.1;
  config.eval.eval_steps = "20";
  config.generation.max_new_tokens = 16;
  config.output.output_dir = (folder / "run").string();
  return config;
}

std::string without_times(const Path& events_file) {
  std::string text;
  for (const Event& event : read_events(events_file)) {
    json line = to_json(event);
    for (const char* key : {"time", "examples_per_second", "tokens_per_second"}) line.erase(key);
    if (line.at("type") != "run_started") text += line.dump() + "\n";
  }
  return text;
}

}  // namespace

class TestLanguageModel : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { initialise(); }

  void lossInPiecesEqualsTheWhole_data() {
    QTest::addColumn<double>("smoothing");
    QTest::addColumn<double>("softcap");
    QTest::addColumn<bool>("tied");
    QTest::newRow("plain") << 0.0 << 0.0 << false;
    QTest::newRow("smoothed") << 0.1 << 0.0 << false;
    QTest::newRow("capped") << 0.1 << 3.0 << false;
    QTest::newRow("trained embedding") << 0.1 << 3.0 << true;
  }
  void lossInPiecesEqualsTheWhole() {
    QFETCH(double, smoothing);
    QFETCH(double, softcap);
    QFETCH(bool, tied);
    at::manual_seed(1);
    constexpr int64_t rows = 700, hidden = 24, vocabulary = 30000;  // more than two pieces
    const at::Tensor weight = at::randn({vocabulary, hidden}).requires_grad_(tied);
    const at::Tensor labels = at::randint(vocabulary, {rows}, at::kLong);
    OutputLayer layer = layer_of(weight, softcap);
    if (tied) layer.weight = &weight;
    const auto gradients_of = [&](const auto& loss_of) {
      at::Tensor x = (at::randn({rows, hidden}, at::make_generator<at::CPUGeneratorImpl>(3))).requires_grad_();
      weight.mutable_grad() = at::Tensor();
      const at::Tensor loss = loss_of(x);
      (loss * 0.5).backward();
      return std::tuple(loss.item<double>(), x.grad(), tied ? weight.grad().clone() : at::zeros({1}));
    };
    const auto [found, found_x, found_w] =
        gradients_of([&](const at::Tensor& x) { return output_cross_entropy_sum(x, layer, labels, smoothing).sum; });
    const auto [expected, expected_x, expected_w] =
        gradients_of([&](const at::Tensor& x) { return cross_entropy_sum(layer.logits(x), labels, smoothing).sum; });
    QVERIFY(std::abs(found / expected - 1) < 1e-5);
    QVERIFY(relative(found_x, expected_x.to(at::kDouble)) < 1e-5);
    QVERIFY(relative(found_w, expected_w.to(at::kDouble)) < 1e-5);
  }

  // transformers' loss and gradients over all tokens (tests/golden/make_families.py), through the training's own way.
  void lossEqualsTransformers_data() {
    family_cases([](const QString& name) { return name.contains(QStringLiteral("causal")); });
  }
  void lossEqualsTransformers() {
    QFETCH(QString, name);
    Case golden(name);
    for (Example& example : golden.examples) example.answer.assign(example.input_ids.size(), 1);
    const Adapted adapted(golden);
    const double loss = evaluate(*adapted.model, golden.examples, TaskKind::Generation, 2, {"perplexity"}).loss;
    QVERIFY(std::abs(loss / golden.tensor("loss").item<double>() - 1) < 1e-5);
    const PackedBatch batch = pack(golden.examples, golden.all(), TaskKind::Generation, 0, at::kCPU);
    ForwardContext context;
    const at::Tensor hidden = adapted.model->hidden(batch, HiddenRows::Targets, context);
    const LossSum sum = output_cross_entropy_sum(hidden, adapted.model->output_layer(), batch.labels);
    (sum.sum / static_cast<double>(batch.labels.numel())).backward();
    const auto found = gradients(*adapted.set);
    QCOMPARE(found.size(), adapted.set->trainables().size());
    for (const auto& [key, gradient] : found) {
      QVERIFY2(relative(gradient, golden.tensor("grad." + key)) < 1e-4, key.c_str());
    }
  }

  // Answers anywhere in the texts: the rows that are left out change nothing.
  void someRowsEqualAllRows() {
    for (const char* name : {"gpt2_causal_tied", "gemma2_causal", "phi3_causal"}) {
      Case golden{QString::fromLatin1(name)};
      const Adapted adapted(golden);
      RandomStream random(3, 3);
      for (Example& example : golden.examples) {
        for (size_t i = 0; i < example.input_ids.size(); ++i) example.answer.push_back(random.below(3) == 0);
      }
      const PackedBatch batch = pack(golden.examples, golden.all(), TaskKind::Generation, 0, at::kCPU);
      ForwardContext context;
      const at::Tensor& head = adapted.model->output_layer().frozen->weight();
      QVERIFY(head.defined());
      output_cross_entropy_sum(adapted.model->hidden(batch, HiddenRows::Targets, context),
                               adapted.model->output_layer(), batch.labels)
          .sum.backward();
      const auto found = gradients(*adapted.set);
      ForwardContext again;
      const at::Tensor logits = adapted.model->logits(batch, again).index_select(0, batch.target_rows);
      cross_entropy_sum(logits, batch.labels).sum.backward();
      const auto expected = gradients(*adapted.set);
      QVERIFY(!found.empty());
      QCOMPARE(found.size(), expected.size());
      for (const auto& [key, gradient] : expected) {
        QVERIFY2(relative(found.at(key), gradient.to(at::kDouble)) < 1e-4, key.c_str());
      }
    }
  }

  // With dropout, so that the masks must be the same the second time.
  void recomputedLayersGiveTheSameGradients_data() {
    family_cases([](const QString& name) {
      return name.contains(QStringLiteral("causal")) || name.contains(QStringLiteral("classification")) ||
             name.contains(QStringLiteral("conv"));
    });
  }
  void recomputedLayersGiveTheSameGradients() {
    QFETCH(QString, name);
    const Case golden(name);
    const Adapted adapted(golden);
    const PackedBatch batch = golden.batch(golden.all());
    std::map<std::string, at::Tensor> found[2];
    for (const bool recompute : {false, true}) {
      ForwardContext context;
      context.training = true;
      context.step_key = 5;
      context.gradient_checkpointing = recompute;
      const at::Tensor logits = adapted.model->logits(batch, context);
      golden.loss(logits, batch).backward();
      found[recompute ? 1 : 0] = gradients(*adapted.set);
    }
    QVERIFY(!found[0].empty());
    QCOMPARE(found[1].size(), found[0].size());
    for (const auto& [key, gradient] : found[0]) QVERIFY2(at::equal(found[1].at(key), gradient), key.c_str());
  }

  // Below the first layer that is trained there is nothing to give a gradient to.
  void layersBelowTheTrainedOnesAreRecomputedToo() {
    const Case golden(QStringLiteral("llama_causal"));
    const auto model = load_model(golden.folder, golden.options());
    AdapterOptions options;
    options.r = 2;
    options.target_modules = {{}, "all-linear"};
    options.layers_to_transform = {model->layer_count() - 1};
    const auto set = AdapterSet::attach(*model, options, 5);
    const PackedBatch batch = golden.batch(golden.all());
    std::map<std::string, at::Tensor> found[2];
    for (const bool recompute : {false, true}) {
      ForwardContext context;
      context.training = true;
      context.gradient_checkpointing = recompute;
      golden.loss(model->logits(batch, context), batch).backward();
      found[recompute ? 1 : 0] = gradients(*set);
    }
    QVERIFY(!found[0].empty());
    for (const auto& [key, gradient] : found[0]) QVERIFY2(at::equal(found[1].at(key), gradient), key.c_str());
  }

  void placesAreFilled() {
    RandomStream random(1, 1);
    std::vector<Example> examples(500);
    for (Example& example : examples) example.input_ids.resize(1 + random.below(60));
    examples[7].input_ids.resize(100);  // longer than a place
    const auto places = fill_places(examples, 64);
    std::vector<int> seen(examples.size());
    int64_t tokens = 0;
    for (const std::vector<size_t>& place : places) {
      int64_t here = 0;
      for (const size_t i : place) ++seen[i], here += std::ssize(examples[i].input_ids);
      QVERIFY(here <= 64 || place.size() == 1);
      tokens += here;
    }
    QVERIFY(std::all_of(seen.begin(), seen.end(), [](int count) { return count == 1; }));
    QVERIFY(static_cast<double>(tokens) / static_cast<double>(64 * places.size()) > 0.95);
  }

  void answersAreScoredAndNothingElse() {
    const Path folder = folders_.next();
    RunConfig config = little_run(folder);
    const PreparedData data = prepare_data(config.data, 0, stories);
    QCOMPARE(data.train.size() + data.validation.size(), size_t{48});
    for (size_t i = 0; i < data.train.size(); ++i) {
      const Example& example = data.train[i];
      std::vector<int32_t> answer, before;
      for (size_t t = 0; t < example.input_ids.size(); ++t) {
        (example.answer[t] ? answer : before).push_back(example.input_ids[t]);
      }
      const Dialogue& dialogue = data.rows.train.dialogues[i];
      QCOMPARE(QString::fromStdString(data.tokenizer->decode(answer, true)).trimmed(),
               QString::fromStdString(dialogue.answer()));
      QCOMPARE(answer.back(), 2);  // and the end of the text
      QVERIFY(data.tokenizer->decode(before, true).find(dialogue.messages[0].content) != std::string::npos);
      QCOMPARE(example.input_ids.front(), 1);  // as this tokenizer begins every text
      QCOMPARE(targets_of(example), std::ssize(answer));
    }
    // No context is on both sides.
    for (const Dialogue& held : data.rows.validation.dialogues) {
      for (const Dialogue& trained : data.rows.train.dialogues) QVERIFY(held.messages[0] != trained.messages[0]);
    }
    config.data.max_seq_length = 5;  // before any answer begins
    try {
      prepare_data(config.data, 0, stories);
      QFAIL("a limit that leaves no answer was taken");
    } catch (const Error& error) {
      QCOMPARE(error.field(), std::string("data.max_seq_length"));
    }
  }

  void trainsWritesAndScores() {
    const Path folder = folders_.next();
    RunConfig config = little_run(folder);
    config.train.max_steps = 120;
    config.eval.eval_steps = "60";
    const auto job = start_job(config);
    job->wait();
    const std::vector<Event> events = job->take_events();
    const RunFinished end = std::get<RunFinished>(events.back().body);
    QVERIFY2(end.status == "completed", end.message.c_str());
    std::vector<double> perplexity;
    int samples = 0;
    for (const Event& event : events) {
      if (const auto* done = std::get_if<EvalDone>(&event.body)) perplexity.push_back(done->scores.at("perplexity"));
      if (const auto* sample = std::get_if<SampleMade>(&event.body)) samples += sample->text.empty() ? 0 : 1;
    }
    QCOMPARE(perplexity.size(), size_t{2});
    QVERIFY2(perplexity[1] < 3, std::to_string(perplexity[1]).c_str());
    QCOMPARE(samples, 6);
    const json summary = json::parse(read_file(job->folder() / "summary.json"));
    QVERIFY2(summary["scores"]["rougeL"].get<double>() > 0.6, summary.dump().c_str());
    const std::string written = read_file(job->folder() / "generated" / "validation.jsonl");
    QCOMPARE(std::count(written.begin(), written.end(), '\n'), 12);
    // The adapter knows how its prompts were written.
    const auto writer = load_writer("", job->folder().string());
    QCOMPARE(writer->chat_template(), std::string("completion"));
    GenerationOptions options;
    options.max_new_tokens = 16;
    const json first = json::parse(written.substr(0, written.find('\n')));
    const std::string text = writer->write(first["prompt"], options).text;
    QCOMPARE(QString::fromStdString(text).trimmed().toStdString(), first["text"].get<std::string>());
  }

  // A score of written texts can choose the best checkpoint only where evaluations write them.
  void bestByTextsNeedsTexts() {
    const Path folder = folders_.next();
    RunConfig config = little_run(folder);
    config.eval.metric_for_best_model = "rougeL";
    const auto refused = start_job(config);
    refused->wait();
    const RunFinished end = std::get<RunFinished>(refused->take_events().back().body);
    QCOMPARE(end.status, std::string("failed"));
    QVERIFY2(end.message.starts_with("eval.metric_for_best_model: 'rougeL'"), end.message.c_str());

    config.eval.predict_with_generate = "every";
    config.output.output_dir = (folder / "every").string();
    const auto job = start_job(config);
    job->wait();
    double best = -1;
    int64_t best_step = 0;
    for (const Event& event : job->take_events()) {
      const auto* done = std::get_if<EvalDone>(&event.body);
      if (done && done->scores.at("rougeL") > best) best = done->scores.at("rougeL"), best_step = done->step;
    }
    const json summary = json::parse(read_file(folder / "every" / "summary.json"));
    QCOMPARE(summary["metric"], json("rougeL"));
    QCOMPARE(summary["best_step"].get<int64_t>(), best_step);
  }

  // A stop while an evaluation's texts are written, and one while the last texts are: gone on with, the run ends as one
  // that was never stopped.
  void aStopWhileTextsAreWrittenLosesNothing() {
    const Path folder = folders_.next();
    RunConfig config = little_run(folder);
    config.eval.metric_for_best_model = "rougeL";
    config.eval.predict_with_generate = "every";
    start_job(config)->wait();
    const json expected = json::parse(read_file(folder / "run" / "summary.json"));

    const Path stopped = folder / "stopped";
    config.output.output_dir = stopped.string();
    make_folder(stopped);
    std::vector<Event> events;
    int writings = 0;
    const auto train = [&](int stop_at) {  // the how manieth "Writing texts" is stopped
      bool asked = false;
      RunHooks hooks;
      hooks.sink = [&](const Event& event) { EventFile(stopped / "events.jsonl").append(event); };
      hooks.commands = [&](bool) {
        return std::exchange(asked, false) ? std::vector<Command>{{Command::Kind::Stop, 0}} : std::vector<Command>{};
      };
      hooks.stop_asked = [&] { return asked; };
      hooks.stage = [&](const std::string& stage) {
        if (stage == "Writing texts" && ++writings == stop_at) asked = true;
      };
      return run_training(config, stopped, writings > 0, hooks, 0);
    };
    RunFinished end = train(1);
    QCOMPARE(end.status, std::string("stopped"));
    QCOMPARE(end.step, int64_t{20});
    for (const Event& event : read_events(stopped / "events.jsonl"))
      QVERIFY(!std::holds_alternative<EvalDone>(event.body));
    end = train(4);  // again for step 20, step 40, and the end
    QCOMPARE(end.status, std::string("stopped"));
    QCOMPARE(end.step, int64_t{40});
    end = train(0);
    QVERIFY2(end.status == "completed", end.message.c_str());
    const json summary = json::parse(read_file(stopped / "summary.json"));
    QCOMPARE(summary["scores"].dump(), expected["scores"].dump());
    QCOMPARE(summary["best_step"], expected["best_step"]);
    QCOMPARE(sha256_of_file(stopped / "adapter" / "adapter_model.safetensors"),
             sha256_of_file(folder / "run" / "adapter" / "adapter_model.safetensors"));
  }

  // Filled batches are other steps, but every example is trained on once an epoch.
  void filledBatchesTrain() {
    const Path folder = folders_.next();
    RunConfig config = little_run(folder);
    config.data.packing = true;
    config.data.max_seq_length = 128;
    config.train.per_device_train_batch_size = 2;
    config.train.max_steps = -1;
    config.train.num_train_epochs = 2;
    config.eval.predict_with_generate = "no";
    const auto job = start_job(config);
    job->wait();
    const RunFinished end = std::get<RunFinished>(job->take_events().back().body);
    QVERIFY2(end.status == "completed", end.message.c_str());
    QVERIFY(end.step < 36 && end.step > 0);
    QVERIFY(!std::filesystem::exists(job->folder() / "generated"));
  }

  void killedAndResumedEndsTheSame() {
    const Path folder = folders_.next();
    RunConfig config = little_run(folder);
    config.data.packing = true;
    config.adapter.lora_dropout = 0.1;
    const auto whole = start_job(config);
    whole->wait();
    whole->take_events();
    config.output.output_dir = (folder / "killed").string();
    config.train.max_steps = 40;
    write_file(folder / "run.json", to_json(config).dump());
    QProcess process;
    process.start(QStringLiteral(MTLORA_CLI),
                  {QStringLiteral("train"), QString::fromStdString((folder / "run.json").string())});
    QVERIFY(process.waitForStarted());
    const Path checkpoint = folder / "killed" / "checkpoints" / "12";
    QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(checkpoint), 60000);
    process.kill();
    process.waitForFinished();
    StartOptions options;
    options.resume = true;
    const auto resumed = start_job(config, options);
    resumed->wait();
    resumed->take_events();
    QCOMPARE(without_times(folder / "killed" / "events.jsonl"), without_times(folder / "run" / "events.jsonl"));
    QCOMPARE(sha256_of_file(folder / "killed" / "adapter" / "adapter_model.safetensors"),
             sha256_of_file(folder / "run" / "adapter" / "adapter_model.safetensors"));
  }

 private:
  NewFolders folders_;
};

QTEST_GUILESS_MAIN(TestLanguageModel)
#include "test_language_model.moc"
