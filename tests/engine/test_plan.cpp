// What is known of a run before it starts: texts that a model learns to write, their lengths and rows, the models there
// are.
#include <QTemporaryDir>
#include <QtTest>
#include <numeric>

#include "api/api.h"
#include "base/error.h"
#include "base/json.h"
#include "message_of.h"
#include "shared_data.h"

using namespace mtlora;
using nlohmann::json;

class TestPlan : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  Path write(const std::string& name, const std::string& text) {
    const Path path = Path(folder_.path().toStdString()) / name;
    write_file(path, text);
    return path;
  }
  // Prompts of the words given, each with one completion; a row each.
  RunConfig run_on(const std::string& name, const std::vector<std::pair<std::string, std::string>>& rows) {
    std::string lines;
    for (const auto& [prompt, completion] : rows)
      lines += json{{"prompt", prompt}, {"completion", completion}}.dump() + "\n";
    RunConfig config;
    config.model.name_or_path = "stories260K";
    config.data.task = "instructions";
    config.data.train_file = write(name, lines).string();
    config.data.chat_template = "completion";
    config.data.validation_split = 0;
    config.adapter.target_modules = {{}, "all-linear"};
    return config;
  }

 private slots:
  void initTestCase() { initialise(); }

  void bundledModelsSayWhatTheyCan() {
    const std::vector<ModelEntry> models = list_models();
    const auto named = [&](const std::string& name) {
      return std::ranges::find_if(models, [&](const ModelEntry& model) { return model.name == name; });
    };
    const auto writer = named("stories260K");
    QVERIFY(writer != models.end());
    QVERIFY(writer->bundled && writer->writes_text && writer->problem.empty());
    QVERIFY(inspect_model("stories260K").writes_text);  // found by that name
    const auto encoder = named("minilm");
    if (encoder == models.end()) QSKIP("The bundled encoder is not installed (./studio build installs it).");
    QVERIFY(!encoder->writes_text);
  }

  // Each token of a sample: whether it is learnt, and whether the tokenizer calls it special.
  void samplesTellTokensApart() {
    const RunPlan plan = plan_run(run_on("samples.jsonl", {{"Tom has a cat.", "It is black."}}));
    QCOMPARE(plan.chat_template, std::string("completion"));
    QCOMPARE(plan.samples.size(), size_t(1));
    const SampleExample& sample = plan.samples.front();
    QCOMPARE(sample.special.size(), sample.tokens.size());
    QCOMPARE(sample.answer.size(), sample.tokens.size());
    std::string special;
    for (size_t i = 0; i < sample.tokens.size(); ++i)
      if (sample.special[i]) special += sample.tokens[i];
    QCOMPARE(special, std::string("<s></s></s>"));
    // From the first end of text on, all is learnt, the last end of text too, and nothing before.
    const auto end = std::ranges::find(sample.tokens, std::string("</s>"));
    const auto border = end - sample.tokens.begin() + 1;
    QCOMPARE(std::accumulate(sample.answer.begin(), sample.answer.begin() + border, 0), 0);
    QCOMPARE(std::accumulate(sample.answer.begin() + border, sample.answer.end(), int64_t{0}),
             std::ssize(sample.tokens) - border);
  }

  // Lengths are those before the cut, also of rows that the limit leaves nothing of; those rows are told apart.
  void longRowsAreListed() {
    const std::string story = "Once upon a time there was a little girl who had a big red ball and a small dog.";
    RunConfig config = run_on("long.jsonl", {{"A cat.", "It sat."},
                                             {"A dog.", story + " " + story},
                                             {story + " " + story, "The end."},
                                             {"A hat.", "It is red."}});
    config.data.max_seq_length = 256;
    const RunPlan whole = plan_run(config);
    QCOMPARE(whole.token_lengths.size(), size_t(4));
    QVERIFY(whole.long_rows.empty());
    QCOMPARE(whole.unscored_examples, int64_t(0));

    config.data.max_seq_length = 40;
    const RunPlan cut = plan_run(config);
    auto lengths = whole.token_lengths, cut_lengths = cut.token_lengths;
    std::ranges::sort(lengths);
    std::ranges::sort(cut_lengths);
    QCOMPARE(cut_lengths, lengths);
    QCOMPARE(cut.train_examples, int64_t(3));
    QCOMPARE(cut.truncated_examples, int64_t(1));
    QCOMPARE(cut.unscored_examples, int64_t(1));
    QCOMPARE(cut.long_rows.size(), size_t(2));
    QCOMPARE(cut.long_rows[0].row, int64_t(2));
    QVERIFY(!cut.long_rows[0].left_out);
    QCOMPARE(cut.long_rows[1].row, int64_t(3));
    QVERIFY(cut.long_rows[1].left_out);
    QCOMPARE(cut.long_rows[0].tokens, int64_t(whole.token_lengths[1]));
    QCOMPARE(cut.long_rows[1].tokens, int64_t(whole.token_lengths[2]));
  }

  void filledBatchesMakeFewerSteps() {
    std::vector<std::pair<std::string, std::string>> rows;
    for (int i = 0; i < 40; ++i) rows.emplace_back("Number " + std::to_string(i) + ".", "It is here.");
    RunConfig config = run_on("many.jsonl", rows);
    config.train.per_device_train_batch_size = 4;
    config.train.num_train_epochs = 2;
    const RunPlan loose = plan_run(config);
    QCOMPARE(loose.steps_per_epoch, int64_t(10));
    QCOMPARE(loose.total_steps, int64_t(20));
    config.data.packing = true;
    const RunPlan filled = plan_run(config);
    QVERIFY(filled.steps_per_epoch < loose.steps_per_epoch);
    QCOMPARE(filled.total_steps, 2 * filled.steps_per_epoch);
    // The tokens of an epoch stay the same and fill the places of its batches.
    QCOMPARE(filled.tokens_per_epoch, loose.tokens_per_epoch);
    QVERIFY(filled.steps_per_epoch * 4 * config.data.max_seq_length >= filled.tokens_per_epoch);
  }

  // A template whose markers the model has never seen as tokens is said, one of plain words is not.
  void markersThatTheModelLacks() {
    RunConfig config = run_on("markers.jsonl", {{"Tom has a cat.", "It is black."}, {"A.", "B."}});
    const auto said = [&](const std::string& chosen) {
      config.data.chat_template = chosen;
      std::string all;
      for (const std::string& warning : plan_run(config).warnings) all += warning;
      return all.find("in pieces") != std::string::npos;
    };
    QVERIFY(said("chatml"));
    QVERIFY(said("llama3"));
    QVERIFY(!said("completion"));
    QVERIFY(!said("alpaca"));
  }

  // A model that can't write is told of as such, whatever its tokenizer lacks for the template.
  void anEncoderWritesNoText() {
    const std::vector<ModelEntry> models = list_models();
    if (models.empty() || models.front().name != "minilm") QSKIP("The bundled encoder is not installed.");
    RunConfig config = run_on("encoder.jsonl", {{"A cat.", "It sat."}});
    config.model.name_or_path = "minilm";
    try {
      plan_run(config);
      QFAIL("an encoder was taken to write texts");
    } catch (const Error& error) {
      QCOMPARE(error.field(), std::string("model.name_or_path"));
      QVERIFY2(std::string(error.what()).find("encoder") != std::string::npos, error.what());
    }
  }

  void previewOfDialogues() {
    // 150 entries about 120 things, every tenth without a text; one whose only text is marked bad, one without triples.
    const auto entry = [](const std::string& category, const std::string& triple, const std::string& text) {
      return "<entry category='" + category + "' eid='Id1'><modifiedtripleset>" + triple + "</modifiedtripleset>" +
             text + "</entry>\n";
    };
    const std::string good = "<lex comment='good' lid='Id1'>A place.</lex>";
    std::string xml = "<benchmark><entries>\n";
    for (int i = 0; i < 150; ++i) {
      xml += entry(i % 2 ? "Airport" : "Artist", "<mtriple>Thing" + std::to_string(i % 120) + " | is | x</mtriple>",
                   i % 10 ? good : "");
    }
    xml += entry("Airport", "<mtriple>a | b | c</mtriple>", "<lex comment='bad' lid='Id1'>A.</lex>");
    xml += entry("Airport", "", good);
    const DialoguePreview preview = preview_dialogues(write("preview.xml", xml + "</entries></benchmark>"));
    QCOMPARE(preview.format, std::string("webnlg"));
    QCOMPARE(preview.rows.size(), size_t(100));
    QCOMPARE(preview.unanswered, int64_t(15));
    QCOMPARE(preview.usable_rows, int64_t(135));
    QCOMPARE(preview.contexts, int64_t(108));  // of 120, a tenth has no text
    QCOMPARE(preview.groups, (std::vector<std::pair<std::string, int64_t>>{{"seen", 75}, {"unseen", 60}}));
    QCOMPARE(preview.problems.size(), size_t(2));
    QCOMPARE(preview.problems[0].row, int64_t(151));
    QVERIFY(preview.problems[0].left_out);   // the format has it so
    QVERIFY(!preview.problems[1].left_out);  // broken
    QVERIFY(message_of([&] { preview_dialogues(Path(folder_.path().toStdString()) / "none.json"); }) != "no error");
  }

  // WebNLG's own files hold entries whose texts are all marked bad: they are left out and counted, not refused.
  void entriesWithoutAGoodTextAreLeftOut() {
    const auto entry = [](const std::string& name, const std::string& quality) {
      return "<entry category='Airport' eid='Id1'><modifiedtripleset><mtriple>" + name +
             " | is | x</mtriple></modifiedtripleset><lex comment='" + quality + "' lid='Id1'>It is.</lex></entry>";
    };
    RunConfig config = run_on("unused.jsonl", {{"a", "b"}});
    config.data.task = "webnlg";
    config.data.train_file = write("texts.xml", "<benchmark><entries>" + entry("A", "good") + entry("B", "toFix") +
                                                    entry("C", "good") + "</entries></benchmark>")
                                 .string();
    const RunPlan plan = plan_run(config);
    QCOMPARE(plan.train_examples, int64_t(2));
    QCOMPARE(plan.skipped_rows, int64_t(1));
  }

  // The development set of the E2E challenge as its paper counts it: 4,672 texts for 547 meanings.
  void previewOfPublishedFiles() {
    const Path file = shared_data() / "e2e/e2e-dataset/devset.csv";
    if (!std::filesystem::exists(file)) QSKIP("The published files are not there (MTLORA_SHARED_DATA).");
    const DialoguePreview e2e = preview_dialogues(file, "e2e");
    QCOMPARE(e2e.usable_rows, int64_t(4672));
    QCOMPARE(e2e.contexts, int64_t(547));
    QVERIFY(e2e.problems.empty());
    const DialoguePreview webnlg = preview_dialogues(shared_data() / "webnlg-2017/xml/test", "webnlg");
    QCOMPARE(webnlg.groups.size(), size_t(2));
    QCOMPARE(webnlg.groups.front().first, std::string("seen"));
    QCOMPARE(webnlg.groups[0].second + webnlg.groups[1].second, webnlg.usable_rows);
  }
};

QTEST_APPLESS_MAIN(TestPlan)
#include "test_plan.moc"
