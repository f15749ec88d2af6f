// Parquet files against what pyarrow read from them (tests/golden/make_parquet.py).
#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>

#include "data/parquet_reader.h"
#include "engine/data_files.h"

using namespace mtlora;

namespace {

const Path files = MTLORA_TEST_DATA "/parquet";

using Fields = std::vector<std::vector<std::string>>;

}  // namespace

class TestParquet : public QObject, DataFiles {
  Q_OBJECT

  const nlohmann::json golden_ = nlohmann::json::parse(read_file(MTLORA_TEST_DATA "/parquet.json"));

 private slots:
  void a_build_without_it_says_what_to_do() {
    QCOMPARE(table_format("", "a/b.PARQUET"), TableFormat::Parquet);
    if (reads_parquet()) QSKIP("This build reads Parquet.");
    DataOptions options;
    options.task = "cola";
    options.train_file = (files / "cola.parquet").string();
    check(error_of(options), "cola.parquet' is a Parquet file, and this build reads none", "pyarrow",
          "data.train_file");
  }

  void files_read_as_pyarrow_reads_them() {
    if (!reads_parquet()) QSKIP("This build reads no Parquet: pyarrow was not there when it was configured.");
    QVERIFY(golden_.size() >= 12);
    for (const auto& [name, expected] : golden_.items()) {
      const Table table = read_table(files / name, TableFormat::Parquet);
      QCOMPARE(table.columns, expected["columns"].get<std::vector<std::string>>());
      const auto rows = expected["rows"].get<Fields>();
      QCOMPARE(table.rows.size(), rows.size());
      QCOMPARE(table.row_numbers.size(), rows.size());
      QVERIFY(table.problems.empty());
      for (size_t i = 0; i < rows.size(); ++i) {
        QCOMPARE(table.row_numbers[i], static_cast<int64_t>(i + 1));
        for (size_t c = 0; c < rows[i].size(); ++c) {
          QVERIFY2(table.rows[i][c] == rows[i][c], (name + ", " + table.columns[c] + ", row " + std::to_string(i + 1) +
                                                    ": '" + table.rows[i][c] + "' for '" + rows[i][c] + "'")
                                                       .c_str());
        }
      }
    }
  }

  void no_more_is_read_than_asked_for() {
    if (!reads_parquet()) QSKIP("This build reads no Parquet: pyarrow was not there when it was configured.");
    const auto all = golden_["groups_zstd.parquet"]["rows"].get<Fields>();
    for (const int64_t most : {1, 59, 60, 61, 199, 200, 400}) {
      const Table table = read_table(files / "groups_zstd.parquet", TableFormat::Parquet, most);
      QCOMPARE(table.rows.size(), static_cast<size_t>(std::min<int64_t>(most, 200)));
      QVERIFY(table.rows.back() == all[table.rows.size() - 1]);
    }
  }

  void texts_that_are_not_utf8_are_named() {
    if (!reads_parquet()) QSKIP("This build reads no Parquet: pyarrow was not there when it was configured.");
    const Table table = read_table(files / "latin1.parquet", TableFormat::Parquet);
    QCOMPARE(table.row_numbers, (std::vector<int64_t>{1, 3}));
    QCOMPARE(table.rows[1], (std::vector<std::string>{"good", "0"}));
    QCOMPARE(table.problems.size(), size_t{1});
    QCOMPARE(table.problems[0].row, 2);
    QCOMPARE(table.problems[0].message, std::string("is not UTF-8 (its byte 4 is 0xE9)"));
  }

  void tasks_take_parquet() {
    if (!reads_parquet()) QSKIP("This build reads no Parquet: pyarrow was not there when it was configured.");
    DataOptions options;
    options.task = "cola";
    options.train_file = options.validation_file = (files / "cola.parquet").string();
    options.test_file = (files / "cola_test.parquet").string();
    Rows rows = load(options);
    QCOMPARE(rows.train.rows.size(), size_t{3});
    QCOMPARE(rows.train.rows[1].text, std::string("Sat the cat \"the."));
    QCOMPARE(rows.train.rows[0].label, 1.0f);
    QVERIFY(rows.validation.labelled && !rows.test.labelled);
    QCOMPARE(rows.test.rows[1].text, std::string("Rains it it."));
    QCOMPARE(rows.test.rows[1].label, unlabelled);

    options.task = "stsb";
    options.train_file = options.validation_file = (files / "stsb.parquet").string();
    options.test_file = (files / "stsb_test.parquet").string();
    rows = load(options);
    QCOMPARE(rows.train.rows[0].label, 4.8f);
    QCOMPARE(rows.train.rows[0].text_pair, std::string("A plane starts."));
    QVERIFY(!rows.test.labelled);

    options = {};
    options.task = "own";
    options.validation_split = 0;
    options.train_file = (files / "no_rows.parquet").string();
    check(error_of(options), "no_rows.parquet' has no rows below its header", "", "data.train_file");
  }

  void what_is_no_parquet_is_refused() {
    if (!reads_parquet()) QSKIP("This build reads no Parquet: pyarrow was not there when it was configured.");
    for (const std::string text : {"", "PAR1", "PAR1PAR1", "text,label\nx,a\n"}) {
      DataOptions options = own("odd.parquet", text);
      const Error error = error_of(options);
      QVERIFY2(std::string(error.what()).find("odd.parquet' can't be read as Parquet: ") != std::string::npos,
               error.what());
      QVERIFY(std::string(error.what()).find('\n') == std::string::npos);
      QCOMPARE(error.field(), std::string("data.train_file"));
    }
    check(error_of([] {
            DataOptions options;
            options.task = "own";
            options.train_file = "/nowhere/at/all.parquet";
            return options;
          }()),
          "No such file or directory", "", "data.train_file", ErrorCode::File);
    try {
      read_table(files / "deep.parquet", TableFormat::Parquet);
      QFAIL("it was read");
    } catch (const Error& error) {
      QVERIFY2(std::string(error.what()).find("nests deeper than 64 levels") != std::string::npos, error.what());
    }
  }

  // Each file cut short anywhere, and with any one byte changed: rows or an error, never a crash.
  void damaged_files_do_no_harm() {
    if (!reads_parquet()) QSKIP("This build reads no Parquet: pyarrow was not there when it was configured.");
    size_t refused = 0, tried = 0;
    const auto attempt = [&](const std::string& bytes) {
      const Path path = Path(folder_.path().toStdString()) / "damaged.parquet";
      FileWriter writer(path);
      writer.write(bytes.data(), bytes.size());
      writer.commit(false);  // thousands of them need not be safe on the disk
      ++tried;
      try {
        read_table(path, TableFormat::Parquet);
      } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::BadInput);
        ++refused;
      }
    };
    for (const char* name : {"stsb.parquet", "groups_snappy.parquet", "kinds.parquet"}) {
      const std::string whole = read_file(files / name);
      const size_t step = std::max<size_t>(1, whole.size() / 700);
      for (size_t at = 0; at < whole.size(); at += step) {
        attempt(whole.substr(0, at));
        std::string changed = whole;
        changed[at] = static_cast<char>(~changed[at]);
        attempt(changed);
        changed[at] = static_cast<char>(whole[at] ^ 1);
        attempt(changed);
      }
    }
    QVERIFY(tried > 4000);
    QVERIFY2(refused > tried / 3, std::to_string(refused).c_str());  // each cut one, and most of the others
  }
};

QTEST_APPLESS_MAIN(TestParquet)
#include "test_parquet.moc"
