// The training loop: optimiser and schedules against torch and transformers, accumulation, commands, early stopping,
// divergence, and a run that is killed and goes on to the same numbers.
#include <ATen/ATen.h>
#include <signal.h>

#include <QtTest>

#include "api/api.h"
#include "base/error.h"
#include "io/safetensors.h"
#include "record/event_file.h"
#include "record/run_folder.h"
#include "train/optimizer.h"
#include "train/schedule.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const Path data = MTLORA_TEST_DATA;

// A run of the tiny model on the letters task.
RunConfig letters_run(const Path& folder) {
  RunConfig config;
  config.model.name_or_path = (data / "tiny-bert").string();
  config.data.task = "own";
  config.data.train_file = (data / "letters.csv").string();
  config.data.validation_split = 0.2;
  config.data.max_seq_length = 16;
  config.adapter.r = 4;
  config.adapter.target_modules = {{}, "all-linear"};
  config.train.learning_rate = 3e-3;
  config.train.per_device_train_batch_size = 16;
  config.train.max_steps = 40;
  config.train.logging_steps = 5;
  config.train.save_steps = 7;
  config.eval.eval_steps = "12";
  config.output.output_dir = folder.string();
  return config;
}

// Events of a whole run.
std::vector<Event> finish(Job& job) {
  job.wait();
  return job.take_events();
}

template <typename T>
std::vector<T> all_of(const std::vector<Event>& events) {
  std::vector<T> found;
  for (const Event& event : events) {
    if (const T* body = std::get_if<T>(&event.body)) found.push_back(*body);
  }
  return found;
}

// What must be the same whatever happened in between: everything but times and speeds.
std::string without_times(const Path& events_file) {
  std::string text;
  for (const Event& event : read_events(events_file)) {
    json line = to_json(event);
    for (const char* key : {"time", "examples_per_second", "tokens_per_second"}) line.erase(key);
    if (line.at("type") == "run_started") continue;
    text += line.dump() + "\n";
  }
  return text;
}

RunFinished end_of(const std::vector<Event>& events) { return std::get<RunFinished>(events.back().body); }

at::Tensor tensor_of_json(const json& value) {
  std::vector<double> flat;
  std::vector<int64_t> shape;
  const std::function<void(const json&, size_t)> walk = [&](const json& node, size_t depth) {
    if (!node.is_array()) return flat.push_back(node.get<double>());
    if (shape.size() == depth) shape.push_back(static_cast<int64_t>(node.size()));
    for (const json& child : node) walk(child, depth + 1);
  };
  walk(value, 0);
  return at::tensor(flat, at::kFloat).view(shape);
}

}  // namespace

