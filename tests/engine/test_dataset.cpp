// From task descriptors and files to rows and examples; what is wrong with a file is said with its row.
#include <QTest>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "base/error.h"
#include "data/dataset.h"
#include "engine/data_files.h"

using namespace mtlora;

namespace {

// Words of a text by their length. Throws on the word "bad", takes a while over "slow".
class LengthTokenizer : public Tokenizer {
 public:
  Encoding encode(std::string_view text, const std::string_view* pair, int64_t max_length, Offsets,
                  SpecialTokens) const override {
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
  std::string decode(std::span<const int32_t>, bool) const override { return {}; }
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

class TestDataset : public QObject, DataFiles {
  Q_OBJECT

  // A file of so many rows for each class, sorted by class.
  std::string table_of(const std::vector<int>& rows_of_class) {
    std::string text = "text,label\n";
    for (size_t c = 0; c < rows_of_class.size(); ++c) {
      for (int i = 0; i < rows_of_class[c]; ++i)
        text += std::to_string(c) + "/" + std::to_string(i) + ",c" + std::to_string(c) + "\n";
    }
    return text;
  }

 private slots:
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
    rows = load(options);
    QCOMPARE(rows.test.rows.size(), size_t{1821});
    QVERIFY(!rows.test.labelled);

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

  // Three threads: while one is slow over row 700, another comes to row 1500, which fails before it or after it.
  void the_first_failure_of_the_tokenizer_is_the_callers() {
    for (const char* other : {"bad 1500", "slow slow bad 1500"}) {
      std::vector<TextRow> rows(2000, {"fine", "", 0, 1});
      rows[700].text = "slow bad 700";
      rows[1500].text = other;
      try {
        tokenize(rows, false, LengthTokenizer(), 0, 3);
        QFAIL("the failure was lost");
      } catch (const Error& error) {
        QCOMPARE(std::string(error.what()), std::string("bad word in 'bad 700'"));
      }
    }
  }
};

QTEST_APPLESS_MAIN(TestDataset)
#include "test_dataset.moc"
