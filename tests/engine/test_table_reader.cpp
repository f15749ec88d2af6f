// Tables against Python's csv and json modules (tests/golden/make_tables.py), and by hand where a file is broken.
#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/table_reader.h"

using namespace mtlora;

namespace {

using Row = std::vector<std::string>;

Path shared_glue() {
  const char* moved = std::getenv("MTLORA_SHARED_DATA");
  return (moved && *moved ? Path(moved) : Path(MTLORA_SOURCE_DIR "/../shared/data")) / "glue";
}

std::string hash_of(const Table& table) {
  std::string text;
  for (const auto& row : table.rows) {
    for (const auto& field : row) text += field + '\x1f';
    text += '\x1e';
  }
  return sha256_of(text);
}

}  // namespace

class TestTableReader : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  const nlohmann::json golden_ = nlohmann::json::parse(read_file(MTLORA_TEST_DATA "/tables.json"));

  Table read(const std::string& text, TableFormat format, int64_t max_rows = 0, const Row& columns = {}) {
    const Path path = Path(folder_.path().toStdString()) / "table";
    write_file(path, text);
    return read_table(path, format, max_rows, columns);
  }

  void compare(const std::string& group, const Path& in, const std::string& without_header = "none") {
    for (const auto& [name, expected] : golden_[group].items()) {
      const Row columns = expected["columns"];
      const Table table =
          read_table(in / name, table_format("", name), 0, name.starts_with(without_header) ? columns : Row{});
      QVERIFY2(table.columns == columns, name.c_str());
      QCOMPARE(table.rows.size(), expected["rows"].get<size_t>());
      QVERIFY2(hash_of(table) == expected["sha256"].get<std::string>(), name.c_str());
      QVERIFY2(table.problems.empty(), name.c_str());
      QCOMPARE(table.row_numbers.front(), 1);
      QCOMPARE(table.row_numbers.back(), std::ssize(table.rows));
    }
  }

 private slots:
  void made_up_files_read_as_python_reads_them() { compare("made up", MTLORA_TEST_DATA "/tables"); }
  void banking77_reads_as_python_reads_it() { compare("bundled", MTLORA_SOURCE_DIR "/datasets/banking77"); }
  void glue_reads_as_python_reads_it() {
    if (!std::filesystem::exists(shared_glue())) QSKIP("GLUE is not here: set MTLORA_SHARED_DATA to the shared data.");
    compare("glue", shared_glue(), "CoLA");
  }

  void formats() {
    QCOMPARE(table_format("", "a/b.csv"), TableFormat::Csv);
    QCOMPARE(table_format("", "B.TSV"), TableFormat::Tsv);
    QCOMPARE(table_format("", "b.jsonl"), TableFormat::JsonLines);
    QCOMPARE(table_format("", "b.json"), TableFormat::JsonLines);
    QCOMPARE(table_format("tsv", "b.txt"), TableFormat::Tsv);
    QVERIFY_EXCEPTION_THROWN(table_format("", "b.txt"), Error);
    QVERIFY_EXCEPTION_THROWN(table_format("", "b"), Error);
    QVERIFY_EXCEPTION_THROWN(table_format("xls", "b.csv"), Error);
  }

  void quotes_in_csv() {
    const Table table = read("a,b\r\n\"one\r\ntwo\",\"say \"\"hi\"\"\"\r\n5\" long,\r\n\"\",x", TableFormat::Csv);
    QCOMPARE(table.columns, (Row{"a", "b"}));
    QCOMPARE(table.rows, (std::vector<Row>{{"one\r\ntwo", "say \"hi\""}, {"5\" long", ""}, {"", "x"}}));
    QVERIFY(table.problems.empty());
  }

  void quotes_in_tsv_are_plain() {
    const Table table = read(
        "\xEF\xBB\xBF"
        "a\tb\r\n\"open\t\"\"\r\n,\"\tx\n",
        TableFormat::Tsv);
    QCOMPARE(table.columns, (Row{"a", "b"}));
    QCOMPARE(table.rows, (std::vector<Row>{{"\"open", "\"\""}, {",\"", "x"}}));
  }

  void json_values_become_text() {
    const Table table = read(
        "{\"t\": \"a\\u00e9\\n\", \"n\": 1, \"x\": 2.50, \"e\": -1e3}\r\n\n"
        "{\"z\": [1, {\"k\": null}], \"t\": null, \"b\": true, \"n\": 18446744073709551615}\n",
        TableFormat::JsonLines);
    QCOMPARE(table.columns, (Row{"t", "n", "x", "e", "z", "b"}));
    QCOMPARE(table.rows, (std::vector<Row>{{"a\u00e9\n", "1", "2.5", "-1000.0", "", ""},
                                           {"", "18446744073709551615", "", "", "[1,{\"k\":null}]", "true"}}));
    QCOMPARE(table.row_numbers, (std::vector<int64_t>{1, 2}));
  }

  void bad_rows_are_named_and_the_others_read() {
    const Table table = read("a,b\n1,2\n3\n\n4,5,6\nx\xE9,y\n\"p\"q,r\n7,8\n\"9,10\n11,12\n", TableFormat::Csv);
    QCOMPARE(table.rows, (std::vector<Row>{{"1", "2"}, {"7", "8"}}));
    QCOMPARE(table.row_numbers, (std::vector<int64_t>{1, 6}));
    const std::vector<std::pair<int64_t, std::string>> expected = {
        {2, "has 1 field where 2 are expected"},
        {3, "has 3 fields where 2 are expected"},
        {4, "is not UTF-8 (its byte 2 is 0xE9)"},
        {5, "has text after the closing quote of field 1"},
        {7, "has a quote that opens in field 1 and is never closed, so that the rest of the file is inside it"}};
    QCOMPARE(table.problems.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      QCOMPARE(table.problems[i].row, expected[i].first);
      QCOMPARE(table.problems[i].message, expected[i].second);
      QCOMPARE(table.problems[i].too_few_fields, i == 0);
    }
  }

  void bad_json_lines_are_named() {
    const std::string deep(100000, '[');
    const Table table =
        read("{\"a\": 1}\n{\"a\": }\n7\n{\"a\": \"\xC0\x80\"}\n{\"a\": " + deep + "\n{\"a\": \"[[{\\\"\"}\n",
             TableFormat::JsonLines);
    QCOMPARE(table.rows, (std::vector<Row>{{"1"}, {"[[{\""}}));
    QCOMPARE(table.row_numbers, (std::vector<int64_t>{1, 6}));
    QCOMPARE(table.problems.size(), size_t{4});
    QCOMPARE(table.problems[0].message, std::string("is not valid JSON (at its byte 7)"));
    QCOMPARE(table.problems[1].message, std::string("is not a JSON object"));
    QCOMPARE(table.problems[2].message, std::string("is not UTF-8 (its byte 8 is 0xC0)"));
    QCOMPARE(table.problems[3].message, std::string("nests JSON deeper than 64 levels"));
  }

  // The well-formed byte sequences of the Unicode standard (its table 3-7), at their borders.
  void utf8_is_checked_strictly() {
    const auto is_utf8 = [&](const std::string& bytes) {
      return read("a\n" + bytes + "\n", TableFormat::Tsv).problems.empty();
    };
    for (const char* good :
         {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xEC\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF1\x80\x80\x80", "\xF4\x8F\xBF\xBF"}) {
      QVERIFY(is_utf8(good));
      QVERIFY(is_utf8(std::string("12345678") + good + "123456789"));
    }
    for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE0\xA0",
                            "\xED\xA0\x80", "\xE1\x80\x41", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF1\x80\x80",
                            "\xF1\x80\x80\x41", "\xF5\x80\x80\x80", "\xFF"}) {
      QVERIFY(!is_utf8(bad));
      QVERIFY(!is_utf8(std::string("12345678") + bad));
    }
  }

  void a_file_without_a_header_takes_its_columns() {
    const Table table = read("x\t1\ny\t2\n", TableFormat::Tsv, 0, {"text", "label"});
    QCOMPARE(table.columns, (Row{"text", "label"}));
    QCOMPARE(table.rows, (std::vector<Row>{{"x", "1"}, {"y", "2"}}));
    QCOMPARE(table.row_numbers, (std::vector<int64_t>{1, 2}));
  }

  void no_more_is_read_than_asked_for() {
    const std::string broken = "a,b\n1,2\n3\n4,5\n6\n7,8\n";
    const Table table = read(broken, TableFormat::Csv, 2);
    QCOMPARE(table.row_numbers, (std::vector<int64_t>{1, 3}));
    QCOMPARE(table.problems.size(), size_t{1});  // row 4 is broken too, but was not looked at
    QCOMPARE(read("{\"a\": 1}\n{\"a\": 2}\n{", TableFormat::JsonLines, 2).problems.size(), size_t{0});
  }

  void files_that_are_no_table() {
    for (const std::string text : {"", "\xEF\xBB\xBF", "\n\r\n \n"}) {
      for (const TableFormat format : {TableFormat::Csv, TableFormat::Tsv, TableFormat::JsonLines}) {
        try {
          read(text, format);
          QFAIL("an empty file was read");
        } catch (const Error& error) {
          QCOMPARE(error.code(), ErrorCode::BadInput);
          QVERIFY(std::string(error.what()).ends_with("table' is empty"));
        }
      }
    }
    QVERIFY_EXCEPTION_THROWN(read("[{\"a\": 1}]", TableFormat::JsonLines), Error);
    QVERIFY_EXCEPTION_THROWN(read(std::string("\xFF\xFE"
                                              "a\0",
                                              4),
                                  TableFormat::Csv),
                             Error);
    QVERIFY_EXCEPTION_THROWN(read("na\xEFve,b\n1,2\n", TableFormat::Csv), Error);
    QVERIFY_EXCEPTION_THROWN(read("\"a,b\n1,2\n", TableFormat::Csv), Error);
    QVERIFY(read("a,b\n", TableFormat::Csv).rows.empty());
    try {
      read_table("/nowhere/at/all.csv", TableFormat::Csv);
      QFAIL("a missing file was read");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::File);
    }
  }
};

QTEST_APPLESS_MAIN(TestTableReader)
#include "test_table_reader.moc"
