// Every task, from the window: chosen in the form of New run, trained for some steps by its Start button, scored by its
// own metric on Live. The published files where they lie (MTLORA_SHARED_DATA), rows of our own in their layouts where
// they don't.
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTemporaryDir>

#include "base/json.h"
#include "engine/shared_data.h"
#include "pages/live/live_page.h"
#include "pages/new_run/new_run_page.h"
#include "pages/new_run/run_form.h"
#include "score_text.h"
#include "tiny_run.h"

using namespace mtlora;
using namespace mtlora::ui;

namespace {

constexpr int patience = 120'000;  // ms

// 24 rows a file, each label in turn.
QByteArray table(const QByteArray& head, const QByteArray& row, const QList<QByteArray>& labels) {
  QByteArray text = head + '\n';
  for (int i = 0; i < 24; ++i) {
    QByteArray line = row;
    line.replace("#", QByteArray::number(i));
    line.replace("LABEL", labels[i % labels.size()]);
    text += line + '\n';
  }
  return text;
}

}  // namespace

class TestTasks : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;

  QString write(const QString& path, const QByteArray& text) {
    const Path file = folder_.filePath(path).toStdString();
    std::filesystem::create_directories(file.parent_path());
    write_file(file, text.toStdString());
    return QString::fromStdString(file.string());
  }

 private Q_SLOTS:
  void initTestCase() {
    qputenv("MTLORA_HOME", folder_.filePath(QStringLiteral("home")).toUtf8());
    initialise();
    applyTheme(*qApp, ThemeMode::Light);
  }

  void everyTask_data() {
    QTest::addColumn<QString>("task");
    QTest::addColumn<QString>("train");
    QTest::addColumn<QString>("validation");  // empty: a part of the training rows
    QTest::addColumn<QString>("test");
    QTest::addColumn<QStringList>("scores");  // of the end
    QTest::addColumn<QString>("submission");  // the file of predictions, where the test rows have no labels
    const QString shared = QString::fromStdString(shared_data().string()) + u'/';
    const QString accuracy = QStringLiteral("accuracy");
    const auto row = [&](const char* task, const QString& train, const QString& validation, const QString& test,
                         const QStringList& scores, const char* submission = "") {
      QTest::newRow(task) << QString(task) << train << validation << test << scores << QString(submission);
    };
    const auto glue = [&](const char* task, const QString& name, const QStringList& scores, bool test = true,
                          const char* submission = "") {
      const QString folder = shared + "glue/" + name + '/';
      row(task, folder + "train.tsv", folder + "dev.tsv", test ? folder + "test.tsv" : QString(), scores, submission);
    };
    glue("cola", "CoLA", {"matthews_correlation"}, true, "CoLA.tsv");
    glue("sst2", "SST-2", {accuracy}, true, "SST-2.tsv");
    glue("mrpc", "MRPC", {accuracy, "f1"});
    glue("stsb", "STS-B", {"pearson", "spearman"});
    row("qnli", shared + "glue/QNLI/dev.tsv", "", "", {accuracy});
    // Not among the shared files.
    const QByteArray pair = "#\tThe cat # sat.\tA cat was there.\tLABEL";
    row("rte",
        write("RTE/train.tsv", table("index\tsentence1\tsentence2\tlabel", pair, {"entailment", "not_entailment"})), "",
        "", {accuracy});
    row("wnli", write("WNLI/train.tsv", table("index\tsentence1\tsentence2\tlabel", pair, {"0", "1"})), "", "",
        {accuracy});
    row("qqp",
        write("QQP/train.tsv", table("id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
                                     "#\t1\t2\tWhy # cats?\tHow many cats?\tLABEL", {"0", "1"})),
        "", "", {accuracy, "f1"});
    const QByteArray head = "index\tsentence1\tsentence2\tgold_label";
    const QList<QByteArray> three = {"entailment", "neutral", "contradiction"};
    write("MNLI/dev_mismatched.tsv", table(head, pair, three));
    row("mnli", write("MNLI/train.tsv", table(head, pair, three)),
        write("MNLI/dev_matched.tsv", table(head, pair, three)), "", {accuracy, "accuracy_mismatched"});
    row("banking77", "", "", "", {accuracy});
    row("own", QString::fromStdString((Path(MTLORA_TEST_DATA) / "letters.csv").string()), "", "", {accuracy});
    row("e2e", shared + "e2e/e2e-dataset/devset.csv", "", "", {"perplexity", "bleu_e2e", "nist"});
    row("webnlg", shared + "webnlg-2017/xml/train/2triples/2triples_Food_train_challenge.xml",
        shared + "webnlg-2017/xml/dev/2triples/2triples_Food_dev_challenge.xml", "", {"perplexity", "meteor_webnlg"});
    row("dart", shared + "dart/yale/dart-v1.1.1-full-dev.json", "", "", {"perplexity", "ter_webnlg"});
    row("instructions", shared + "instruct/alpaca_en_demo.json", "", "", {"perplexity"});
  }

  void everyTask() {
    QFETCH(QString, task);
    QFETCH(QString, train);
    QFETCH(QString, validation);
    QFETCH(QString, test);
    QFETCH(QStringList, scores);
    QFETCH(QString, submission);
    for (const QString& file : {train, validation, test}) {
      if (!file.isEmpty() && !QFile::exists(file))
        QSKIP(qPrintable(file + " is not there (MTLORA_SHARED_DATA names the folder of published files)."));
    }
    Studio studio;
    NewRunPage page(studio);
    LivePage live(studio);
    page.resize(1240, 840);
    live.resize(1240, 840);
    page.show();
    RunForm& form = *page.form();
    const Task described = [&] {
      for (const Task& each : list_tasks())
        if (each.name == task.toStdString()) return each;
      return Task();
    }();
    const bool writes = described.kind == TaskKind::Generation;
    form.set("model.name_or_path", writes ? "stories260K" : (Path(MTLORA_TEST_DATA) / "tiny-bert").string());
    form.set("data.task", task.toStdString());
    form.set("data.train_file", train.toStdString());
    form.set("data.validation_file", validation.toStdString());
    form.set("data.test_file", test.toStdString());
    form.set("data.max_train_samples", 60);
    form.set("data.max_eval_samples", writes ? 6 : 40);
    form.set("data.max_seq_length", writes ? 512 : 32);
    form.set("adapter.r", 2);
    form.set("adapter.target_modules", "all-linear");
    form.set("train.per_device_train_batch_size", 4);
    form.set("train.max_steps", 4);
    form.set("train.logging_steps", 1);
    form.set("generation.max_new_tokens", 8);
    form.set("output.output_dir", folder_.filePath("runs/" + task).toStdString());
    auto* start = page.findChild<QPushButton*>("start");
    QVERIFY2(QTest::qWaitFor([&] { return start->isEnabled() && page.missingContent().isEmpty(); }, patience),
             qPrintable(page.reason()));
    start->click();
    QVERIFY(QTest::qWaitFor([&] { return studio.run() && studio.run()->finished; }, patience));
    const RunData& run = *studio.run();
    QVERIFY2(run.finished->status == "completed", run.finished->message.c_str());
    QCOMPARE(run.steps.size(), size_t{4});
    live.show();

    const nlohmann::json summary = read_json(run.folder / "summary.json");
    for (const QString& score : scores) {
      QVERIFY2(summary["scores"].contains(score.toStdString()), summary["scores"].dump().c_str());
      QVERIFY2(summary["scores"][score.toStdString()].is_number(), summary["scores"].dump().c_str());
    }
    QCOMPARE(run.metric(), scores.front());
    bool said = false;
    for (const QLabel* label : live.findChildren<QLabel*>()) said |= label->text().contains(scoreTitle(scores.front()));
    for (const QTableWidget* table : live.findChildren<QTableWidget*>())
      for (int i = 0; i < table->rowCount(); ++i) said |= table->item(i, 0)->text() == scoreTitle(scores.front());
    QVERIFY2(said, qPrintable(scoreTitle(scores.front())));
    if (!submission.isEmpty()) QVERIFY(std::filesystem::exists(run.folder / "predictions" / submission.toStdString()));
  }

  // A new descriptor must be tried here, too.
  void noTaskIsForgotten() {
    QStringList there;
    for (const Task& task : list_tasks())
      if (task.trained_on.empty()) there << QString::fromStdString(task.name);
    there.sort();
    const QStringList tried = {"banking77", "cola", "dart", "e2e",  "instructions", "mnli",   "mrpc", "own",
                               "qnli",      "qqp",  "rte",  "sst2", "stsb",         "webnlg", "wnli"};
    QCOMPARE(there, tried);
  }
};

QTEST_MAIN(TestTasks)
#include "test_tasks.moc"
