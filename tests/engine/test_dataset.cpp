// From task descriptors and files to rows and examples; what is wrong with a file is said with its row.
#include <QTemporaryDir>
#include <QTest>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/paths.h"
#include "data/columns.h"
#include "data/dataset.h"

using namespace mtlora;

namespace {

// Words of a text by their length. Throws on the word "bad", after a while on "slow".
class LengthTokenizer : public Tokenizer {
 public:
  Encoding encode(std::string_view text, const std::string_view* pair, int64_t max_length) const override {
    Encoding encoding;
    add(text, 0, encoding);
    if (pair) add(*pair, 1, encoding);
    const auto limit = static_cast<size_t>(max_length);
    if (max_length > 0 && encoding.input_ids.size() > limit) {
      encoding.tokens_cut = std::ssize(encoding.input_ids) - max_length;
      encoding.input_ids.resize(limit);
      encoding.token_type_ids.resize(limit);
    }
    return encoding;
  }
  std::string token_text(int32_t) const override { return {}; }
  int64_t vocabulary_size() const override { return 100; }

 private:
  static void add(std::string_view text, int32_t type, Encoding& encoding) {
    while (!text.empty()) {
      const size_t end = std::min(text.find(' '), text.size());
      if (text.substr(0, end) == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(30));
      if (text.substr(0, end) == "bad") throw bad_input("bad word in '" + std::string(text) + "'");
      encoding.input_ids.push_back(static_cast<int32_t>(end));
      encoding.token_type_ids.push_back(type);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
};

std::vector<std::string> texts_of(const std::vector<TextRow>& rows) {
  std::vector<std::string> texts;
  for (const TextRow& row : rows) texts.push_back(row.text);
  return texts;
}

std::map<float, size_t> counts_of(const std::vector<TextRow>& rows) {
  std::map<float, size_t> counts;
  for (const TextRow& row : rows) ++counts[row.label];
  return counts;
}

}  // namespace

class TestDataset : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  std::string write(const std::string& name, const std::string& text) {
    const Path path = Path(folder_.path().toStdString()) / name;
    write_file(path, text);
    return path.string();
  }

  DataOptions own(const std::string& name, const std::string& text) {
    DataOptions options;
    options.task = "own";
    options.train_file = write(name, text);
    options.validation_split = 0;
    return options;
  }

  // A file of so many rows for each class, sorted by class.
  std::string table_of(const std::vector<int>& rows_of_class) {
    std::string text = "text,label\n";
    for (size_t c = 0; c < rows_of_class.size(); ++c) {
      for (int i = 0; i < rows_of_class[c]; ++i)
        text += std::to_string(c) + "/" + std::to_string(i) + ",c" + std::to_string(c) + "\n";
    }
    return text;
  }

  static Rows load(const DataOptions& options, int64_t seed = 0) {
    return load_rows(resolve_task(options), options, seed);
  }

  static Task task_named(const std::string& name) {
    DataOptions options;
    options.task = name;
    return resolve_task(options);
  }

  // The error that loading gives: message, hint, field.
  static Error error_of(const DataOptions& options) {
    try {
      load(options);
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorCode::Internal, "no error at all");
  }
  static void check(const Error& error, const std::string& end, const std::string& hint, const std::string& field,
                    ErrorCode code = ErrorCode::BadInput) {
    const std::string found = std::string(error.what()) + " | " + error.hint() + " | " + error.field();
    QVERIFY2(std::string(error.what()).ends_with(end), found.c_str());
    QVERIFY2(error.hint().find(hint) != std::string::npos, found.c_str());
    QVERIFY2(error.field() == field, found.c_str());
    QVERIFY2(error.code() == code, found.c_str());
  }

