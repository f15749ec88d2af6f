// Task descriptors, and what is found out about a file of one's own.
#include <QTest>
#include <regex>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/columns.h"
#include "data/dataset.h"
#include "engine/data_files.h"

using namespace mtlora;

class TestTask : public QObject, DataFiles {
  Q_OBJECT

 private slots:
  void tasks_are_listed() {
    std::vector<std::string> names;
    for (const Task& task : list_tasks()) names.push_back(task.name);
    QCOMPARE(names, (std::vector<std::string>{"banking77", "ax", "cola", "dart", "e2e", "instructions", "mnli", "mrpc",
                                              "qnli", "qqp", "rte", "sst2", "stsb", "webnlg", "wnli", "own"}));
    const Task banking = list_tasks()[0];
    QVERIFY(banking.bundled && !banking.licence.empty() && !banking.attribution.empty());
    QCOMPARE(banking.labels.size(), size_t{77});
    QCOMPARE(banking.labels[11], std::string("lost_or_stolen_card"));
    QCOMPARE(task_named("sst2").label_names, (std::vector<std::string>{"negative", "positive"}));
    for (const Task& task : list_tasks()) QVERIFY2(!task.title.empty() && !task.description.empty(), task.name.c_str());
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
    QVERIFY(message(R"({"text_column": []})").find("'text_column' names no column") != std::string::npos);
    QVERIFY(message(R"({"labels": ["a", "b"], "label_aliases": {"1": "c"}})")
                .find("'label_aliases' has '1' for 'c', which is not one of its labels") != std::string::npos);
    QVERIFY(message(R"({"label_range": [5, 0]})").find("'label_range' is not a list") != std::string::npos);
    QVERIFY(message(R"({"also_scored": [{"name": "x", "with": "y"}]})")
                .find("can't be used: 'also_scored' 1: 'replace' is missing") != std::string::npos);
    QVERIFY(message("{").find("odd.json': not valid JSON at line 1") != std::string::npos);
    QVERIFY(message("[]").find("is not a JSON object") != std::string::npos);
    qunsetenv("MTLORA_DATA_DIR");
  }

  void presets_are_held_against_the_option_table() {
    const Path datasets = Path(folder_.path().toStdString()) / "program" / "datasets";
    make_folder(datasets);
    qputenv("MTLORA_DATA_DIR", QByteArray::fromStdString(datasets.parent_path().string()));
    const auto message = [&](const std::string& settings) {
      write_file(datasets / "odd.json",
                 R"({"presets": [{"name": "n", "source": "s", "published": "p", "settings": )" + settings + "}]}");
      try {
        list_tasks();
      } catch (const Error& error) {
        return std::string(error.what()) + " | " + error.hint();
      }
      return std::string();
    };
    QCOMPARE(message(R"({"adapter.r": 4, "train.warmup_steps": 10})"), std::string());
    QVERIFY(message(R"({"adapter.rank": 4})").find("odd.json' can't be used: 'presets' 1: ") != std::string::npos);
    QVERIFY(message(R"({"adapter.r": 0})").find("'presets' 1: ") != std::string::npos);
    QVERIFY(message(R"({"adapter.r": "four"})").find("'presets' 1: ") != std::string::npos);
    QVERIFY(message(R"({"train.warmup_steps": 10, "train.warmup_ratio": 0.1})").find("'presets' 1: '") !=
            std::string::npos);
    QVERIFY(message("[]").find("'settings' is not a JSON object") != std::string::npos);
    write_file(datasets / "odd.json", R"({"presets": [{"name": "n", "settings": {}}]})");
    QVERIFY_EXCEPTION_THROWN(list_tasks(), Error);  // a figure without a source
    qunsetenv("MTLORA_DATA_DIR");
  }

