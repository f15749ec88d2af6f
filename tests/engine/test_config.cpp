// The option table, run files and the rules between settings.
#include <QTest>

#include <QTemporaryDir>
#include <fstream>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "config/option_table.h"
#include "config/run_file.h"

using namespace mtlora;
using nlohmann::json;

namespace {

// The Error that `action` throws; fails the test where it throws none.
template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::Internal, "nothing was thrown");
}

std::string set_error(const char* key, const json& value) {
  RunConfig config;
  const Error error = error_of([&] { find_option(key).set(config, value); });
  if (error.code() != ErrorCode::BadInput || error.field() != key) return "wrong code or field";
  return error.what();
}

std::vector<std::string> problem_fields(const RunConfig& config) {
  std::vector<std::string> fields;
  for (const FieldProblem& problem : check_run_config(config)) fields.push_back(problem.field);
  return fields;
}
using Fields = std::vector<std::string>;

}  // namespace

#define COMPARE_TEXT(actual, expected) QCOMPARE(QString::fromStdString(actual), QString::fromUtf8(expected))

class TestConfig : public QObject {
  Q_OBJECT

 private slots:
  // The table of the design, section 5, written down here a second time by hand.
  void defaults_are_those_of_the_design() {
    const json expected = json::parse(R"({
      "model.name_or_path": "minilm", "model.dtype": "auto",
      "data.task": "banking77", "data.train_file": null, "data.validation_file": null, "data.test_file": null,
      "data.text_column": null, "data.text_pair_column": null, "data.label_column": null, "data.max_seq_length": 128,
      "data.max_train_samples": null, "data.max_eval_samples": null, "data.validation_split": 0.1,
      "data.chat_template": "auto", "data.packing": false,
      "adapter.method": "ctcm", "adapter.init": "paper", "adapter.r": 8, "adapter.lora_alpha": 16,
      "adapter.lora_dropout": 0, "adapter.target_modules": ["query", "value"], "adapter.layers_to_transform": null,
      "adapter.modules_to_save": null, "adapter.use_rslora": false, "adapter.split_fused": false,
      "adapter.adapter_name_or_path": null,
      "train.seed": 0, "train.per_device_train_batch_size": 32, "train.gradient_accumulation_steps": 1,
      "train.learning_rate": 4e-4, "train.t_learning_rate_ratio": 1, "train.weight_decay": 0,
      "train.t_weight_decay": null, "train.adam_beta1": 0.9, "train.adam_beta2": 0.999, "train.adam_epsilon": 1e-8,
      "train.max_grad_norm": 1, "train.num_train_epochs": 3, "train.max_steps": -1,
      "train.lr_scheduler_type": "linear", "train.warmup_ratio": 0, "train.warmup_steps": 0,
      "train.label_smoothing_factor": 0, "train.logging_steps": 10, "train.save_steps": 500,
      "train.save_total_limit": 2, "train.bf16": false,
      "train.gradient_checkpointing": false, "train.device": "auto", "train.geometry_steps": null,
      "eval.eval_steps": "epoch", "eval.per_device_eval_batch_size": 64, "eval.metric_for_best_model": null,
      "eval.early_stopping_patience": null, "eval.predict_with_generate": "end",
      "generation.decoding": "transformers", "generation.max_new_tokens": 128, "generation.num_beams": 1,
      "generation.length_penalty": 1, "generation.no_repeat_ngram_size": 0, "generation.do_sample": false,
      "generation.temperature": 1, "generation.top_k": 50, "generation.top_p": 1, "generation.seed": 0,
      "output.output_dir": null})");
    std::set<std::string> keys;
    for (const Option& option : option_table()) {
      QVERIFY2(keys.insert(option.key).second, option.key.c_str());
      QVERIFY2(expected.contains(option.key), option.key.c_str());
      QVERIFY2(option.get(RunConfig{}) == expected[option.key], option.key.c_str());
    }
    QCOMPARE(keys.size(), expected.size());
  }

  void every_option_explains_itself() {
    for (const Option& option : option_table()) {
      QVERIFY2(!option.label.empty() && option.label.size() <= 30, option.key.c_str());
      QVERIFY2(option.help.size() >= 40 && option.help.ends_with('.'), option.key.c_str());
      QVERIFY2(option.type != OptionType::Choice || option.choices.size() >= 2, option.key.c_str());
      // null is taken exactly where the default is unset
      RunConfig config;
      const json before = option.get(config);
      QCOMPARE(before.is_null(), option.optional);
      if (option.optional)
        option.set(config, nullptr);
      else
        QVERIFY2(!set_error(option.key.c_str(), nullptr).empty(), option.key.c_str());
      QVERIFY(option.get(config) == before);
    }
  }

  void only_stopping_logging_and_saving_may_differ_on_resume() {
    std::set<std::string> free;
    for (const Option& option : option_table())
      if (!option.decides_result) free.insert(option.key);
    const std::set<std::string> expected = {
        "train.num_train_epochs",      "train.max_steps",      "train.logging_steps",          "train.save_steps",
        "train.save_total_limit",      "train.geometry_steps", "eval.early_stopping_patience", "output.output_dir",
        "train.gradient_checkpointing"};
    QVERIFY(free == expected);
  }

  // A value unlike the default, for each option, through set and get, text, JSON and a file.
  void every_option_goes_round() {
    QTemporaryDir folder;
    const Path file = Path(folder.path().toStdString()) / "run.json";
    RunConfig all;
    for (const Option& option : option_table()) {
      json value;
      switch (option.type) {
        case OptionType::Bool: value = true; break;
        case OptionType::Integer: value = 7; break;
        case OptionType::Real: value = 0.123456789012345; break;
        case OptionType::Choice: value = option.choices.back(); break;
        case OptionType::StepsOrEpoch: value = 250; break;
        case OptionType::IntegerList: value = {0, 2, 11}; break;
        case OptionType::Names: value = {"output.dense", "key"}; break;
        default: value = "/somewhere/ünïcode, with \"comma\"";
      }
      RunConfig config;
      QVERIFY2(option.get(config) != value, option.key.c_str());
      option.set(config, value);
      QVERIFY2(option.get(config) == value, option.key.c_str());
      QVERIFY2(parse_option_text(option, option_text(option, value)) == value, option.key.c_str());
      QVERIFY2(option.get(run_config_from_json(to_json(config), "x")) == value, option.key.c_str());
      const json default_value = option.get(RunConfig{});
      QVERIFY2(parse_option_text(option, option_text(option, default_value)) == default_value, option.key.c_str());
      option.set(all, value);
    }
    save_run_file(all, file);
    QVERIFY(to_json(load_run_file(file)) == to_json(all));
    QVERIFY(json::parse(read_file(file))["format"] == run_format);
  }

  void to_json_leaves_out_what_is_unset() {
    const json file = to_json(RunConfig{});
    QVERIFY(!file["train"].contains("geometry_steps"));
    QVERIFY(!file["data"].contains("train_file"));
    QVERIFY(file["output"].is_object());
    QCOMPARE(file["train"]["seed"].get<int>(), 0);
  }

  void text_becomes_the_type() {
    const auto parsed = [](const char* key, const char* text) { return parse_option_text(find_option(key), text); };
    QVERIFY(parsed("train.learning_rate", "4e-4") == json(4e-4));
    QVERIFY(parsed("train.learning_rate", " .5 ") == json(0.5));
    QVERIFY(parsed("train.max_steps", "60").is_number_integer());
    QVERIFY(parsed("train.max_steps", "+60") == json(60));
    QVERIFY(parsed("train.bf16", "True") == json(true));
    QVERIFY(parsed("train.t_weight_decay", "null").is_null());
    QVERIFY(parsed("data.text_column", "").is_null());
    QVERIFY(parsed("eval.eval_steps", "epoch") == json("epoch"));
    QVERIFY(parsed("eval.eval_steps", "200") == json(200));
    QVERIFY(parsed("adapter.layers_to_transform", "0, 3-5") == json({0, 3, 4, 5}));
    QVERIFY(parsed("adapter.target_modules", "query, output.dense") == json({"query", "output.dense"}));
    QVERIFY(parsed("adapter.target_modules", "query") == json::array({"query"}));
    QVERIFY(parsed("adapter.target_modules", "all-linear") == json("all-linear"));
    QVERIFY(parsed("adapter.target_modules", ".*attention.*(query|value)") == json(".*attention.*(query|value)"));
    QVERIFY(parsed("adapter.target_modules", "[\"a\",\"b\"]") == json({"a", "b"}));
    // a pattern that looks like a name keeps its meaning
    const Option& targets = find_option("adapter.target_modules");
    QVERIFY(parse_option_text(targets, option_text(targets, "encoder.query")) == json("encoder.query"));
    // text that is no value is refused by `set`, with one message for all ways in
    for (const char* text : {"fast", "nan", "inf", "", "1e999", "4e-4x"}) {
      const QString found = QString("found \"%1\"").arg(text);
      const std::string message = set_error("train.learning_rate", parsed("train.learning_rate", text));
      QCOMPARE(QString::fromStdString(message), "train.learning_rate: expected a number above 0, " + found);
    }
  }

  void whole_real_numbers_are_integers() {
    RunConfig config;
    find_option("train.max_steps").set(config, json(60.0));
    QCOMPARE(config.train.max_steps, int64_t{60});
    find_option("train.max_steps").set(config, parse_option_text(find_option("train.max_steps"), "1e3"));
    QCOMPARE(config.train.max_steps, int64_t{1000});
    find_option("train.num_train_epochs").set(config, json(2));
    QCOMPARE(config.train.num_train_epochs, 2.0);
    find_option("adapter.layers_to_transform").set(config, json(3));
    QVERIFY(config.adapter.layers_to_transform == std::vector<int64_t>{3});
  }

  void wrong_values_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* key, const char* value, const char* message) {
      QTest::addRow("%s %s", key, value) << key << value << QString(key) + ": expected " + message;
    };
    row("train.learning_rate", "\"fast\"", "a number above 0, found \"fast\"");
    row("train.learning_rate", "0", "a number above 0, found 0");
    row("train.learning_rate", "null", "a number above 0, found null");
    row("train.max_steps", "1.5", "a whole number of at least -1, found 1.5");
    row("train.max_steps", "-2", "a whole number of at least -1, found -2");
    row("train.max_steps", "18446744073709551615", "a whole number of at least -1, found 18446744073709551615");
    row("train.max_steps", "1e300", "a whole number of at least -1, found 1e+300");
    row("train.seed", "-1", "a whole number from 0 to 9007199254740991, found -1");
    row("train.warmup_ratio", "1.01", "a number from 0 to 1, found 1.01");
    row("train.num_train_epochs", "0", "a number above 0 and at most 1000000, found 0");
    row("train.bf16", "1", "true or false, found 1");
    row("train.geometry_steps", "\"x\"", "a whole number of at least 0, or null, found \"x\"");
    row("adapter.method", "\"mlora\"", "one of lora, shim, icfm, ctcm, dtsm, full, found \"mlora\"");
    row("adapter.method", "[1]", "one of lora, shim, icfm, ctcm, dtsm, full, found a list of 1");
    row("adapter.target_modules", "[]",
        "a list of names, one regular expression, or \"all-linear\", found a list of 0");
    row("adapter.target_modules", "\"\"", "a list of names, one regular expression, or \"all-linear\", found \"\"");
    row("adapter.target_modules", "[\"q\", 3]", "a list of names, one regular expression, or \"all-linear\", found 3");
    row("adapter.modules_to_save", "\"a.*\"", "a list of names, or null, found \"a.*\"");
    row("adapter.layers_to_transform", "[0, -1]", "a list of whole numbers of at least 0, or null, found -1");
    row("eval.eval_steps", "0", "a whole number of steps above 0, or \"epoch\", found 0");
    row("eval.eval_steps", "\"epochs\"", "a whole number of steps above 0, or \"epoch\", found \"epochs\"");
    row("data.task", "{}", "a text, found an object");
    row("data.train_file", "5", "the path of a file, or null, found 5");
    row("output.output_dir", "5", "the path of a folder, or null, found 5");
  }
  void wrong_values() {
    QFETCH(QString, key);
    QFETCH(QString, value);
    QFETCH(QString, message);
    QCOMPARE(QString::fromStdString(set_error(key.toStdString().c_str(), json::parse(value.toStdString()))), message);
  }

  void a_refused_value_changes_nothing() {
    RunConfig config;
    error_of([&] { find_option("adapter.target_modules").set(config, {"key", 1}); });
    QVERIFY(to_json(config) == to_json(RunConfig{}));
  }

  void wrong_choice_names_the_nearest() {
    RunConfig config;
    const Error error = error_of([&] { find_option("train.lr_scheduler_type").set(config, "linaer"); });
    COMPARE_TEXT(error.hint(), "Did you mean linear?");
  }

  void bytes_that_are_not_utf8_are_refused() {
    QVERIFY(set_error("data.train_file", std::string("\xff.csv")).find("expected text in UTF-8") != std::string::npos);
  }

  void misspelt_keys_name_the_nearest() {
    const auto hint = [](const char* key) { return error_of([&] { find_option(key); }).hint(); };
    COMPARE_TEXT(hint("train.learnin_rate"), "Did you mean train.learning_rate?");
    COMPARE_TEXT(hint("learning_rate"), "Did you mean train.learning_rate?");
    COMPARE_TEXT(hint("learningrate"), "Did you mean train.learning_rate?");
    COMPARE_TEXT(hint("train.lora_alpha"), "Did you mean adapter.lora_alpha?");
    COMPARE_TEXT(hint("adaptor.methd"), "Did you mean adapter.method?");
    COMPARE_TEXT(hint("train.xyz"), "`mtlora options` lists all settings.");
    COMPARE_TEXT(error_of([] { find_option("train.bf61"); }).what(),
                 "train.bf61: no setting has this name; the nearest is train.bf16");
  }

  void open_choices_are_suggestions() {
    set_option_choices("data.task", {"banking77", "sst2", "own"});
    QCOMPARE(find_option("data.task").choices.size(), size_t{3});
    RunConfig config;
    find_option("data.task").set(config, "a_task_of_another_machine");  // a run made elsewhere can still be opened
    COMPARE_TEXT(config.data.task, "a_task_of_another_machine");
    COMPARE_TEXT(error_of([] { set_option_choices("data.tsk", {}); }).field(), "data.tsk");
  }

  void a_hand_written_run_file_loads() {
    QTemporaryDir temporary;
    const Path folder = Path(temporary.path().toStdString());
    std::filesystem::create_directories(folder / "my-model");
    std::ofstream(folder / "run.json") << R"({"format": 1,
      "model":   {"name_or_path": "minilm"},
      "data":    {"task": "sst2", "train_file": "train.tsv", "validation_file": "dev.tsv", "max_seq_length": 128},
      "adapter": {"method": "ctcm", "r": 8, "lora_alpha": 16, "lora_dropout": 0.0, "target_modules": ["query", "value"], "init": "paper"},
      "train":   {"per_device_train_batch_size": 32, "learning_rate": 4e-4, "max_steps": 60, "warmup_ratio": 0.06, "seed": 0},
      "versions": {"torch": "2.13.0"}, "sha256": {"model": "00"}})";
    RunConfig config = load_run_file(folder / "run.json");
    COMPARE_TEXT(config.data.task, "sst2");
    COMPARE_TEXT(config.model.name_or_path, "minilm");
    COMPARE_TEXT(config.data.train_file, (folder / "train.tsv").c_str());
    QCOMPARE(config.train.max_steps, int64_t{60});
    QVERIFY(check_run_config(config).empty());

    config = load_run_file(folder / "run.json", {{"train.max_steps", "7"},
                                                 {"adapter.target_modules", "all-linear"},
                                                 {"data.train_file", "other.tsv"},
                                                 {"model.name_or_path", (folder / "my-model").string()}});
    QCOMPARE(config.train.max_steps, int64_t{7});
    COMPARE_TEXT(config.adapter.target_modules.pattern, "all-linear");
    QVERIFY(config.adapter.target_modules.names.empty());
    COMPARE_TEXT(config.data.train_file, (std::filesystem::current_path() / "other.tsv").c_str());
    COMPARE_TEXT(config.model.name_or_path, (folder / "my-model").c_str());

    std::ofstream(folder / "run.json")
        << R"({"model": {"name_or_path": "my-model"}, "output": {"output_dir": "../o"}})";
    config = load_run_file(folder / "run.json");
    COMPARE_TEXT(config.model.name_or_path, (folder / "my-model").c_str());
    COMPARE_TEXT(config.output.output_dir, (folder.parent_path() / "o").c_str());
  }

  void bad_run_files_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("field");
    QTest::newRow("newer") << R"({"format": 2, "zzz": {}})"
                           << "has run format 2, which is newer than this program knows (1)"
                           << "format";
    QTest::newRow("format") << R"({"format": "1"})"
                            << "format: expected a whole number of at least 1, found \"1\""
                            << "format";
    QTest::newRow("list") << "[]"
                          << "expected an object with groups of settings, found array"
                          << "";
    QTest::newRow("group") << R"({"adaptr": {}})"
                           << "no group of settings has the name adaptr; the nearest is adapter"
                           << "adaptr";
    QTest::newRow("no group") << R"({"learning_rate": 1})"
                              << "no group of settings has the name learning_rate; the nearest is train.learning_rate"
                              << "learning_rate";
    QTest::newRow("group type") << R"({"train": 3})"
                                << "train: expected an object of settings, found number"
                                << "train";
    QTest::newRow("key") << R"({"train": {"lerning_rate": 3}})"
                         << "train.lerning_rate: no setting has this name; the nearest is train.learning_rate"
                         << "train.lerning_rate";
    QTest::newRow("value") << R"({"train": {"learning_rate": "fast"}})"
                           << "train.learning_rate: expected a number above 0, found \"fast\""
                           << "train.learning_rate";
    QTest::newRow("comma") << "{\n  \"train\": {},\n}"
                           << "not valid JSON at line 3, column 1"
                           << "";
    QTest::newRow("empty") << ""
                           << "not valid JSON at line 1, column 1"
                           << "";
    QTest::newRow("utf-8") << R"({"model": {"name_or_path": "LATIN1"}})"
                           << "not valid JSON at line 1, column 30"
                           << "";
    QTest::newRow("deep") << QString("[").repeated(100000) << "values nest deeper than 64 levels"
                          << "";
    QTest::newRow("number") << R"({"train": {"learning_rate": 1e999}})"
                            << "not valid JSON: a number is too large"
                            << "";
  }
  void bad_run_files() {
    QFETCH(QString, text);
    QFETCH(QString, message);
    QFETCH(QString, field);
    QTemporaryDir temporary;
    const Path file = Path(temporary.path().toStdString()) / "my run.json";
    std::string bytes = text.toStdString();
    if (const size_t at = bytes.find("LATIN1"); at != bytes.npos) bytes.replace(at, 6, "\xe9");
    std::ofstream(file) << bytes;
    const Error error = error_of([&] { load_run_file(file); });
    COMPARE_TEXT(error.what(), (quoted(file) + ": " + message.toStdString()).c_str());
    QCOMPARE(QString::fromStdString(error.field()), field);
    QVERIFY(error.code() == ErrorCode::BadInput);
  }

  void a_missing_run_file_is_a_file_error() {
    QVERIFY(error_of([] { load_run_file("/nowhere/run.json"); }).code() == ErrorCode::File);
  }

  void rules_between_settings() {
    QVERIFY(check_run_config({}).empty());
    const auto fields = [](const std::function<void(RunConfig&)>& change) {
      RunConfig config;
      change(config);
      return problem_fields(config);
    };
    QCOMPARE(fields([](RunConfig& c) { c.train.warmup_ratio = 0.1, c.train.warmup_steps = 5; }),
             Fields{"train.warmup_ratio"});
    QCOMPARE(fields([](RunConfig& c) { c.train.warmup_steps = 5, c.train.lr_scheduler_type = "constant"; }),
             Fields{"train.warmup_steps"});
    QCOMPARE(fields([](RunConfig& c) { c.adapter.method = "full", c.adapter.lora_dropout = 0.1; }),
             Fields{"adapter.lora_dropout"});
    QCOMPARE(fields([](RunConfig& c) { c.adapter.method = "full"; }), Fields{});
    QCOMPARE(fields([](RunConfig& c) {
               c.adapter.method = "full", c.adapter.use_rslora = c.adapter.split_fused = true;
               c.adapter.layers_to_transform = {1}, c.adapter.adapter_name_or_path = "/a";
             }),
             (Fields{"adapter.use_rslora", "adapter.split_fused", "adapter.layers_to_transform",
                     "adapter.adapter_name_or_path"}));
    QCOMPARE(fields([](RunConfig& c) { c.adapter.method = "lora", c.train.t_learning_rate_ratio = 2; }),
             Fields{"train.t_learning_rate_ratio"});
    QCOMPARE(fields([](RunConfig& c) { c.adapter.method = "lora", c.train.t_weight_decay = 0; }),
             Fields{"train.t_weight_decay"});
    QCOMPARE(fields([](RunConfig& c) { c.train.t_learning_rate_ratio = 2, c.train.t_weight_decay = 0; }), Fields{});
    QCOMPARE(fields([](RunConfig& c) { c.adapter.target_modules = {}; }), Fields{"adapter.target_modules"});
    QCOMPARE(fields([](RunConfig& c) { c.eval.early_stopping_patience = 2; }), Fields{});
    QCOMPARE(fields([](RunConfig& c) { c.eval.early_stopping_patience = 2, c.data.validation_split = 0; }),
             Fields{"eval.early_stopping_patience"});
    QCOMPARE(fields([](RunConfig& c) { c.eval.metric_for_best_model = "accuracy", c.data.validation_split = 0; }),
             Fields{"eval.metric_for_best_model"});
    QCOMPARE(fields([](RunConfig& c) {
               c.eval.metric_for_best_model = "accuracy", c.data.validation_split = 0, c.data.validation_file = "/v";
             }),
             Fields{});
    QCOMPARE(fields([](RunConfig& c) { c.data.task = "own"; }), Fields{"data.train_file"});
    QCOMPARE(fields([](RunConfig& c) { c.data.text_column = "text", c.data.label_column = "text"; }),
             Fields{"data.label_column"});
    QCOMPARE(fields([](RunConfig& c) { c.data.text_column = "text", c.data.text_pair_column = "text"; }),
             Fields{"data.text_pair_column"});
    QCOMPARE(fields([](RunConfig& c) { c.model.name_or_path.clear(); }), Fields{"model.name_or_path"});
  }
};

QTEST_APPLESS_MAIN(TestConfig)
#include "test_config.moc"