 private slots:
  void tasks_are_listed() {
    std::vector<std::string> names;
    for (const Task& task : list_tasks()) names.push_back(task.name);
    QCOMPARE(names, (std::vector<std::string>{"banking77", "sst2", "stsb", "own"}));
    const Task banking = list_tasks()[0];
    QVERIFY(banking.bundled && !banking.licence.empty() && !banking.attribution.empty());
    QCOMPARE(banking.labels.size(), size_t{77});
    QCOMPARE(banking.labels[11], std::string("lost_or_stolen_card"));
    QCOMPARE(list_tasks()[1].label_names, (std::vector<std::string>{"negative", "positive"}));
  }

  void unknown_tasks_are_refused() {
    DataOptions options;
    options.task = "bankng77";
    check(error_of(options), "there is no task 'bankng77'", "Did you mean 'banking77'?", "data.task");
  }

  void a_task_without_its_file_asks_for_it() {
    DataOptions options;
    options.task = "sst2";
    check(error_of(options), "the task 'sst2' has no training file", "data.train_file", "data.train_file");
    options.task = "own";
    check(error_of(options), "the task 'own' has no training file", "data.train_file", "data.train_file");
    options.train_file = "/nowhere/train.csv";
    check(error_of(options), "No such file or directory", "", "data.train_file", ErrorCode::File);
  }

  void broken_descriptors_are_named() {
    const Path datasets = Path(folder_.path().toStdString()) / "program" / "datasets";
    make_folder(datasets);
    const auto message = [&](const std::string& json) {
      write_file(datasets / "odd.json", json);
      try {
        list_tasks();
      } catch (const Error& error) {
        return std::string(error.what()) + " | " + error.hint();
      }
      return std::string();
    };
    qputenv("MTLORA_DATA_DIR", QByteArray::fromStdString(datasets.parent_path().string()));
    QVERIFY(message("{\"lables\": []}")
                .ends_with("odd.json' can't be used: it has an unknown key 'lables' | Did you mean 'labels'?"));
    QVERIFY(message("{\"kind\": \"ranking\"}").find("'kind' is 'ranking'") != std::string::npos);
    QVERIFY(message("{\"header\": \"no\"}").find("'header' has the wrong type: \"no\"") != std::string::npos);
    QVERIFY(message("{\"header\": false}").find("belong together") != std::string::npos);
    QVERIFY(message("{\"labels\": [\"a\"], \"label_names\": [\"b\", \"c\"]}").find("2 label_names for 1 labels") !=
            std::string::npos);
    QVERIFY(message("{").find("is not valid JSON") != std::string::npos);
    QVERIFY(message("[]").find("is not a JSON object") != std::string::npos);
    qunsetenv("MTLORA_DATA_DIR");
  }

  void a_descriptor_without_header_that_skips_short_rows() {
    const Path datasets = Path(folder_.path().toStdString()) / "program" / "datasets";
    make_folder(datasets);
    qputenv("MTLORA_DATA_DIR", QByteArray::fromStdString(datasets.parent_path().string()));
    // As CoLA: four columns that the file does not name.
    write_file(datasets / "odd.json", R"({"header": false, "columns": ["source", "label", "mark", "sentence"],
        "text_column": "sentence", "label_column": "label", "labels": ["0", "1"], "skip_short_rows": true})");
    DataOptions options;
    options.task = "odd";
    options.validation_split = 0;
    options.train_file = write("cola.tsv",
                               "gj\t1\t\tHe left.\ngj\t1\ngj\t0\t*\tLeft he \"not.\n\ngj\t1\t\t\n"
                               "\t1\n");
    check(error_of(options), "cola.tsv' has no text", "", "data.train_file");
    options.train_file = write("cola.tsv", "gj\t1\t\tHe left.\ngj\t1\ngj\t0\t*\tLeft he \"not.\n\nx\n");
    const Rows rows = load(options);
    QCOMPARE(texts_of(rows.train.rows), (std::vector<std::string>{"He left.", "Left he \"not."}));
    QCOMPARE(rows.train.rows[1].row, 3);
    QCOMPARE(rows.train.rows[1].label, 0.0f);
    QCOMPARE(rows.train.skipped, 2);
    QCOMPARE(rows.train.skipped_rows[1].row, 4);
    QCOMPARE(rows.train.skipped_rows[1].message, std::string("has 1 field where 4 are expected"));
    options.train_file = write("cola.tsv", "gj\t1\t\tHe left.\ta\tb\n");  // too many are no reason to skip
    check(error_of(options), "has 6 fields where 4 are expected", "", "data.train_file");
    qunsetenv("MTLORA_DATA_DIR");
  }