  // The recipes of the release: batch, batches a step, rate, epochs, seed, whether it goes on from an MNLI adapter.
  void presets_of_glue_hold_the_recipes() {
    struct Recipe {
      const char* task;
      int64_t batch, devices;
      double rate, epochs;
      int64_t seed;
      bool from_mnli;
    };
    const std::vector<Recipe> recipes = {{"cola", 32, 2, 4e-4, 80, 27, false}, {"mnli", 16, 2, 5e-4, 30, 0, false},
                                         {"mrpc", 16, 1, 4e-4, 30, 0, true},   {"qnli", 32, 2, 4e-4, 25, 1739, false},
                                         {"qqp", 16, 2, 5e-4, 25, 0, false},   {"rte", 32, 1, 5e-4, 80, 0, true},
                                         {"sst2", 16, 2, 5e-4, 60, 69, false}, {"stsb", 16, 1, 4e-4, 40, 0, true}};
    for (const Recipe& recipe : recipes) {
      const Task task = task_named(recipe.task);
      QCOMPARE(task.presets.size(), size_t{1});
      const TaskPreset& preset = task.presets[0];
      RunConfig config;
      config.train.warmup_steps = 100;
      config.adapter.method = "dtsm";
      apply_preset(preset, config);
      QCOMPARE(config.train.per_device_train_batch_size, recipe.batch);
      QCOMPARE(config.train.gradient_accumulation_steps, recipe.devices);
      QCOMPARE(config.train.learning_rate, recipe.rate);
      QCOMPARE(config.train.num_train_epochs, recipe.epochs);
      QCOMPARE(config.train.seed, recipe.seed);
      QCOMPARE(preset.note.find("adapter_name_or_path") != std::string::npos, recipe.from_mnli);
      QCOMPARE(config.train.weight_decay, 0.1);
      QCOMPARE(config.train.max_grad_norm, 1.0);
      QCOMPARE(config.train.warmup_ratio, 0.06);
      QCOMPARE(config.train.warmup_steps, 0);
      QCOMPARE(config.data.max_seq_length, 512);
      QCOMPARE(config.adapter.r, 8);
      QCOMPARE(config.adapter.lora_alpha, 16.0);
      QCOMPARE(config.adapter.method, std::string("dtsm"));  // the person's
      const std::regex targets(config.adapter.target_modules.pattern);
      for (const char* part : {"attention.self.query", "attention.self.value", "intermediate.dense", "output.dense"}) {
        QVERIFY(std::regex_match(std::string("roberta.encoder.layer.11.") + part, targets));
      }
      for (const char* part : {"attention.self.key", "attention.output.dense"}) {
        QVERIFY(!std::regex_match(std::string("roberta.encoder.layer.11.") + part, targets));
      }
      QVERIFY(preset.published.find("LoRA") != std::string::npos && !preset.source.empty());
    }
  }

  void presets_of_texts_hold_the_recipe() {
    for (const char* name : {"e2e", "webnlg", "dart"}) {
      const Task task = task_named(name);
      QCOMPARE(task.kind, TaskKind::Generation);
      QCOMPARE(task.format, std::string(name));
      QCOMPARE(task.chat_template, std::string("completion"));
      QCOMPARE(task.presets.size(), size_t{1});
      RunConfig config;
      config.train.warmup_ratio = 0.1;
      apply_preset(task.presets[0], config);
      QCOMPARE(config.adapter.target_modules.names, (std::vector<std::string>{"c_attn", "mlp.c_fc"}));
      QVERIFY(config.adapter.split_fused);
      QCOMPARE(config.adapter.r, 4);
      QCOMPARE(config.adapter.lora_alpha, 32.0);
      QCOMPARE(config.adapter.lora_dropout, 0.1);
      QCOMPARE(config.train.per_device_train_batch_size * config.train.gradient_accumulation_steps, 8);
      QCOMPARE(config.train.num_train_epochs, 5.0);
      QCOMPARE(config.train.learning_rate, 2e-4);
      QCOMPARE(config.train.warmup_steps, 500);
      QCOMPARE(config.train.warmup_ratio, 0.0);
      QCOMPARE(config.train.weight_decay, 0.01);
      QCOMPARE(config.train.adam_beta2, 0.999);
      QCOMPARE(config.train.adam_epsilon, 1e-6);
      QCOMPARE(config.train.max_grad_norm, 0.0);
      QCOMPARE(config.train.label_smoothing_factor, 0.1);
      QCOMPARE(config.train.seed, 110);
      QCOMPARE(config.generation.decoding, std::string("release"));
      QCOMPARE(config.generation.num_beams, 10);
      QCOMPARE(config.generation.length_penalty, 0.9);
      QCOMPARE(config.generation.no_repeat_ngram_size, 4);
      QCOMPARE(config.generation.max_new_tokens, 64);
    }
    QCOMPARE(task_named("webnlg").max_references, 6);
    QVERIFY(task_named("dart").lowercase && task_named("dart").tokenize);
    QVERIFY(!task_named("e2e").lowercase && !task_named("e2e").tokenize);
    // The published figures are of these.
    for (const auto& [name, metric] : std::map<std::string, std::string>{
             {"e2e", "bleu_e2e"}, {"webnlg", "bleu_multi_detok"}, {"dart", "bleu_multi_detok"}}) {
      const Task task = task_named(name);
      QVERIFY(std::ranges::count(task.metrics, metric) == 1);
      QVERIFY(task.presets[0].published.find(metric) != std::string::npos);
    }
    QCOMPARE(task_named("instructions").kind, TaskKind::Generation);
    QVERIFY(task_named("instructions").format.empty());
  }

