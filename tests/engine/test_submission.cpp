// Predictions as GLUE's server takes them.
#include <QTest>
#include <limits>

#include "engine/data_files.h"
#include "eval/submission.h"

using namespace mtlora;

class TestSubmission : public QObject, DataFiles {
  Q_OBJECT

  std::string written(const Task& task, const std::vector<float>& predictions, const std::vector<int64_t>& numbers) {
    std::vector<TextRow> rows;
    for (const int64_t number : numbers) rows.push_back({"text", "", unlabelled, number});
    const Path path = Path(folder_.path().toStdString()) / task.submission_file;
    write_submission(path, task, task.labels, rows, predictions);
    return read_file(path);
  }

 private slots:
  void files_have_the_names_that_glue_asks_for() {
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"cola", "CoLA.tsv"}, {"sst2", "SST-2.tsv"},  {"mrpc", "MRPC.tsv"},      {"stsb", "STS-B.tsv"},
        {"qqp", "QQP.tsv"},   {"mnli", "MNLI-m.tsv"}, {"qnli", "QNLI.tsv"},      {"rte", "RTE.tsv"},
        {"wnli", "WNLI.tsv"}, {"ax", "AX.tsv"},       {"own", "predictions.tsv"}};
    for (const auto& [task, file] : expected) QCOMPARE(task_named(task).submission_file, file);
    QCOMPARE(task_named("mnli").also_scored[0].submission_file, std::string("MNLI-mm.tsv"));
  }

  void labels_are_written_as_glue_has_them() {
    QCOMPARE(written(task_named("cola"), {1, 0}, {1, 2}), std::string("index\tprediction\n0\t1\n1\t0\n"));
    QCOMPARE(written(task_named("mnli"), {2, 0, 1}, {1, 2, 3}),
             std::string("index\tprediction\n0\tcontradiction\n1\tentailment\n2\tneutral\n"));
    QCOMPARE(written(task_named("qnli"), {0, 1}, {1, 3}),  // a row between them was left out
             std::string("index\tprediction\n0\tentailment\n2\tnot_entailment\n"));
  }

  void values_are_kept_within_their_range() {
    QCOMPARE(written(task_named("stsb"), {2.34567f, -0.2f, 5.3f, 5, 0, 4.9996f}, {1, 2, 3, 4, 5, 6}),
             std::string("index\tprediction\n0\t2.346\n1\t0.000\n2\t5.000\n3\t5.000\n4\t0.000\n5\t5.000\n"));
    Task own = task_named("own");
    own.kind = TaskKind::Regression;
    QCOMPARE(written(own, {-7.25f}, {1}), std::string("index\tprediction\n0\t-7.250\n"));
  }

  void labels_of_ones_own_keep_to_their_field() {
    Task own = task_named("own");
    own.labels = {"a\tb\n", "c"};
    QCOMPARE(written(own, {0, 1}, {1, 2}), std::string("index\tprediction\n0\ta b \n1\tc\n"));
  }

  void what_can_not_be_written() {
    const Task task = task_named("stsb");
    const Path path = Path(folder_.path().toStdString()) / "none.tsv";
    const std::vector<TextRow> rows(2, {"text", "", unlabelled, 1});
    const std::vector<float> one = {1}, nan = {1, std::numeric_limits<float>::quiet_NaN()};
    QVERIFY_EXCEPTION_THROWN(write_submission(path, task, {}, rows, one), Error);
    QVERIFY_EXCEPTION_THROWN(write_submission(path, task, {}, rows, nan), Error);
    QVERIFY(!std::filesystem::exists(path));
  }
};

QTEST_APPLESS_MAIN(TestSubmission)
#include "test_submission.moc"