  void banking77_is_held_out_by_class() {
    DataOptions options;
    const Rows rows = load(options);
    QCOMPARE(rows.labels.size(), size_t{77});
    QCOMPARE(rows.train.rows.size(), size_t{9003});
    QCOMPARE(rows.validation.rows.size(), size_t{1000});
    QCOMPARE(rows.test.rows.size(), size_t{3080});
    const auto train = counts_of(rows.train.rows), validation = counts_of(rows.validation.rows);
    for (const auto& [label, count] : train) {
      const double tenth = 0.1 * static_cast<double>(count + validation.at(label));
      QVERIFY(std::abs(static_cast<double>(validation.at(label)) - tenth) < 1);
    }
    for (const auto& [label, count] : counts_of(rows.test.rows)) QCOMPARE(count, size_t{40});

    // Together they are the file; the training rows in its order, the others not.
    std::set<int64_t> numbers;
    for (const auto* split : {&rows.train, &rows.validation}) {
      for (const TextRow& row : split->rows) QVERIFY(numbers.insert(row.row).second);
    }
    QCOMPARE(numbers.size(), size_t{10003});
    QVERIFY(std::ranges::is_sorted(rows.train.rows, {}, &TextRow::row));
    QVERIFY(!std::ranges::is_sorted(rows.validation.rows, {}, &TextRow::row));

    QCOMPARE(texts_of(load(options).validation.rows), texts_of(rows.validation.rows));
    QVERIFY(texts_of(load(options, 1).validation.rows) != texts_of(rows.validation.rows));

    options.max_eval_samples = 100;
    options.max_train_samples = 4000;
    const Rows fewer = load(options);
    QCOMPARE(fewer.train.rows.size(), size_t{3600});
    QCOMPARE(fewer.validation.rows.size(), size_t{100});
    QCOMPARE(fewer.test.rows.size(), size_t{100});
    QVERIFY(counts_of(fewer.validation.rows).size() > 15);  // not the first class alone

    options.validation_split = 0;
    QCOMPARE(load(options).train.rows.size(), size_t{4000});
    QVERIFY(load(options).validation.rows.empty());
  }

  void small_classes_are_held_out_fairly() {
    DataOptions options = own("small.csv", table_of({5, 5, 5, 5, 5, 5, 5, 5, 1, 2}));
    options.validation_split = 0.1;
    const Rows rows = load(options);
    QCOMPARE(rows.validation.rows.size(), size_t{4});  // of 43
    for (const auto& [label, count] : counts_of(rows.validation.rows)) QVERIFY(count == 1 && label != 8);

    options.validation_split = 0.9;  // a class keeps a row, whatever is asked for
    QCOMPARE(counts_of(load(options).train.rows).size(), size_t{10});
    options = own("few.csv", table_of({2, 1}));
    options.validation_split = 0.1;  // at least one row
    QCOMPARE(load(options).validation.rows.size(), size_t{1});
    options = own("fewer.csv", table_of({1, 1}));
    options.validation_split = 0.5;
    QVERIFY(load(options).validation.rows.empty());
  }