  void other_names_and_ways_to_write() {
    const Path datasets = Path(folder_.path().toStdString()) / "program" / "datasets";
    make_folder(datasets);
    qputenv("MTLORA_DATA_DIR", QByteArray::fromStdString(datasets.parent_path().string()));
    write_file(datasets / "odd.json", R"({"text_column": ["one", "two"], "label_column": ["label", "class"],
        "labels": ["no", "yes"], "label_aliases": {"0": "no", "1": "yes"}, "no_label": ["?"], "format": "tsv"})");
    DataOptions options;
    options.task = "odd";
    options.validation_split = 0;
    options.train_file = write("a.txt", "class\ttwo\n1\tx\nno\ty\n");  // the ending says nothing: the task's format
    const Rows rows = load(options);
    QCOMPARE(rows.train.rows[0].label, 1.0f);
    QCOMPARE(rows.train.rows[1].label, 0.0f);
    QCOMPARE(rows.train.rows[1].text, std::string("y"));
    const DataPreview preview = preview_file(resolve_task(options), options.train_file);
    QCOMPARE(preview.text_column + "/" + preview.label_column, std::string("two/class"));
    QCOMPARE(preview.usable_rows, 2);
    options.train_file = write("a.csv", "three,class\nx,1\n");  // the ending wins
    check(error_of(options), "a.csv' has no column 'one' or 'two'; its columns are 'three', 'class'",
          "data.text_column", "data.text_column");
    options.text_column = "three";  // the person's name stands alone
    QCOMPARE(load(options).train.rows[0].text, std::string("x"));
    options.train_file = write("a.csv", "two,class\nx,1\n");
    check(error_of(options), "has no column 'three'; its columns are 'two', 'class'", "", "data.text_column");
    options.text_column.clear();
    options.train_file = write("a.csv", "two,class\nx,?\n");
    check(error_of(options), "row 1 of '" + options.train_file + "' has no label", "", "data.train_file");
    qunsetenv("MTLORA_DATA_DIR");
  }

  void a_header_is_seen_where_there_need_be_none() {
    const Path datasets = Path(folder_.path().toStdString()) / "program" / "datasets";
    make_folder(datasets);
    qputenv("MTLORA_DATA_DIR", QByteArray::fromStdString(datasets.parent_path().string()));
    write_file(datasets / "odd.json", R"({"header": false, "columns": ["source", "label", "sentence"],
        "text_column": "sentence", "label_column": "label", "labels": ["0", "1"]})");
    DataOptions options;
    options.task = "odd";
    options.validation_split = 0;
    options.train_file = write("h.tsv", "gj\t1\tHe left.\n");
    QCOMPARE(load(options).train.rows[0].row, 1);
    options.train_file = write("h.csv", "label,idx,sentence\n1,0,He left.\n");
    QCOMPARE(load(options).train.rows.size(), size_t{1});
    QCOMPARE(load(options).train.rows[0].text, std::string("He left."));
    options.train_file = write("h.jsonl", "{\"label\": 1, \"sentence\": \"He left.\"}\n");
    QCOMPARE(load(options).train.rows[0].text, std::string("He left."));
    options.train_file = write("h.tsv", "\n");
    check(error_of(options), "h.tsv' is empty", "", "data.train_file");
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
    QCOMPARE(rows.train.rows.size(), size_t{2});
    QCOMPARE(rows.train.rows[0].text, std::string("He left."));
    QCOMPARE(rows.train.rows[1].text, std::string("Left he \"not."));
    QCOMPARE(rows.train.rows[1].row, 3);
    QCOMPARE(rows.train.rows[1].label, 0.0f);
    QCOMPARE(rows.train.skipped, 2);
    QCOMPARE(rows.train.skipped_rows[1].row, 4);
    QCOMPARE(rows.train.skipped_rows[1].message, std::string("has 1 field where 4 are expected"));
    options.train_file = write("cola.tsv", "gj\t1\t\tHe left.\ta\tb\n");  // too many are no reason to skip
    check(error_of(options), "has 6 fields where 4 are expected", "", "data.train_file");
    qunsetenv("MTLORA_DATA_DIR");
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

  void numbers() {
    QCOMPARE(parse_number(" 4.250 ").value(), 4.25f);
    QCOMPARE(parse_number("-1e-3").value(), -1e-3f);
    QCOMPARE(parse_number("+7").value(), 7.0f);
    for (const char* text : {"", " ", "x", "1x", "1 2", "nan", "inf", "1e99", "+-1", "1,5"})
      QVERIFY2(!parse_number(text), text);
  }
};

QTEST_APPLESS_MAIN(TestTask)
#include "test_task.moc"