class TestTraining : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { initialise(); }

  void adamwEqualsTorch() {
    const json golden = json::parse(read_file(data / "training.json")).at("adamw");
    TrainOptions options;
    options.weight_decay = 0.1;
    options.t_weight_decay = 0.02;
    options.t_learning_rate_ratio = 3;
    options.adam_beta2 = 0.98;
    options.adam_epsilon = 1e-7;
    std::vector<Trainable> trainables = {{"weight", Role::Weight, true, tensor_of_json(golden.at("start")[0])},
                                         {"bias", Role::Weight, false, tensor_of_json(golden.at("start")[1])},
                                         {"t", Role::T, true, tensor_of_json(golden.at("start")[2])}};
    for (Trainable& trainable : trainables) trainable.tensor.requires_grad_(true);
    AdamW optimizer(trainables, options);
    for (size_t step = 0; step < golden.at("gradients").size(); ++step) {
      for (size_t i = 0; i < 3; ++i)
        trainables[i].tensor.mutable_grad() = tensor_of_json(golden.at("gradients")[step][i]);
      const double norm = optimizer.step(1e-2).item<double>();
      QVERIFY(std::abs(norm - golden.at("norms")[step].get<double>()) < 1e-5);
    }
    for (size_t i = 0; i < 3; ++i) {
      QVERIFY(at::allclose(trainables[i].tensor.detach(), tensor_of_json(golden.at("end")[i]), 1e-5, 1e-6));
    }
  }

  void schedulesEqualTransformers() {
    const json golden = json::parse(read_file(data / "training.json")).at("schedules");
    for (const auto& [name, rates] : golden.items()) {
      const QStringList parts = QString::fromStdString(name).split(QLatin1Char('/'));
      for (size_t step = 0; step < rates.size(); ++step) {
        const double factor = schedule_factor(parts[0].toStdString(), static_cast<int64_t>(step), parts[1].toLongLong(),
                                              parts[2].toLongLong());
        QVERIFY2(std::abs(factor - rates[step].get<double>()) < 1e-12, name.c_str());
      }
    }
  }

  void learnsAndKeepsTheBest() {
    QTemporaryDir folder;
    RunConfig config = letters_run(folder.filePath(QStringLiteral("run")).toStdString());
    config.train.max_steps = 400;
    config.adapter.init = "identity";
    config.eval.eval_steps = "40";
    const auto job = start_job(config);
    const std::vector<Event> events = finish(*job);
    QCOMPARE(end_of(events).status, std::string("completed"));
    const auto evaluations = all_of<EvalDone>(events);
    QCOMPARE(evaluations.size(), size_t{10});
    double best = 0;
    for (const EvalDone& evaluation : evaluations) best = std::max(best, evaluation.scores.at("accuracy"));
    QVERIFY(best > 0.8);
    const json summary = json::parse(read_file(job->folder() / "summary.json"));
    QCOMPARE(summary.at("scores").at("accuracy").get<double>(), best);
    QCOMPARE(summary.at("steps").get<int>(), 400);
    QVERIFY(summary.at("examples_per_second").get<double>() > 0);
    QVERIFY(summary.at("peak_rss_mib").get<double>() > 10);
    // The result on disk is that of the best step, and scores so again.
    const FileScores again = evaluate_file("", job->folder().string(), "own", data / "letters.csv", 16, 32);
    QVERIFY(again.scores.at("accuracy") > 0.8);
    QCOMPARE(all_of<GeometryRecorded>(events).size(), size_t{80});
    QVERIFY(list_checkpoints(job->folder()).size() <= 3);
  }

  // Labels that are kept back can't be scored: the predictions are written, for who has them.
  void rowsWithoutLabelsArePredicted() {
    QTemporaryDir home;
    const Path folder = home.path().toStdString();
    write_file(folder / "test.csv", "text\na b a\nb b\nc c a\n");
    RunConfig config = letters_run(folder / "run");
    config.data.test_file = (folder / "test.csv").string();
    const auto job = start_job(config);
    const std::vector<Event> events = finish(*job);
    QVERIFY2(end_of(events).status == "completed", end_of(events).message.c_str());
    const json scores = json::parse(read_file(folder / "run" / "summary.json"))["scores"];
    QVERIFY(scores.contains("accuracy") && !scores.contains("test_accuracy") && !scores.contains("test_loss"));
    const QStringList lines =
        QString::fromStdString(read_file(folder / "run" / "predictions" / "predictions.tsv")).split(QLatin1Char('\n'));
    QCOMPARE(lines.size(), 5);  // a header, three rows, the last line feed
    QCOMPARE(lines[0], QStringLiteral("index\tprediction"));
    QVERIFY(lines[1].startsWith(QStringLiteral("0\t")) && lines[3].startsWith(QStringLiteral("2\t")));
  }

  void accumulationEqualsTheLargeBatch() {
    QTemporaryDir folder;
    std::vector<std::vector<StepDone>> steps;
    for (const int64_t parts : {1, 4}) {
      RunConfig config = letters_run(folder.filePath(QString::number(parts)).toStdString());
      config.train.per_device_train_batch_size = 16 / parts;
      config.train.gradient_accumulation_steps = parts;
      config.adapter.lora_dropout = 0.2;
      config.train.max_steps = 10;
      config.train.logging_steps = 1;
      const auto job = start_job(config);
      steps.push_back(all_of<StepDone>(finish(*job)));
    }
    QCOMPARE(steps[0].size(), size_t{10});
    QCOMPARE(steps[1].size(), size_t{10});
    for (size_t i = 0; i < 10; ++i) {
      QVERIFY(std::abs(steps[0][i].loss - steps[1][i].loss) < 1e-5);
      QVERIFY(std::abs(steps[0][i].grad_norm - steps[1][i].grad_norm) < 1e-4 * (1 + steps[0][i].grad_norm));
    }
  }

  void dtsmKeepsCMinusD() {
    QTemporaryDir folder;
    RunConfig config = letters_run(folder.filePath(QStringLiteral("run")).toStdString());
    config.adapter.method = "dtsm";
    config.train.save_steps = 1;
    config.train.save_total_limit = 100;
    config.train.max_steps = 6;
    const auto job = start_job(config);
    finish(*job);
    const std::string key = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_";
    const auto difference = [&](int64_t step) {
      const SafetensorsFile file(job->folder() / "checkpoints" / std::to_string(step) / "adapter_model.safetensors");
      const auto read = [&](const char* name) {
        const TensorEntry& entry = file.at(key + name + ".weight");
        return at::from_blob(const_cast<void*>(entry.data), entry.shape, at::kFloat).clone();
      };
      return std::pair{read("C") - read("D"), read("C")};
    };
    const auto [first, c_first] = difference(1);
    const auto [last, c_last] = difference(6);
    QVERIFY(at::allclose(first, last, 1e-5, 1e-6));
    QVERIFY((c_first - c_last).abs().max().item<double>() > 1e-3);  // while C itself moved
  }

  void commandsAreTakenBetweenSteps() {
    QTemporaryDir folder;
    RunConfig config = letters_run(folder.filePath(QStringLiteral("run")).toStdString());
    config.train.max_steps = 100000;
    config.train.logging_steps = 1;
    config.train.save_steps = 100000;
    config.eval.eval_steps = "100000";
    const auto job = start_job(config);
    std::vector<Event> events;
    const auto until = [&](const std::function<bool()>& done) {
      for (int i = 0; i < 3000 && !done(); ++i) {
        for (const Event& event : job->take_events()) events.push_back(event);
        QTest::qWait(5);
      }
      return done();
    };
    QVERIFY(until([&] { return all_of<StepDone>(events).size() > 3; }));
    job->send({Command::Kind::Pause, 0});
    QVERIFY(until([&] { return job->stage() == "Paused"; }));
    QVERIFY(job->paused());
    for (const Event& event : job->take_events()) events.push_back(event);
    const size_t steps_at_pause = all_of<StepDone>(events).size();
    QTest::qWait(100);
    for (const Event& event : job->take_events()) events.push_back(event);
    QCOMPARE(all_of<StepDone>(events).size(), steps_at_pause);
    QCOMPARE(list_checkpoints(job->folder()).size(), size_t{1});  // a pause saves

    job->send({Command::Kind::Evaluate, 0});
    QVERIFY(until([&] { return all_of<EvalDone>(events).size() == 1; }));
    job->send({Command::Kind::SetLearningRate, 1e-5});
    job->send({Command::Kind::Resume, 0});
    QVERIFY(until([&] { return all_of<StepDone>(events).size() > steps_at_pause + 3; }));
    QVERIFY(all_of<StepDone>(events).back().learning_rate <= 1e-5);
    job->send({Command::Kind::Save, 0});
    QVERIFY(until([&] { return all_of<CheckpointSaved>(events).size() >= 3; }));
    job->send({Command::Kind::Stop, 0});
    QVERIFY(until([&] { return job->finished(); }));
    QCOMPARE(end_of(events).status, std::string("stopped"));
    QCOMPARE(end_of(events).exit_code, 5);
    std::vector<std::string> names;
    for (const CommandTaken& taken : all_of<CommandTaken>(events)) names.push_back(taken.command);
    QCOMPARE(names, (std::vector<std::string>{"pause", "evaluate", "set_learning_rate", "resume", "save", "stop"}));
    QCOMPARE(list_checkpoints(job->folder()).back().step, end_of(events).step);
  }

  void stopsEarlyWhenNothingGetsBetter() {
    QTemporaryDir folder;
    RunConfig config = letters_run(folder.filePath(QStringLiteral("run")).toStdString());
    config.train.learning_rate = 1e-12;  // nothing changes
    config.eval.eval_steps = "2";
    config.eval.early_stopping_patience = 3;
    const auto job = start_job(config);
    const auto events = finish(*job);
    QCOMPARE(end_of(events).status, std::string("completed"));
    QCOMPARE(end_of(events).step, int64_t{8});
  }

  void lossThatIsNotFiniteEndsTheRun() {
    QTemporaryDir folder;
    RunConfig config = letters_run(folder.filePath(QStringLiteral("run")).toStdString());
    config.train.learning_rate = 1e36;
    config.train.max_grad_norm = 0;
    config.train.save_steps = 1;
    const auto job = start_job(config);
    const RunFinished end = end_of(finish(*job));
    QCOMPARE(end.status, std::string("failed"));
    QCOMPARE(end.exit_code, 6);
    QVERIFY2(
        end.message.find("the loss of step " + std::to_string(end.step + 1) + " is not finite") != std::string::npos,
        end.message.c_str());
    QVERIFY(!list_checkpoints(job->folder()).empty());
  }

  // Killed without warning at random moments, then resumed until it ends: the same events and the same result, bit for
  // bit, as the run that nothing happened to.
  void killedAndResumedEndsTheSame() {
    QTemporaryDir folder;
    const auto run_file = [&](const char* name) {
      RunConfig config = letters_run(folder.filePath(QString::fromLatin1(name)).toStdString());
      config.adapter.lora_dropout = 0.1;
      config.train.max_steps = 160;
      const Path path = folder.filePath(QString::fromLatin1(name) + QStringLiteral(".json")).toStdString();
      save_run_file(config, path);
      return QString::fromStdString(path.string());
    };
    const auto start = [&](QProcess& process, const QString& file) {
      process.start(QStringLiteral(MTLORA_CLI), {QStringLiteral("train"), file, QStringLiteral("--resume")});
      return process.waitForStarted();
    };
    QProcess whole;
    QVERIFY(start(whole, run_file("whole")));
    QVERIFY(whole.waitForFinished(120000));
    QVERIFY2(whole.exitCode() == 0, whole.readAllStandardError().constData());

    const QString killed_file = run_file("killed");
    const Path killed = folder.filePath(QStringLiteral("killed")).toStdString();
    // Each time a little after another checkpoint has come to be, and while it is being written.
    int kills = 0;
    for (const int64_t target : {7, 36, 60, 84, 140, 1000}) {
      QProcess process;
      QVERIFY(start(process, killed_file));
      const auto reached = [&] {
        const auto checkpoints = list_checkpoints(killed);
        return !checkpoints.empty() && checkpoints.back().step >= target;
      };
      QElapsedTimer clock;
      clock.start();
      while (process.state() == QProcess::Running && !reached() && clock.elapsed() < 120000) process.waitForFinished(1);
      process.waitForFinished(static_cast<int>(target % 9));  // ms
      if (process.state() == QProcess::NotRunning) {
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
        break;
      }
      ::kill(static_cast<pid_t>(process.processId()), SIGKILL);
      process.waitForFinished();
      ++kills;
    }
    QVERIFY(kills >= 2);
    QCOMPARE(
        QString::fromStdString(without_times(killed / "events.jsonl")),
        QString::fromStdString(without_times(folder.filePath(QStringLiteral("whole/events.jsonl")).toStdString())));
    const auto bytes = [&](const char* run, const char* file) {
      return read_file(Path(folder.path().toStdString()) / run / file);
    };
    for (const char* file :
         {"adapter/adapter_model.safetensors", "checkpoints/160/optimizer.safetensors", "geometry/160.safetensors"}) {
      QVERIFY2(bytes("killed", file) == bytes("whole", file), file);
    }
  }

  void foldersAreNotOverwritten() {
    QTemporaryDir folder;
    RunConfig config = letters_run(folder.filePath(QStringLiteral("run")).toStdString());
    config.train.max_steps = 3;
    finish(*start_job(config));
    const auto refused = [](const RunConfig& wanted, bool resume) {
      try {
        StartOptions options;
        options.resume = resume;
        start_job(wanted, options)->wait();
      } catch (const Error& error) {
        return QString::fromUtf8(error.what());
      }
      return QStringLiteral("not refused");
    };
    QVERIFY(refused(config, false).contains(QStringLiteral("holds a run already")));
    RunConfig other = config;
    other.train.learning_rate = 1e-3;
    QVERIFY(refused(other, true).contains(QStringLiteral("train.learning_rate: differs")));
    config.train.max_steps = 5;  // only says when to stop
    QCOMPARE(refused(config, true), QStringLiteral("not refused"));
    QCOMPARE(list_checkpoints(Path(config.output.output_dir)).back().step, int64_t{5});
  }
};

QTEST_GUILESS_MAIN(TestTraining)
#include "test_training.moc"