  void own_files_find_their_labels() {
    const Rows rows = load(own("a.csv", "text,label\nx,b\ny,a\nz,b\n"));
    QCOMPARE(rows.labels, (std::vector<std::string>{"a", "b"}));
    QCOMPARE(rows.train.rows[0].label, 1.0f);
    // Numbers by value.
    QCOMPARE(load(own("n.csv", "text,label\nx,10\ny,9\nz,-1\n")).labels, (std::vector<std::string>{"-1", "9", "10"}));
    check(error_of(own("one.csv", "text,label\nx,b\ny,b\n")),
          "have the same label 'b', where at least two are needed to learn from", "'label'", "data.label_column");
  }

  void own_files_are_classes_or_values() {
    const auto kind_of = [&](const std::vector<std::string>& labels) {
      std::string text = "text,label\n";
      for (const auto& label : labels) text += "x," + label + "\n";
      const Task task = resolve_task(own("kind.csv", text));
      const bool regression = task.kind == TaskKind::Regression;
      if (task.metrics[0] != (regression ? "pearson" : "accuracy")) throw std::runtime_error("metrics");
      return std::string(regression ? "values" : "classes");
    };
    std::vector<std::string> numbered, spread;
    for (int i = 0; i < 77; ++i) {
      numbered.push_back(std::to_string(i));
      spread.push_back(std::to_string(3 * i));
    }
    QCOMPARE(kind_of({"0", "1", "1"}), std::string("classes"));
    QCOMPARE(kind_of({"0.0", "1.0"}), std::string("classes"));
    QCOMPARE(kind_of({"0", "1", "1.5"}), std::string("values"));
    QCOMPARE(kind_of({"0.5", "1", "high"}), std::string("classes"));
    QCOMPARE(kind_of(numbered), std::string("classes"));
    QCOMPARE(kind_of(spread), std::string("values"));
    spread.resize(50);
    QCOMPARE(kind_of(spread), std::string("classes"));
    QCOMPARE(kind_of({"nan", "1.5"}), std::string("classes"));
  }

