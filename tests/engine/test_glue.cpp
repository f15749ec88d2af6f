// The tasks of GLUE in the layouts in which their files are found: GLUE's own downloads, Hugging Face's, a person's
// CSV.
#include <QTest>
#include <map>

#include "engine/data_files.h"

using namespace mtlora;

namespace {

constexpr const char* glue_is_missing = "GLUE is not here: set MTLORA_SHARED_DATA to the shared data.";

Path shared_glue() {
  const char* moved = std::getenv("MTLORA_SHARED_DATA");
  return (moved && *moved ? Path(moved) : Path(MTLORA_SOURCE_DIR "/../shared/data")) / "glue";
}

// "text | pair | label" of each row, labels by name.
std::string shown(const Split& split, const std::vector<std::string>& labels) {
  std::string text;
  for (const TextRow& row : split.rows) {
    const std::string label = row.label == unlabelled ? "?"
                              : labels.empty()        ? QByteArray::number(row.label).toStdString()
                                                      : labels.at(static_cast<size_t>(row.label));
    text += row.text + " | " + row.text_pair + " | " + label + "\n";
  }
  return text;
}

struct Layout {
  std::string task;
  std::string train, test;  // TSV, as GLUE has them
  std::string json_lines;   // as Hugging Face has them
  std::string csv;          // a person's
  std::string rows;         // of training, in any of the three
};

// Each with two rows; every text is made up.
const std::vector<Layout> layouts = {
    {"cola", "xx01\t1\t\tIt \"rains.\nxx01\t0\t*\tRains it.\n", "index\tsentence\n0\tIt snows.\n",
     R"({"sentence": "It \"rains.", "label": 1, "idx": 0}
{"sentence": "Rains it.", "label": 0, "idx": 1})",
     "label,sentence\nacceptable,\"It \"\"rains.\"\nunacceptable,Rains it.\n",
     "It \"rains. |  | 1\nRains it. |  | 0\n"},
    {"sst2", "sentence\tlabel\na joy \t1\na bore \t0\n", "index\tsentence\n0\ta film\n",
     R"({"idx": 0, "sentence": "a joy ", "label": 1}
{"idx": 1, "sentence": "a bore ", "label": 0})",
     "sentence,label\na joy ,positive\na bore ,negative\n", "a joy  |  | 1\na bore  |  | 0\n"},
    {"mrpc",
     "\xEF\xBB\xBFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t11\t12\tHe \"left\tHe went .\n0\t13\t14\tA\tB\n",
     "\xEF\xBB\xBFindex\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\tC\tD\n",
     R"({"sentence1": "He \"left", "sentence2": "He went .", "label": 1, "idx": 0}
{"sentence1": "A", "sentence2": "B", "label": 0, "idx": 1})",
     "sentence1,sentence2,label\n\"He \"\"left\",He went .,equivalent\nA,B,not_equivalent\n",
     "He \"left | He went . | 1\nA | B | 0\n"},
    {"stsb",
     "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"
     "0\tg\tf\t2012\t1\tnone\tnone\tA\tB\t3.750\n1\tg\tf\t2012\t2\tnone\tnone\tC\tD\t0.000\n",
     "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\n"
     "0\tg\tf\t2012\t1\tnone\tnone\tE\tF\n",
     R"({"sentence1": "A", "sentence2": "B", "label": 3.75, "idx": 0}
{"sentence1": "C", "sentence2": "D", "label": 0.0, "idx": 1})",
     "sentence1,sentence2,score\nA,B,3.75\nC,D,0\n", "A | B | 3.75\nC | D | 0\n"},
    {"qqp", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n7\t1\t2\tWhy?\tHow so?\t1\n8\t3\t4\tWho?\tWhen?\t0\n",
     "id\tquestion1\tquestion2\n0\tWhat?\tWhich?\n",
     R"({"question1": "Why?", "question2": "How so?", "label": 1, "idx": 0}
{"question1": "Who?", "question2": "When?", "label": 0, "idx": 1})",
     "question1,question2,is_duplicate\nWhy?,How so?,duplicate\nWho?,When?,not_duplicate\n",
     "Why? | How so? | 1\nWho? | When? | 0\n"},
    {"mnli",
     "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse"
     "\tsentence1\tsentence2\tlabel1\tgold_label\n"
     "0\t1\t1n\tg\t(\t(\t(\t(\tIt rains\tIt pours\tneutral\tneutral\n"
     "1\t2\t2e\tg\t(\t(\t(\t(\tA dog runs\tIt moves\tneutral\tentailment\n",
     "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse"
     "\tsentence1\tsentence2\n0\t3\t3x\tg\t(\t(\t(\t(\tX\tY\n",
     R"({"premise": "It rains", "hypothesis": "It pours", "label": 1, "idx": 0}
{"premise": "A dog runs", "hypothesis": "It moves", "label": 0, "idx": 1})",
     "premise,hypothesis,label\nIt rains,It pours,neutral\nA dog runs,It moves,entailment\n",
     "It rains | It pours | neutral\nA dog runs | It moves | entailment\n"},
    {"qnli", "index\tquestion\tsentence\tlabel\n0\tWho?\tBo did.\tentailment\n1\tWhen?\tBo did.\tnot_entailment\n",
     "index\tquestion\tsentence\n0\tWhere?\tHere.\n",
     R"({"question": "Who?", "sentence": "Bo did.", "label": 0, "idx": 0}
{"question": "When?", "sentence": "Bo did.", "label": 1, "idx": 1})",
     "question,sentence,label\nWho?,Bo did.,entailment\nWhen?,Bo did.,not_entailment\n",
     "Who? | Bo did. | entailment\nWhen? | Bo did. | not_entailment\n"},
    {"rte", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tnot_entailment\n1\tC\tD\tentailment\n",
     "index\tsentence1\tsentence2\n0\tE\tF\n",
     R"({"sentence1": "A", "sentence2": "B", "label": 1, "idx": 0}
{"sentence1": "C", "sentence2": "D", "label": 0, "idx": 1})",
     "premise,hypothesis,label\nA,B,not_entailment\nC,D,entailment\n", "A | B | not_entailment\nC | D | entailment\n"},
    {"wnli", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\t1\n1\tC\tD\t0\n", "index\tsentence1\tsentence2\n0\tE\tF\n",
     R"({"sentence1": "A", "sentence2": "B", "label": 1, "idx": 0}
{"sentence1": "C", "sentence2": "D", "label": 0, "idx": 1})",
     "sentence1,sentence2,label\nA,B,entailment\nC,D,not_entailment\n", "A | B | 1\nC | D | 0\n"},
};

}  // namespace

