// The command line as a process: results on standard output and nothing else, one line and an exit code for bad input.
#include <QtTest>

#include "api/api.h"
#include "base/error.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const Path data = MTLORA_TEST_DATA;

struct Answer {
  int code;
  QString out, err;
};

Answer run(const QStringList& arguments, const QString& shell_prefix = {}) {
  QProcess process;
  if (shell_prefix.isEmpty()) {
    process.start(QStringLiteral(MTLORA_CLI), arguments);
  } else {
    process.start(QStringLiteral("bash"),
                  QStringList{QStringLiteral("-c"), shell_prefix + QStringLiteral(" exec \"$0\" \"$@\""),
                              QStringLiteral(MTLORA_CLI)} +
                      arguments);
  }
  process.waitForFinished(120000);
  return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
          QString::fromUtf8(process.readAllStandardError())};
}

json run_json() {
  return {{"format", 1},
          {"model", {{"name_or_path", (data / "tiny-bert").string()}}},
          {"data", {{"task", "own"}, {"train_file", (data / "letters.csv").string()}, {"max_seq_length", 16}}},
          {"adapter", {{"method", "ctcm"}, {"r", 4}, {"target_modules", {"query", "value"}}}},
          {"train", {{"learning_rate", 1e-3}, {"max_steps", 4}, {"per_device_train_batch_size", 8}}}};
}

}  // namespace