  void columns_are_guessed() {
    const auto guess = [&](const std::string& name, const std::string& text) {
      const Task task = resolve_task(own(name, text));
      return task.text_column + "/" + task.text_pair_column + "/" + task.label_column;
    };
    QCOMPARE(guess("1.csv", "id,Category,Review\n1,a,x\n2,b,y\n"), std::string("Review//Category"));
    QCOMPARE(guess("2.tsv", "index\tquestion\tsentence\tlabel\n1\ta\tx\tno\n2\tb\ty\tyes\n"),
             std::string("question/sentence/label"));
    QCOMPARE(guess("3.tsv", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t2\t3\ta\tb\n0\t2\t3\ta\tb\n"),
             std::string("#1 String/#2 String/Quality"));
    QCOMPARE(guess("4.jsonl",
                   "{\"premise\": \"a\", \"hypothesis\": \"b\", \"gold_label\": \"x\"}\n{\"gold_label\": \"y\", "
                   "\"premise\": \"a\"}\n"),
             std::string("premise/hypothesis/gold_label"));
    // Names say nothing: the label comes again, the text is long.
    QCOMPARE(
        guess("5.csv",
              "n,who,what,mood\n1,al,a long text,up\n2,bo,another text,down\n3,cy,the third,up\n4,di,and a last,up\n"),
        std::string("what//mood"));
    QCOMPARE(guess("6.csv", "p,q\na longer one,x\nthe other one,y\n"), std::string("p//q"));

    DataOptions options = own("7.csv", "id,text,body\n1,a,x\n2,b,y\n3,c,x\n4,d,x\n");
    options.text_column = "body";
    options.label_column = "id";
    const Task task = resolve_task(options);  // what is given is never changed
    QCOMPARE(task.text_column + task.text_pair_column + task.label_column, std::string("bodyid"));
    check(error_of(own("8.csv", "a,b,c\n1,2,3\n4,5,6\n")), "its columns are 'a', 'b', 'c'", "data.label_column",
          "data.label_column");
  }

  void missing_columns_are_named() {
    DataOptions options = own("c.csv", "text,category\nx,a\ny,b\n");
    options.text_column = "txt";
    options.label_column = "category";
    check(error_of(options), "c.csv' has no column 'txt'; its columns are 'text', 'category'", "Did you mean 'text'?",
          "data.text_column");
    options.text_column = "text";
    options.label_column = "kategorie";
    check(error_of(options), "has no column 'kategorie'; its columns are 'text', 'category'",
          "Did you mean 'category'?", "data.label_column");
    options.label_column = "category";
    options.text_pair_column = "second";
    check(error_of(options), "has no column 'second'; its columns are 'text', 'category'", "data.text_pair_column",
          "data.text_pair_column");
    options = own("d.csv", "text;category\nx;a\n");
    options.text_column = "text";
    options.label_column = "category";
    check(error_of(options), "has no column 'text'; its columns are 'text;category'", "commas", "data.text_column");
    options.train_file = write("f.csv", "\"two\nlines\",label\nx,a\n");
    check(error_of(options), "has no column 'text'; its columns are 'two lines', 'label'", "", "data.text_column");
    options.train_file = write("e.csv", "text,text,category\nx,y,a\n");
    check(error_of(options), "has 2 columns named 'text'", "", "data.text_column");
  }

  void bad_files_name_their_rows() {
    DataOptions options;
    options.train_file = write("bad.csv", "text,category\nwhere is it,card_arrival\nwhere,card_arival\n");
    check(error_of(options),
          "row 2 of '" + options.train_file + "' has the label 'card_arival', which is not one of the 77 known",
          "Did you mean 'card_arrival'?", "data.train_file");
    const auto with = [&](const std::string& text) {
      write("bad.csv", text);
      return error_of(options);
    };
    check(with("text,category\nx,quite something else than a label\n"), "which is not one of the 77 known",
          "Known labels are 'card_arrival', ", "data.train_file");
    check(with(""), "bad.csv' is empty", "", "data.train_file");
    check(with("text,category\n"), "bad.csv' has no rows below its header", "", "data.train_file");
    check(with("text,category\nx,card_arrival\n\"a\n, b\",card_arrival\nx\n"),
          "row 3 of '" + options.train_file + "' has 1 field where 2 are expected", "", "data.train_file");
    check(with("text,category\nx,card_arrival\nc\xE9,card_arrival\n"),
          "row 2 of '" + options.train_file + "' is not UTF-8 (its byte 2 is 0xE9)", "", "data.train_file");
    check(with("text,category\nx,\n"), "row 1 of '" + options.train_file + "' has no label", "", "data.train_file");
    check(with("text,category\n,card_arrival\n"), "row 1 of '" + options.train_file + "' has no text", "",
          "data.train_file");
    const std::string endless = "\xE2\x82\xAC\n" + std::string(100000, 'x');
    check(with("text,category\nx,\"" + endless + "\"\n"),
          "has the label '\xE2\x82\xAC " + std::string(56, 'x') + "...', which is not one of the 77 known", "",
          "data.train_file");

    options.train_file.clear();
    options.test_file = write("test.csv", "text,category\nx,card_arival\n");
    check(error_of(options), "not one of the 77 known", "card_arrival", "data.test_file");
    options = own("train.csv", "text,label\nx,a\ny,b\n");
    options.validation_file = write("dev.csv", "text,label\nx,a\ny,c\n");
    check(error_of(options),
          "row 2 of '" + options.validation_file + "' has the label 'c', which is not one of the 2 known", "",
          "data.validation_file");

    options = {};
    options.task = "stsb";
    options.train_file = write("sts.tsv", "sentence1\tsentence2\tscore\na\tb\t4.5\na\tb\thigh\n");
    check(error_of(options), "row 2 of '" + options.train_file + "' has 'high' where a number is expected", "",
          "data.train_file");
    write("sts.tsv", "sentence1\tsentence2\tscore\na\tb\tinf\n");
    check(error_of(options), "has 'inf' where a number is expected", "", "data.train_file");
  }

  void rows_after_the_limit_are_not_looked_at() {
    DataOptions options = own("long.csv", "text,label\nx,a\ny,b\nz\n");
    options.max_train_samples = 2;
    QCOMPARE(load(options).train.rows.size(), size_t{2});
  }

  void a_file_for_evaluation() {
    const Task task = task_named("own");
    const std::string path = write("eval.csv", "review,stars\nx,2\ny,1\n");
    const Split classes = load_file(task, path, {"1", "2", "3"});
    QCOMPARE(classes.rows[0].label, 1.0f);
    QCOMPARE(classes.rows[0].text, std::string("x"));
    const Split values = load_file(task, path, {});
    QCOMPARE(values.rows[0].label, 2.0f);
    QVERIFY_EXCEPTION_THROWN(load_file(task, path, {"1", "3"}), Error);
  }

  void glue_files_load() {
    const char* moved = std::getenv("MTLORA_SHARED_DATA");
    const Path glue = (moved && *moved ? Path(moved) : Path(MTLORA_SOURCE_DIR "/../shared/data")) / "glue";
    if (!std::filesystem::exists(glue)) QSKIP("GLUE is not here: set MTLORA_SHARED_DATA to the shared data.");
    DataOptions options;
    options.task = "stsb";
    options.train_file = (glue / "STS-B" / "train.tsv").string();
    options.validation_file = (glue / "STS-B" / "dev.tsv").string();
    Rows rows = load(options);
    QCOMPARE(rows.train.rows.size(), size_t{5749});
    QCOMPARE(rows.validation.rows.size(), size_t{1500});
    QVERIFY(rows.labels.empty());
    QCOMPARE(rows.train.rows[1].label, 3.8f);
    QVERIFY(!rows.train.rows[1].text_pair.empty());

    options.task = "sst2";
    options.train_file = (glue / "SST-2" / "train.tsv").string();
    options.validation_file = (glue / "SST-2" / "dev.tsv").string();
    options.max_train_samples = 4000;
    rows = load(options);
    QCOMPARE(rows.train.rows.size(), size_t{4000});
    QCOMPARE(rows.validation.rows.size(), size_t{872});
    QCOMPARE(rows.train.rows[0].text, std::string("hide new secretions from the parental units "));
    options.test_file = (glue / "SST-2" / "test.tsv").string();  // GLUE keeps its labels to itself
    check(error_of(options), "test.tsv' has no column 'label'; its columns are 'index', 'sentence'", "",
          "data.label_column");

    options = {};  // MRPC as a file of one's own: a byte-order mark, quotes that are none, a pair
    options.task = "own";
    options.train_file = (glue / "MRPC" / "train.tsv").string();
    rows = load(options);
    QCOMPARE(rows.train.rows.size() + rows.validation.rows.size(), size_t{3667});
    QCOMPARE(rows.labels, (std::vector<std::string>{"0", "1"}));
    QVERIFY(rows.train.rows[0].text_pair.starts_with("Referring to him as only \" the witness \""));
  }

  void preview_shows_what_is_there() {
    std::string text = "id,text,category\n";
    for (int i = 0; i < 150; ++i) text += std::to_string(i) + ",\"a, b\"," + (i % 3 == 0 ? "x" : "y") + "\n";
    text += "7\n8,,x\n9,c,\n10,\xFF,x\n11,d,y\n";
    const DataPreview preview = preview_file(task_named("own"), write("preview.csv", text));
    QCOMPARE(preview.columns, (std::vector<std::string>{"id", "text", "category"}));
    QCOMPARE(preview.rows.size(), size_t{100});
    QCOMPARE(preview.rows[0], (std::vector<std::string>{"0", "a, b", "x"}));
    QCOMPARE(preview.usable_rows, 151);
    QCOMPARE(preview.text_column + "/" + preview.text_pair_column + "/" + preview.label_column,
             std::string("text//category"));
    QCOMPARE(preview.labels, (std::vector<std::pair<std::string, int64_t>>{{"y", 101}, {"x", 51}, {"", 1}}));
    std::vector<std::pair<int64_t, std::string>> problems;
    for (const RowProblem& problem : preview.problems) problems.emplace_back(problem.row, problem.message);
    QCOMPARE(problems, (std::vector<std::pair<int64_t, std::string>>{{151, "has 1 field where 3 are expected"},
                                                                     {152, "has no text"},
                                                                     {153, "has no label"},
                                                                     {154, "is not UTF-8 (its byte 4 is 0xFF)"}}));
  }

  void preview_under_the_wrong_columns() {
    const Path path = write("wrong.csv", "text,label\nx,0\ny,1\nz,maybe\n");
    Task task = task_named("sst2");
    DataPreview preview = preview_file(task, path);
    QCOMPARE(preview.usable_rows, 0);
    QCOMPARE(preview.rows.size(), size_t{3});
    QCOMPARE(preview.problems.at(0).row, 0);
    QVERIFY(preview.problems.at(0).message.ends_with("has no column 'sentence'; its columns are 'text', 'label'"));
    task.text_column = "text";
    preview = preview_file(task, path);
    QCOMPARE(preview.usable_rows, 2);
    QCOMPARE(preview.problems.at(0).message, std::string("has the label 'maybe', which is not one of the 2 known"));
    QVERIFY_EXCEPTION_THROWN(preview_file(task, write("empty.csv", "")), Error);
  }

  void examples_come_in_order_whatever_the_threads() {
    std::vector<TextRow> rows;
    for (int i = 0; i < 3001; ++i)
      rows.push_back(
          {std::string(static_cast<size_t>(i % 17 + 1), 'x') + " yy z", "pair", static_cast<float>(i), i + 1});
    const LengthTokenizer tokenizer;
    for (const int threads : {0, 1, 2, 7}) {
      const std::vector<Example> examples = tokenize(rows, true, tokenizer, 3, threads);
      QCOMPARE(examples.size(), rows.size());
      for (int i = 0; i < 3001; ++i) {
        const Example& example = examples[static_cast<size_t>(i)];
        QCOMPARE(example.input_ids, (std::vector<int32_t>{i % 17 + 1, 2, 1}));
        QCOMPARE(example.label, static_cast<float>(i));
        QCOMPARE(example.tokens_cut, 1);
      }
    }
    QCOMPARE(tokenize(rows, true, tokenizer, 0, 2)[0].token_type_ids, (std::vector<int32_t>{0, 0, 0, 1}));
    QCOMPARE(tokenize(rows, false, tokenizer, 0, 2)[0].input_ids.size(), size_t{3});
    QVERIFY(tokenize({}, false, tokenizer, 0, 2).empty());
  }

  void the_first_failure_of_the_tokenizer_is_the_callers() {
    std::vector<TextRow> rows(2000, {"fine", "", 0, 1});
    rows[700].text = "slow bad 700";  // the other thread comes to row 1500 in the meantime
    rows[1500].text = "bad 1500";
    for (int i = 0; i < 5; ++i) {
      try {
        tokenize(rows, false, LengthTokenizer(), 0, 3);
        QFAIL("the failure was lost");
      } catch (const Error& error) {
        QCOMPARE(std::string(error.what()), std::string("bad word in 'bad 700'"));
      }
    }
  }

  void numbers() {
    QCOMPARE(parse_number(" 4.250 ").value(), 4.25f);
    QCOMPARE(parse_number("-1e-3").value(), -1e-3f);
    QCOMPARE(parse_number("+7").value(), 7.0f);
    for (const char* text : {"", " ", "x", "1x", "1 2", "nan", "inf", "1e99", "+-1", "1,5"})
      QVERIFY2(!parse_number(text), text);
  }
};

QTEST_APPLESS_MAIN(TestDataset)
#include "test_dataset.moc"