class TestGlue : public QObject, DataFiles {
  Q_OBJECT

  static DataOptions options_of(const std::string& task, const std::string& train) {
    DataOptions options;
    options.task = task;
    options.train_file = train;
    options.validation_split = 0;
    return options;
  }

 private slots:
  void layouts_of_the_downloads_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < layouts.size(); ++i) QTest::newRow(layouts[i].task.c_str()) << static_cast<int>(i);
  }
  void layouts_of_the_downloads() {
    QFETCH(int, index);
    const Layout& layout = layouts[static_cast<size_t>(index)];
    DataOptions options = options_of(layout.task, write("train.tsv", layout.train));
    options.validation_file = write("dev.tsv", layout.train);
    options.test_file = write("test.tsv", layout.test);
    const Rows rows = load(options);
    QCOMPARE(shown(rows.train, rows.labels), layout.rows);
    QCOMPARE(shown(rows.validation, rows.labels), layout.rows);
    QCOMPARE(rows.test.rows.size(), size_t{1});
    QVERIFY(rows.train.labelled && rows.validation.labelled && !rows.test.labelled);
    QCOMPARE(rows.test.rows[0].label, unlabelled);
    QVERIFY(!rows.test.rows[0].text.empty());
    QCOMPARE(rows.test.rows[0].text_pair.empty(), layout.task == "cola" || layout.task == "sst2");

    options.validation_file = options.test_file;  // nothing could be scored
    const Error error = error_of(options);
    QVERIFY2(std::string(error.what()).find("test.tsv' has no column '") != std::string::npos, error.what());
  }

  void layouts_of_hugging_face_and_of_ones_own_data() { layouts_of_the_downloads_data(); }
  void layouts_of_hugging_face_and_of_ones_own() {
    QFETCH(int, index);
    const Layout& layout = layouts[static_cast<size_t>(index)];
    DataOptions options = options_of(layout.task, write("train.jsonl", layout.json_lines));
    options.validation_file = write("validation.csv", layout.csv);
    // The same rows with their labels kept back.
    std::string kept_back = layout.json_lines;
    for (size_t at = 0; (at = kept_back.find("\"label\": ", at)) != std::string::npos;) {
      at += std::string("\"label\": ").size();
      kept_back.replace(at, kept_back.find_first_of(",}", at) - at, layout.task == "stsb" ? "-1.0" : "-1");
    }
    options.test_file = write("test.jsonl", kept_back);
    const Rows rows = load(options);
    QCOMPARE(shown(rows.train, rows.labels), layout.rows);
    QCOMPARE(shown(rows.validation, rows.labels), layout.rows);
    QCOMPARE(rows.test.rows.size(), size_t{2});
    QVERIFY(!rows.test.labelled);

    options.validation_file = options.test_file;
    check(error_of(options), "row 1 of '" + options.test_file + "' has no label", "", "data.validation_file");
  }

  void test_files_with_labels_are_scored() {
    DataOptions options = options_of("sst2", write("train.tsv", "sentence\tlabel\na\t1\nb\t0\n"));
    options.test_file = write("test.tsv", "sentence\tlabel\nc\t0\n");
    QVERIFY(load(options).test.labelled);
    options.test_file = write("test.tsv", "sentence\tlabel\nc\t0\nd\t-1\n");  // some have them, so all must
    check(error_of(options), "row 2 of '" + options.test_file + "' has no label", "", "data.test_file");
    options.test_file = write("test.tsv", "sentence\tlabel\nc\t\nd\t\n");
    QVERIFY(!load(options).test.labelled);
    options.test_file = write("test.tsv", "sentence\tlabel\nc\t2\n");
    check(error_of(options), "has the label '2', which is not one of the 2 known", "", "data.test_file");
  }

  void a_short_line_of_qqp_is_left_out() {
    const Split train = load(options_of("qqp", write("train.tsv",
                                                     "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t1\t2\ta\tb"
                                                     "\t1\n2\t3\t4\tcut\n3\t5\t6\tc\td\t0\n")))
                            .train;
    QCOMPARE(train.rows.size(), size_t{2});
    QCOMPARE(train.rows[1].row, 3);
    QCOMPARE(train.skipped, 1);
  }

  void the_mismatched_and_the_diagnostic_set_are_found_beside() {
    const Path folder = Path(folder_.path().toStdString());
    make_folder(folder / "MNLI");
    make_folder(folder / "diagnostic");
    const std::string header = "index\tsentence1\tsentence2\tgold_label\n";
    DataOptions options = options_of("mnli", write("MNLI/train.tsv", header + "0\ta\tb\tneutral\n"));
    options.validation_file = write("MNLI/dev_matched.tsv", header + "0\tc\td\tneutral\n");
    QVERIFY(load(options).also.empty());
    write("MNLI/dev_mismatched.tsv", header + "0\te\tf\tcontradiction\n1\tg\th\tentailment\n");
    options.test_file = write("MNLI/test_matched.tsv", "index\tsentence1\tsentence2\n0\ti\tj\n");
    write("MNLI/test_mismatched.tsv", "index\tsentence1\tsentence2\n0\tk\tl\n");
    write("diagnostic/diagnostic.tsv", "index\tsentence1\tsentence2\n0\tm\tn\n1\to\tp\n");
    Rows rows = load(options);
    QCOMPARE(rows.also.size(), size_t{3});
    QCOMPARE(rows.also[0].name, std::string("mismatched"));
    QVERIFY(!rows.also[0].test && rows.also[0].split.labelled);
    QCOMPARE(shown(rows.also[0].split, rows.labels), std::string("e | f | contradiction\ng | h | entailment\n"));
    QVERIFY(rows.also[1].test && !rows.also[1].split.labelled);
    QCOMPARE(rows.also[1].submission_file, std::string("MNLI-mm.tsv"));
    QCOMPARE(rows.also[2].name, std::string("diagnostic"));
    QCOMPARE(rows.also[2].submission_file, std::string("AX.tsv"));
    QCOMPARE(rows.also[2].split.rows.size(), size_t{2});

    // As Hugging Face names them.
    make_folder(folder / "mnli");
    make_folder(folder / "ax");
    const std::string row = "{\"premise\": \"a\", \"hypothesis\": \"b\", \"label\": 2, \"idx\": 0}\n";
    const std::string kept_back = "{\"premise\": \"a\", \"hypothesis\": \"b\", \"label\": -1, \"idx\": 0}\n";
    options = options_of("mnli", write("mnli/train.jsonl", row));
    options.validation_file = write("mnli/validation_matched.jsonl", row);
    options.test_file = write("mnli/test_matched.jsonl", kept_back);
    write("mnli/validation_mismatched.jsonl", row + row);
    write("mnli/test_mismatched.jsonl", kept_back);
    write("ax/test.jsonl", kept_back);
    rows = load(options);
    QCOMPARE(rows.also.size(), size_t{3});
    QCOMPARE(rows.also[0].split.rows.size(), size_t{2});
    QCOMPARE(rows.also[2].submission_file, std::string("AX.tsv"));
  }

  void the_diagnostic_task_is_scored_by_models_of_mnli() {
    DataOptions options;
    options.task = "ax";
    options.test_file = write("diagnostic.tsv", "index\tsentence1\tsentence2\n0\ta\tb\n");
    check(error_of(options), "has no training rows: it is scored by a model that was trained on 'mnli'", "mnli",
          "data.task");
    const Task ax = task_named("ax"), mnli = task_named("mnli");
    QCOMPARE(ax.labels, mnli.labels);
    const std::string full = write("diagnostic-full.tsv",
                                   "Lexical Semantics\tPredicate-Argument Structure\tLogic\tKnowledge\tDomain\tPremise"
                                   "\tHypothesis\tLabel\n\t\tNegation\t\tArtificial\ta\tb\tcontradiction\n");
    QCOMPARE(shown(load_file(ax, full, mnli.labels), mnli.labels), std::string("a | b | contradiction\n"));
    const Split unscored = load_file(ax, options.test_file, mnli.labels, Labels::MayLack);
    QVERIFY(!unscored.labelled);
    QVERIFY_EXCEPTION_THROWN(load_file(ax, options.test_file, mnli.labels), Error);
    // A model that numbers the same labels in another order.
    QCOMPARE(load_file(ax, full, {"contradiction", "neutral", "entailment"}).rows[0].label, 0.0f);
  }

  void scores_are_those_that_glue_reports() {
    const std::map<std::string, std::vector<std::string>> expected = {{"cola", {"matthews_correlation"}},
                                                                      {"sst2", {"accuracy"}},
                                                                      {"mrpc", {"accuracy", "f1"}},
                                                                      {"stsb", {"pearson", "spearman"}},
                                                                      {"qqp", {"accuracy", "f1"}},
                                                                      {"mnli", {"accuracy"}},
                                                                      {"qnli", {"accuracy"}},
                                                                      {"rte", {"accuracy"}},
                                                                      {"wnli", {"accuracy"}},
                                                                      {"ax", {"matthews_correlation"}}};
    for (const auto& [name, metrics] : expected) QCOMPARE(task_named(name).metrics, metrics);
  }

  // Rows and labels as counted apart from the program.
  void real_files_load_data() {
    QTest::addColumn<QString>("task");
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("rows");
    QTest::addColumn<QList<int>>("labels");  // rows of each class; none: the labels are kept back
    const auto row = [](const char* task, const char* file, int rows, const QList<int>& labels) {
      QTest::newRow(file) << QString(task) << QString(file) << rows << labels;
    };
    row("cola", "CoLA/train.tsv", 8551, {2528, 6023});
    row("cola", "CoLA/dev.tsv", 1043, {322, 721});
    row("cola", "CoLA/test.tsv", 1063, {});
    row("sst2", "SST-2/train.tsv", 67349, {29780, 37569});
    row("sst2", "SST-2/dev.tsv", 872, {428, 444});
    row("sst2", "SST-2/test.tsv", 1821, {});
    row("mrpc", "MRPC/train.tsv", 3667, {1194, 2473});
    row("mrpc", "MRPC/msr_paraphrase_train.txt", 4076, {1323, 2753});
    row("mrpc", "MRPC/dev.tsv", 408, {129, 279});
    row("mrpc", "MRPC/test.tsv", 1725, {});
    row("qnli", "QNLI/dev.tsv", 5463, {2702, 2761});
    row("mnli", "MNLI/dev_matched.head1.tsv", 1, {0, 1, 0});
    row("ax", "diagnostic/diagnostic.tsv", 1104, {});
  }
  void real_files_load() {
    if (!std::filesystem::exists(shared_glue())) QSKIP(glue_is_missing);
    QFETCH(QString, task);
    QFETCH(QString, file);
    QFETCH(int, rows);
    QFETCH(QList<int>, labels);
    const Task named = task_named(task.toStdString());
    const Split split = load_file(named, shared_glue() / file.toStdString(), named.labels, Labels::MayLack);
    QCOMPARE(split.rows.size(), static_cast<size_t>(rows));
    QCOMPARE(split.labelled, !labels.empty());
    QCOMPARE(split.skipped, 0);
    QList<int> counts(labels.size());
    for (const TextRow& row : split.rows) {
      if (split.labelled) ++counts[static_cast<int>(row.label)];
    }
    QCOMPARE(counts, labels);
  }

  void real_values_load() {
    if (!std::filesystem::exists(shared_glue())) QSKIP(glue_is_missing);
    DataOptions options = options_of("stsb", (shared_glue() / "STS-B" / "train.tsv").string());
    options.validation_file = (shared_glue() / "STS-B" / "dev.tsv").string();
    options.test_file = (shared_glue() / "STS-B" / "test.tsv").string();
    const Rows rows = load(options);
    const auto mean_of = [](const Split& split) {
      double sum = 0;
      for (const TextRow& row : split.rows) sum += static_cast<double>(row.label);
      return sum / static_cast<double>(split.rows.size());
    };
    QCOMPARE(rows.train.rows.size(), size_t{5749});
    QVERIFY(std::abs(mean_of(rows.train) - 2.7009990253653395) < 1e-6);
    QCOMPARE(rows.validation.rows.size(), size_t{1500});
    QVERIFY(std::abs(mean_of(rows.validation) - 2.363907555555555) < 1e-6);
    QCOMPARE(rows.test.rows.size(), size_t{1379});
    QVERIFY(!rows.test.labelled);
    QCOMPARE(rows.test.rows[0].text, std::string("A girl is styling her hair."));
  }
};

QTEST_APPLESS_MAIN(TestGlue)
#include "test_glue.moc"