class TestCli : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;

  QString path(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }
  QString write(const char* name, const std::string& text) const {
    write_file(path(name).toStdString(), text);
    return path(name);
  }

 private slots:
  void versionAndHelp() {
    const Answer version = run({QStringLiteral("--version")});
    QCOMPARE(version.code, 0);
    QVERIFY(version.out.contains(QStringLiteral("mtlora")));
    QCOMPARE(run({QStringLiteral("--help")}).code, 0);
    const Answer unknown = run({QStringLiteral("tarin")});
    QCOMPARE(unknown.code, 2);
    QVERIFY(unknown.err.startsWith(QStringLiteral("error: ")));
    QCOMPARE(unknown.err.count(QLatin1Char('\n')), 1);
  }

  void listsAreJson() {
    for (const char* command : {"options", "tasks", "models", "runs"}) {
      const Answer answer = run({QString::fromLatin1(command), QStringLiteral("--json")});
      QCOMPARE(answer.code, 0);
      QVERIFY2(json::parse(answer.out.toStdString()).is_array(), command);
    }
  }

  void trainsEvaluatesAndExports() {
    const QString file = write("run.json", run_json().dump());
    const Answer trained = run({QStringLiteral("train"), file, QStringLiteral("--out"), path("run")});
    QVERIFY2(trained.code == 0, qPrintable(trained.err));
    const json summary = json::parse(trained.out.toStdString());
    QCOMPARE(summary.at("status").get<std::string>(), std::string("completed"));
    QCOMPARE(summary.at("steps").get<int>(), 4);
    QCOMPARE(summary.at("trainable_parameters").get<int>(), 4 * (4 * 64 + 32) + 99);
    QCOMPARE(summary, json::parse(read_file(path("run/summary.json").toStdString())));

    const QString letters = QString::fromStdString((data / "letters.csv").string());
    const Answer scores = run({QStringLiteral("eval"), QStringLiteral("--adapter"), path("run"),
                               QStringLiteral("--task"), QStringLiteral("own"), QStringLiteral("--file"), letters});
    QVERIFY2(scores.code == 0, qPrintable(scores.err));
    QCOMPARE(json::parse(scores.out.toStdString()).at("examples").get<int>(), 240);

    const QString lines = write("lines.txt", "abx\ncdy\tzz\n\nx\n");
    const QStringList logits = {QStringLiteral("logits"), QStringLiteral("--adapter")};
    const Answer native = run(logits + QStringList{path("run"), lines});
    QCOMPARE(native.out.count(QLatin1Char('\n')), 4);
    for (const char* format : {"peft", "mtlora"}) {
      const Answer exported = run({QStringLiteral("export"), path("run"), QStringLiteral("--format"),
                                   QString::fromLatin1(format), QStringLiteral("--out"), path(format)});
      QVERIFY2(exported.code == 0, qPrintable(exported.err));
      const Answer again = run(logits + QStringList{path(format), lines});
      const QStringList first = native.out.split(QLatin1Char('\n')), second = again.out.split(QLatin1Char('\n'));
      for (int i = 0; i < 4; ++i) {
        const json a = json::parse(first[i].toStdString()), b = json::parse(second[i].toStdString());
        QCOMPARE(a.at("ids"), b.at("ids"));
        for (size_t j = 0; j < 3; ++j)
          QVERIFY(std::abs(a.at("logits")[j].get<double>() - b.at("logits")[j].get<double>()) < 1e-5);
      }
    }
    const Answer geometry = run({QStringLiteral("geometry"), path("run"), QStringLiteral("--json")});
    const json modules = json::parse(geometry.out.toStdString()).at("modules");
    QCOMPARE(modules.size(), size_t{4});
    QCOMPARE(modules.begin()->at("K").size(), size_t{4});
    QCOMPARE(run({QStringLiteral("geometry"), path("run"), QStringLiteral("--step"), QStringLiteral("3"),
                  QStringLiteral("--json")})
                 .code,
             2);

    // The exported adapter is where a new run goes on from.
    json continued = run_json();
    continued["adapter"]["adapter_name_or_path"] = path("peft").toStdString();
    const Answer further = run(
        {QStringLiteral("train"), write("further.json", continued.dump()), QStringLiteral("--out"), path("further")});
    QVERIFY2(further.code == 0, qPrintable(further.err));

    const Answer tokens = run({QStringLiteral("tokenize"), QStringLiteral("--model"),
                               QString::fromStdString((data / "tiny-bert").string()), lines});
    QCOMPARE(tokens.out, QStringLiteral("2 5 32 54 3\n2 7 34 55 3 30 56 3\n2 3\n2 28 3\n"));
  }

  void badInput_data() {
    QTest::addColumn<QString>("pointer");  // where in run.json
    QTest::addColumn<QString>("value");    // JSON
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* pointer, const std::string& value, int code, const char* says) {
      QTest::newRow(name) << QString::fromLatin1(pointer) << QString::fromStdString(value) << code
                          << QString::fromUtf8(says);
    };
    const auto csv = [this](const char* name, const std::string& text) {
      return json(write(name, text).toStdString()).dump();
    };
    row("unknown key", "/train/learning_rat", "1", 2, "learning_rate");
    row("unknown group", "/trian", "{}", 2, "train");
    row("out of range", "/train/learning_rate", "-1", 2, "train.learning_rate");
    row("wrong type", "/train/max_steps", "\"many\"", 2, "train.max_steps");
    row("newer format", "/format", "99", 2, "99");
    row("r too large", "/adapter/r", "40", 2, "40 is larger than the smaller side 32");
    row("target matches nothing", "/adapter/target_modules", "[\"nope\"]", 2, "'nope' matches no linear layer");
    row("unknown model", "/model/name_or_path", "\"minilmm\"", 2, "minilm");
    row("unknown task", "/data/task", "\"sst3\"", 2, "sst2");
    row("missing file", "/data/train_file", "\"/nowhere/train.csv\"", 3, "/nowhere/train.csv");
    row("empty file", "/data/train_file", csv("empty.csv", ""), 2, "empty.csv");
    row("no such column", "/data/text_column", "\"sentense\"", 2, "sentense");
    row("short row", "/data/train_file", csv("short.csv", "text,label\nab,p\ncd\nef,q\n"), 2, "row 2");
    row("not UTF-8", "/data/train_file",
        csv("bytes.csv",
            "text,label\nab,p\nc\xff"
            "d,q\n"),
        2, "row 2");
    row("sequence too long", "/data/max_seq_length", "400", 2, "40 positions");
  }
  void badInput() {
    QFETCH(QString, pointer);
    QFETCH(QString, value);
    QFETCH(int, code);
    QFETCH(QString, says);
    json config = run_json();
    config[json::json_pointer(pointer.toStdString())] = json::parse(value.toStdString());
    const Answer answer =
        run({QStringLiteral("train"), write("bad.json", config.dump()), QStringLiteral("--out"), path("bad")});
    QVERIFY2(answer.code == code, qPrintable(answer.err));
    const QString last = answer.err.trimmed().section(QLatin1Char('\n'), -1);
    QVERIFY2(last.startsWith(QStringLiteral("error: ")), qPrintable(answer.err));
    QVERIFY2(last.contains(says), qPrintable(last));
    QVERIFY(answer.out.isEmpty());
    QVERIFY(!QFile::exists(path("bad/adapter")));
  }

  void folderThatCannotBeWritten() {
    const QString file = write("run.json", run_json().dump());
    write("occupied", "a file");
    const Answer answer = run({QStringLiteral("train"), file, QStringLiteral("--out"), path("occupied/run")});
    QCOMPARE(answer.code, 3);
    QVERIFY(answer.err.contains(QStringLiteral("occupied")));
  }

  // A disk that is full in mid-checkpoint, by a limit on the size of files: the run fails in words, and what was saved
  // before is whole.
  void fullDiskInMidCheckpoint() {
    json config = run_json();
    config["train"]["max_steps"] = 6;
    config["train"]["save_steps"] = 2;
    config["train"]["geometry_steps"] = 0;
    const QString file = write("full.json", config.dump());
    const QStringList train = {QStringLiteral("train"), file, QStringLiteral("--out"), path("full"),
                               QStringLiteral("--resume")};
    QCOMPARE(run(train + QStringList{QStringLiteral("--set"), QStringLiteral("train.max_steps=2")}).code, 0);
    const qint64 kib = QFileInfo(path("full/checkpoints/2/optimizer.safetensors")).size() / 1024 - 2;
    const Answer answer = run(train, QStringLiteral("trap '' XFSZ; ulimit -f %1;").arg(kib));
    QVERIFY2(answer.code == 3, qPrintable(answer.err));
    QVERIFY2(answer.err.contains(QStringLiteral("optimizer.safetensors")), qPrintable(answer.err));
    QVERIFY(QFile::exists(path("full/checkpoints/2/state.json")));
    QCOMPARE(QDir(path("full/checkpoints")).entryList(QDir::Dirs | QDir::NoDotAndDotDot),
             QStringList{QStringLiteral("2")});
    const Answer after = run(train);
    QVERIFY2(after.code == 0, qPrintable(after.err));
  }
};

QTEST_GUILESS_MAIN(TestCli)
#include "test_cli.moc"
