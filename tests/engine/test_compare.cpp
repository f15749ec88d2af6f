// Comparisons: what the figures are, what a plan refuses, and a queue of real child processes that survives a kill.
#include <signal.h>

#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <thread>

#include "api/api.h"
#include "base/child_process.h"
#include "base/error.h"
#include "base/json.h"
#include "compare/statistics.h"
#include "message_of.h"
#include "record/event_file.h"
#include "store/run_lock.h"

using namespace mtlora;
using nlohmann::json;

namespace {

const Path data = MTLORA_TEST_DATA;
constexpr int patience = 120'000;  // ms

bool is_near(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b)); }

json plan_json(int64_t steps = 8) {
  return {{"name", "letters"},
          {"run",
           {{"model", {{"name_or_path", (data / "tiny-bert").string()}}},
            {"data", {{"task", "own"}, {"train_file", (data / "letters.csv").string()}, {"max_seq_length", 16}}},
            {"adapter", {{"r", 4}}},
            {"train",
             {{"learning_rate", 5e-3},
              {"max_steps", steps},
              {"per_device_train_batch_size", 8},
              {"logging_steps", 2},
              {"geometry_steps", 4},
              {"save_steps", 20}}},
            {"eval", {{"eval_steps", "epoch"}}}}},
          {"tasks", {{{"name", "Letters"}, {"settings", json::object()}}}},
          {"variants",
           {{{"name", "LoRA"}, {"settings", {{"adapter.method", "lora"}}}},
            {{"name", "CTCM"}, {"settings", {{"adapter.method", "ctcm"}}}}}},
          {"seeds", {1, 2}}};
}
Plan plan_of(const json& object) { return plan_from_json(object, "the plan", data); }

std::vector<std::string> ids_of(const Comparison& comparison) {
  std::vector<std::string> ids;
  for (const ComparedRun& run : comparison.runs) ids.push_back(run.run.id);
  return ids;
}

// Runs the whole queue here; the names in the order in which they were begun.
std::vector<std::string> work_through(const Path& folder) {
  std::vector<std::string> begun;
  ComparisonHooks hooks;
  hooks.on_begin = [&](const ComparedRun& run) { begun.push_back(run.run.id); };
  run_comparison(folder, hooks);
  return begun;
}

// A result as a table would have it, of made up scores.
ComparedVariant made_up(const std::vector<double>& scores, const std::vector<double>& reference, bool larger = true) {
  ComparedVariant row;
  row.task = "t", row.variant = "CTCM", row.metric = "accuracy", row.scale = 100, row.larger_is_better = larger;
  row.scores = scores;
  row.score = spread_of(scores);
  row.planned = row.score.count;
  row.to_reference = paired_difference(scores, reference);
  row.rotation_degrees = row.condition = std::nan("");
  return row;
}

template <class Done>
bool wait_for(Done done) {
  for (int i = 0; i < patience / 20; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

}  // namespace

class TestCompare : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;

  Path fresh(const char* name) const { return folder_.filePath(QString::fromLatin1(name)).toStdString(); }

 private slots:
  void initTestCase() {
    qputenv("MTLORA_PROGRAM", MTLORA_CLI);
    qputenv("PATH", "/nonexistent");  // no message on a desktop, and nothing keeps a machine awake for a test
    initialise();
  }

  // ---- figures ------------------------------------------------------------------------------------------------------

  void quantilesAreThoseOfScipy() {
    const json golden = read_json(data / "statistics.json");
    for (const json& one : golden["quantiles"]) {
      const double t = student_t(one["probability"], one["degrees"]);
      QVERIFY2(is_near(t, one["t"]), one.dump().c_str());
    }
  }

  void pairedIntervalsAreThoseOfScipy() {
    const json golden = read_json(data / "statistics.json");
    for (const json& one : golden["paired"]) {
      const auto a = one["a"].get<std::vector<double>>(), b = one["b"].get<std::vector<double>>();
      const Difference difference = paired_difference(a, b);
      const std::string name = one["name"];
      QCOMPARE(difference.pairs, std::ssize(a));
      QVERIFY2(is_near(difference.mean, one["mean"]), name.c_str());
      QVERIFY2(is_near(difference.low, one["low"]), name.c_str());
      QVERIFY2(is_near(difference.high, one["high"]), name.c_str());
      const Spread spread = spread_of(a);
      QVERIFY2(is_near(spread.mean, one["a_mean"]) && is_near(spread.deviation, one["a_deviation"]), name.c_str());
      QCOMPARE(difference.too_few(), a.size() < 5);
    }
    const Difference one = paired_difference(std::vector<double>{2}, std::vector<double>{1});
    QVERIFY(std::isinf(one.low) && std::isinf(one.high) && !one.is_clear());
    QVERIFY(std::isnan(spread_of(std::vector<double>{2}).deviation));
  }

  void neverBetterWhereTheIntervalCrossesZero() {
    const std::vector<double> zero(5, 0);
    QCOMPARE(verdict_of(made_up({1, 1.1, 0.9, 1.2, 0.8}, zero)), std::string("better"));
    QCOMPARE(verdict_of(made_up({1, 1.1, 0.9, 1.2, 0.8}, zero, false)), std::string("worse"));
    QCOMPARE(verdict_of(made_up({-1, -1.1, -0.9, -1.2, -0.8}, zero)), std::string("worse"));
    QCOMPARE(verdict_of(made_up({3, 3, 3, 3, -3}, zero)), std::string("not told apart"));
    QCOMPARE(verdict_of(made_up({5, 5, 5, 5.1}, std::vector<double>(4, 0))), std::string("too few seeds"));
    // In every report, for differences of all sizes.
    Plan plan = plan_of(plan_json());
    plan.tasks[0].name = "t";
    for (int i = 0; i < 60; ++i) {
      const double shift = 0.02 * i;
      const ComparedVariant row = made_up({shift - 1, shift + 0.4, shift + 0.2, shift + 0.5, shift - 0.1}, zero);
      const bool clear = row.to_reference->low > 0;
      const std::string csv = report_csv(plan, {row});
      const std::string markdown = report_markdown(plan, {row}), html = report_html(plan, {row}, {});
      QCOMPARE(csv.find(",better,") != csv.npos, clear);
      QCOMPARE(markdown.find("| better |") != markdown.npos, clear);
      QCOMPARE(html.find(">better<") != html.npos, clear);
      QCOMPARE(csv.find("not told apart") != csv.npos, !clear);
    }
    QVERIFY(made_up({0.2, 1.6, 1.4, 1.7, 1.1}, zero).to_reference->low > 0);  // the last of them was clear
  }

  void namesInAReportAreNoMarkup() {
    Plan plan = plan_of(plan_json());
    plan.name = "<b>\"A & B\"</b>";
    plan.tasks[0].name = "t";
    ComparedVariant row = made_up({1}, {0});
    row.variant = "a|b,\"c\"<i>";
    const std::string html = report_html(plan, {row}, {});
    QVERIFY(html.find("<i>") == html.npos && html.find("<b>\"A") == html.npos);
    QVERIFY(report_markdown(plan, {row}).find("a\\|b") != std::string::npos);
    QVERIFY(report_csv(plan, {row}).find("\"a|b,\"\"c\"\"<i>\"") != std::string::npos);
  }

  // ---- plans --------------------------------------------------------------------------------------------------------

  void aPlanSaysWhatIsWrongWithIt_data() {
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const char* change, const char* says) {
      QTest::newRow(name) << QString::fromLatin1(change) << QString::fromLatin1(says);
    };
    row("unknown key", R"({"sedes": [1]})", "unknown key 'sedes'");
    row("no seed", R"({"seeds": []})", "'seeds' is empty");
    row("no task", R"({"tasks": []})", "'tasks' is empty");
    row("no variant", R"({"variants": []})", "'variants' is empty");
    row("seed twice", R"({"seeds": [1, 1]})", "seed 1 stands twice");
    row("wrong type", R"({"seeds": "five"})", "'seeds' has the wrong type");
    row("reference", R"({"reference": "Lora"})", "none of the variants");
    row("name twice", R"({"tasks": [{"name": "a"}, {"name": "a"}]})", "'a' twice");
    row("same folder", R"({"tasks": [{"name": "a b"}, {"name": "a-b"}]})", "the folder 'a-b-lora-seed1'");
    row("setting", R"({"variants": [{"name": "x", "settings": {"adapter.methd": "lora"}}]})", "adapter.methd");
    row("value", R"({"variants": [{"name": "x", "settings": {"adapter.r": -3}}]})", "adapter.r");
    row("chosen on nothing", R"({"choose": {"adapter.r": [2, 4]}})", "no choosing_seeds");
    row("chosen on what is reported", R"({"choose": {"adapter.r": [2, 4]}, "choosing_seeds": [2]})",
        "seed 2 stands twice");
    row("value to choose", R"({"choose": {"adapter.r": [2, "x"]}, "choosing_seeds": [9]})", "'choose': adapter.r");
    row("run", R"({"run": {"train": {"sede": 1}}})", "sede");
    row("nothing to choose", R"({"choose": {"adapter.r": []}, "choosing_seeds": [9]})", "empty");
  }
  void aPlanSaysWhatIsWrongWithIt() {
    QFETCH(QString, change);
    QFETCH(QString, says);
    json object = plan_json();
    object.update(json::parse(change.toStdString()));
    const std::string message = message_of([&] { plan_of(object); });
    QVERIFY2(message.find(says.toStdString()) != message.npos, message.c_str());
    QVERIFY2(message.starts_with("the plan"), message.c_str());
  }

  void aPlanIsWrittenAndReadAgain() {
    json object = plan_json();
    object["choose"] = {{"adapter.r", {2, 4}}};
    object["choosing_seeds"] = {100};
    const Plan plan = plan_of(object);
    QCOMPARE(to_json(plan_of(to_json(plan))).dump(), to_json(plan).dump());
    QCOMPARE(first_runs(plan).size(), size_t(4));  // 2 variants, 2 values, one seed
    const std::vector<PlannedRun> reported = reported_runs(plan, {{{"Letters", "CTCM"}, {{"adapter.r", 2}}}});
    QCOMPARE(reported.size(), size_t(4));
    for (const PlannedRun& run : reported) {
      QCOMPARE(run.config.train.seed, run.seed);
      if (run.variant == "CTCM") QCOMPARE(run.config.adapter.r, int64_t(2));
    }
    // A folder with the same plan is taken, one with another is refused.
    const Path folder = create_comparison(plan, fresh("again"));
    QCOMPARE(create_comparison(plan, folder), folder);
    QVERIFY(message_of([&] { create_comparison(plan_of(plan_json()), folder); }).find("another plan") !=
            std::string::npos);
  }

  // Each seed's mean over the tasks; LoRA lacks seed 2 on the second, so that seed has no average to pair with.
  void tasksAreAveragedSeedBySeed() {
    json object = plan_json();
    object["tasks"] = {{{"name", "a"}, {"settings", json::object()}}, {{"name", "b"}, {"settings", json::object()}}};
    object["seeds"] = {1, 2, 3};
    const Plan plan = plan_of(object);
    std::vector<ComparedRun> runs;
    for (const PlannedRun& planned : first_runs(plan)) {
      ComparedRun run;
      run.run = planned;
      const bool is_lora = planned.variant == "LoRA", is_b = planned.task == "b";
      run.metric = is_b ? "test_matthews_correlation" : "accuracy";
      if (!is_lora || !is_b || planned.seed != 2) {
        run.state = ComparedState::Completed;
        run.score = (is_b ? 0.2 : 0.8) + (is_lora ? 0 : 0.01 * static_cast<double>(planned.seed));
      }
      run.trainable_parameters = is_b ? 10 : 12;
      run.seconds = is_b ? 3 : 4;
      run.peak_mib = is_b ? 100 : 90;
      run.rotation_degrees = is_lora ? 0 : is_b ? 10 : 20;
      run.condition = is_lora ? 1 : is_b ? 2 : 8;
      runs.push_back(run);
    }
    std::vector<ComparedVariant> rows = compare_variants(plan, runs);
    QCOMPARE(rows.size(), size_t(6));
    const ComparedVariant &lora = rows[4], &ctcm = rows[5];
    QCOMPARE(ctcm.task, std::string());
    QCOMPARE(lora.seeds, (std::vector<int64_t>{1, 3}));
    QCOMPARE(ctcm.seeds, (std::vector<int64_t>{1, 2, 3}));
    for (size_t i = 0; i < 3; ++i) QVERIFY(is_near(ctcm.scores[i], 51 + static_cast<double>(i)));
    QCOMPARE(ctcm.to_reference->pairs, int64_t(2));
    QVERIFY(is_near(ctcm.to_reference->mean, 2));  // 1 and 3
    QVERIFY(!lora.to_reference);
    QVERIFY(ctcm.seconds == 7 && ctcm.peak_mib == 100 && ctcm.trainable_parameters == 12);
    QVERIFY(is_near(ctcm.rotation_degrees, 15) && is_near(ctcm.condition, 4));  // 4: the geometric mean
    const std::string text = report_markdown(plan, rows);
    QVERIFY2(text.find("**Average of 2 tasks**") != text.npos && text.find("52.00 ± 1.00") != text.npos, text.c_str());
    QVERIFY(report_csv(plan, rows).find("\naverage,CTCM,,average,100,3,3,0,52,1,2,2,") != std::string::npos);

    // A perplexity and an accuracy have no mean.
    for (ComparedRun& run : runs)
      if (run.run.task == "b") run.metric = "perplexity";
    rows = compare_variants(plan, runs);
    QVERIFY(rows[5].scores.empty() && !rows[5].to_reference && !rows[2].scores.empty());
    QCOMPARE(report_markdown(plan, rows).find("**Average"), std::string::npos);
  }

  // ---- the queue ----------------------------------------------------------------------------------------------------

  void theQueueHasAnOrderAndWhatIsSkipped() {
    const Path folder = create_comparison(plan_of(plan_json()), fresh("order"));
    const std::vector<std::string> planned = ids_of(read_comparison(folder));
    QCOMPARE(planned, (std::vector<std::string>{"letters-lora-seed1", "letters-ctcm-seed1", "letters-lora-seed2",
                                                "letters-ctcm-seed2"}));
    Queue queue;
    queue.order = {planned[3], planned[1]};
    queue.skipped = {planned[0]};
    set_queue(folder, queue);
    QCOMPARE(work_through(folder), (std::vector<std::string>{planned[3], planned[1], planned[2]}));
    Comparison now = read_comparison(folder);
    QCOMPARE(now.planned, int64_t(4));
    QCOMPARE(now.completed, int64_t(3));
    QVERIFY(now.done());
    QVERIFY(!now.runs_now);
    QVERIFY(std::filesystem::exists(folder / "results.html"));
    const ComparedVariant& ctcm = now.rows[1];
    QCOMPARE(ctcm.variant, std::string("CTCM"));
    QCOMPARE(ctcm.score.count, int64_t(2));
    QCOMPARE(ctcm.to_reference->pairs, int64_t(1));  // LoRA's seed 1 was skipped
    QVERIFY(ctcm.peak_mib > 0 && ctcm.seconds > 0 && ctcm.rotation_degrees > 0 && ctcm.condition > 1);
    // Taken back, it is run.
    set_queue(folder, {});
    QCOMPARE(work_through(folder), std::vector<std::string>{planned[0]});
  }

  void aPausedQueueWaits() {
    const Path folder = create_comparison(plan_of(plan_json()), fresh("paused"));
    Queue paused;
    paused.paused = true;
    set_queue(folder, paused);
    std::atomic<int> begun = 0;
    std::atomic<bool> stop = false;
    std::thread worker([&] {
      ComparisonHooks hooks;
      hooks.on_begin = [&](const ComparedRun&) { ++begun; };
      hooks.stop_asked = [&] { return stop.load(); };
      run_comparison(folder, hooks);
    });
    QVERIFY(wait_for([&] { return read_comparison(folder).runs_now; }));
    std::this_thread::sleep_for(std::chrono::seconds(1));
    QCOMPARE(begun.load(), 0);
    QVERIFY(message_of([&] { run_comparison(folder); }).find("in use") != std::string::npos);  // by the other
    set_queue(folder, {});
    QVERIFY(wait_for([&] { return begun.load() > 0; }));
    stop = true;
    worker.join();
    QVERIFY(!read_comparison(folder).done());
  }

  void aFailedRunIsMarkedAndTheRestGoOn() {
    json object = plan_json();
    json bad = json::object();
    bad["name"] = "bad";
    bad["settings"]["adapter.target_modules"] = json::array({"nothing"});
    object["variants"].insert(object["variants"].begin(), bad);
    object["reference"] = "LoRA";
    const Path folder = create_comparison(plan_of(object), fresh("failed"));
    QCOMPARE(work_through(folder).size(), size_t(6));
    const Comparison now = read_comparison(folder);
    QCOMPARE(now.failed, int64_t(2));
    QCOMPARE(now.completed, int64_t(4));
    QVERIFY(now.done());
    for (const ComparedRun& run : now.runs) {
      if (run.run.variant != "bad") continue;
      QVERIFY(run.state == ComparedState::Failed);
      QVERIFY2(run.message.find("nothing") != run.message.npos, run.message.c_str());
    }
    QCOMPARE(now.rows[0].failed, int64_t(2));
    QVERIFY(!now.rows[0].to_reference);
    QVERIFY(comparison_report(now, ReportFormat::Html).find("Runs that failed") != std::string::npos);
    // Its folder taken away, it is tried again.
    for (const ComparedRun& run : now.runs)
      if (run.state == ComparedState::Failed) std::filesystem::remove_all(run.folder);
    QCOMPARE(work_through(folder).size(), size_t(2));
  }

  void valuesAreChosenOnOtherSeeds() {
    json object = plan_json();
    object["choose"] = {{"train.learning_rate", {1e-6, 2e-2}}};
    object["choosing_seeds"] = {100, 101};
    const Path folder = create_comparison(plan_of(object), fresh("chosen"));
    const Comparison before = read_comparison(folder);
    QCOMPARE(before.planned, int64_t(2 * 2 * 2 + 4));
    for (const ComparedRun& run : before.runs) QVERIFY(!run.run.is_reported);
    QCOMPARE(work_through(folder).size(), size_t(12));
    const Comparison now = read_comparison(folder);
    QVERIFY(now.done());
    QCOMPARE(now.completed, int64_t(12));
    std::map<std::pair<std::string, double>, double> sums;  // of the choosing seeds, by hand
    for (const ComparedRun& run : now.runs) {
      const double rate = run.run.config.train.learning_rate;
      if (!run.run.is_reported) sums[{run.run.variant, rate}] += *run.choosing_score;
    }
    for (const ComparedRun& run : now.runs) {
      if (!run.run.is_reported) {
        QVERIFY(run.run.seed >= 100);
        continue;
      }
      QVERIFY(run.run.seed < 100);
      const double chosen = run.run.config.train.learning_rate, other = chosen == 2e-2 ? 1e-6 : 2e-2;
      QVERIFY((sums[{run.run.variant, chosen}] >= sums[{run.run.variant, other}]));
    }
    for (const ComparedVariant& row : now.rows) {
      QCOMPARE(row.score.count, int64_t(2));  // the choosing ones are no part of it
      QVERIFY(row.choice.contains("train.learning_rate"));
    }
    QVERIFY(comparison_report(now, ReportFormat::Markdown).find("chosen") != std::string::npos);
  }

  // A rate of which a seed diverged is not chosen for its lucky one; a variant without any score is not trained at the
  // plan's own values.
  void whatFailedIsNotChosen() {
    json object = plan_json();
    object["choose"] = {{"train.learning_rate", {1e-3, 2e-2}}};
    object["choosing_seeds"] = {100, 101};
    const Plan plan = plan_of(object);
    std::vector<ComparedRun> runs;
    for (const PlannedRun& planned : first_runs(plan)) {
      ComparedRun run;
      run.run = planned;
      run.metric = "accuracy";
      const bool is_large = planned.config.train.learning_rate > 1e-2;
      if (planned.variant == "LoRA" && !(is_large && planned.seed == 101)) run.choosing_score = is_large ? 0.9 : 0.6;
      runs.push_back(run);
    }
    const Choices choices = choose(runs);
    QCOMPARE(choices.size(), size_t(1));
    QVERIFY(choices.at({"Letters", "LoRA"}).at("train.learning_rate") == json(1e-3));
  }

  void aVariantWithoutAChoiceIsNotTrained() {
    json object = plan_json();
    object["choose"] = {{"train.learning_rate", {1e-3, 2e-2}}};
    object["choosing_seeds"] = {100};
    object["variants"][1]["settings"]["adapter.target_modules"] = json::array({"nothing"});
    const Path folder = create_comparison(plan_of(object), fresh("no-choice"));
    work_through(folder);
    const Comparison now = read_comparison(folder);
    QVERIFY(now.done());
    QCOMPARE(now.left(), int64_t(0));
    for (const ComparedRun& run : now.runs) {
      if (!run.run.is_reported || run.run.variant != "CTCM") continue;
      QVERIFY(run.state == ComparedState::Failed);
      QVERIFY2(run.message.find("could be chosen") != run.message.npos, run.message.c_str());
      QVERIFY(!std::filesystem::exists(run.folder));
    }
    QCOMPARE(now.rows[0].score.count, int64_t(2));
  }

  void pathsOfAPlanLieBesideIt() {
    json object = plan_json();
    object["run"]["data"]["train_file"] = "letters.csv";
    object["variants"][0]["settings"]["adapter.adapter_name_or_path"] = "tiny-bert-lora";
    const Plan plan = plan_of(object);
    const std::vector<PlannedRun> planned = first_runs(plan);
    QCOMPARE(planned[0].config.data.train_file, (data / "letters.csv").string());
    QCOMPARE(planned[0].config.adapter.adapter_name_or_path, (data / "tiny-bert-lora").string());
    QCOMPARE(planned[1].config.adapter.adapter_name_or_path, std::string());
  }

  void killedAndGoneOnItEndsWithTheSameResults() {
    const json object = plan_json(160);
    const Path whole = create_comparison(plan_of(object), fresh("whole"));
    work_through(whole);
    const Comparison expected = read_comparison(whole);

    const Path folder = create_comparison(plan_of(object), fresh("killed"));
    ChildProcess runner({MTLORA_CLI, "compare", folder.string()}, {});
    const auto running = [&]() -> std::optional<ComparedRun> {
      for (const ComparedRun& run : read_comparison(folder).runs)
        if (run.state == ComparedState::Running && run.step >= 30) return run;
      return std::nullopt;
    };
    std::optional<ComparedRun> run;
    QVERIFY(wait_for([&] { return (run = running()).has_value(); }));
    const pid_t child = RunLock::owner(run->folder);
    QVERIFY(child > 0);
    runner.signal(SIGKILL);
    ::kill(child, SIGKILL);
    runner.wait();
    QVERIFY(wait_for([&] { return !RunLock::is_held(run->folder); }));
    const Comparison between = read_comparison(folder);
    QVERIFY(!between.runs_now);
    QVERIFY(!between.done());
    for (const ComparedRun& each : between.runs)
      if (each.run.id == run->run.id) QVERIFY(each.state == ComparedState::Stopped);

    work_through(folder);
    const Comparison now = read_comparison(folder);
    QVERIFY(now.done());
    for (size_t i = 0; i < now.runs.size(); ++i) {
      QVERIFY(now.runs[i].state == ComparedState::Completed);
      QCOMPARE(*now.runs[i].score, *expected.runs[i].score);
      QVERIFY(is_near(now.runs[i].rotation_degrees, expected.runs[i].rotation_degrees));
    }
  }

  // A child that is killed is marked as failed, although an earlier stop has left a summary; tried again, it goes on.
  void aKilledRunGoesOnWhenTriedAgain() {
    const Path folder = create_comparison(plan_of(plan_json(400)), fresh("killed child"));
    Path first;
    bool stop = false;
    ComparisonHooks hooks;
    hooks.on_begin = [&](const ComparedRun& run) { first = first.empty() ? run.folder : first; };
    hooks.on_event = [&](const Event& event) { stop = stop || std::holds_alternative<StepDone>(event.body); };
    hooks.stop_asked = [&] { return stop; };
    run_comparison(folder, hooks);
    QVERIFY(std::filesystem::exists(first / "summary.json"));
    QVERIFY(!try_again(first));  // nobody killed it

    bool killed = false;
    hooks.stop_asked = nullptr;
    hooks.on_event = [&](const Event& event) {
      if (killed || !std::holds_alternative<StepDone>(event.body)) return;
      killed = ::kill(RunLock::owner(first), SIGKILL) == 0;
    };
    run_comparison(folder, hooks);
    QVERIFY(killed);
    Comparison now = read_comparison(folder);
    QVERIFY(now.done());
    QCOMPARE(now.failed, int64_t(1));
    QVERIFY(now.runs[0].state == ComparedState::Failed);
    QVERIFY(try_again(first));
    QVERIFY(read_comparison(folder).runs[0].state == ComparedState::Stopped);
    QCOMPARE(work_through(folder).size(), size_t(1));
    QCOMPARE(read_comparison(folder).completed, int64_t(4));
    const std::vector<Event> events = read_events(first / "events.jsonl");
    int64_t from = 0;
    for (const Event& event : events)
      if (const auto* started = std::get_if<RunStarted>(&event.body)) from = started->step;
    QVERIFY(from > 0);  // the checkpoint of the stop
  }

  void theProcessStopsWithItsInputUnlessItWasDetached() {
    for (const bool detach : {false, true}) {
      const Path folder = create_comparison(plan_of(plan_json(detach ? 40 : 4000)), fresh(detach ? "left" : "closed"));
      ChildProcess runner({MTLORA_CLI, "compare", folder.string(), "--attached"}, {});
      QVERIFY(wait_for([&] { return read_comparison(folder).runs.front().step > 0; }));
      if (detach) runner.write("detach\n");
      runner.close_input();
      const int code = runner.wait();
      const Comparison now = read_comparison(folder);
      QCOMPARE(code, detach ? 0 : static_cast<int>(ErrorCode::Stopped));
      QCOMPARE(now.done(), detach);
      if (!detach) QVERIFY(now.runs.front().state == ComparedState::Stopped);
    }
  }

  void whicheverProcessRunsItCanBeStopped() {
    const Path folder = create_comparison(plan_of(plan_json(4000)), fresh("stopped"));
    QVERIFY(!stop_comparison(folder));
    ChildProcess runner({MTLORA_CLI, "compare", folder.string()}, {});
    QVERIFY(wait_for([&] { return read_comparison(folder).runs.front().step > 0; }));
    QVERIFY(stop_comparison(folder));
    QCOMPARE(runner.wait(), static_cast<int>(ErrorCode::Stopped));
    QVERIFY(read_comparison(folder).runs.front().state == ComparedState::Stopped);
  }

  // ---- a job as a child process -------------------------------------------------------------------------------------

  void aChildJobGivesTheEventsOfItsRun() {
    RunConfig config = plan_of(plan_json()).seeds.empty() ? RunConfig() : first_runs(plan_of(plan_json()))[1].config;
    config.output.output_dir = fresh("child").string();
    const std::unique_ptr<Job> job = start_child_job(config, {.listed = false});
    QCOMPARE(job->folder(), Path(config.output.output_dir));
    std::vector<Event> events;
    QVERIFY(wait_for([&] {
      for (Event& event : job->take_events()) events.push_back(std::move(event));
      return job->finished();
    }));
    for (const RunRow& row : list_runs()) QVERIFY(row.folder != job->folder());
    const std::vector<Event> written = open_run(job->folder()).events;
    QCOMPARE(events.size(), written.size());
    const auto* end = std::get_if<RunFinished>(&events.back().body);
    QVERIFY(end && end->status == "completed");
    QVERIFY(std::holds_alternative<RunStarted>(events.front().body));
  }

  void aChildJobTakesCommands() {
    RunConfig config = first_runs(plan_of(plan_json(100'000)))[1].config;
    config.output.output_dir = fresh("commands").string();
    const std::unique_ptr<Job> job = start_child_job(config, {.listed = false});
    int64_t step = 0;
    std::optional<RunFinished> end;
    bool rate = false;
    const auto take = [&] {
      for (const Event& event : job->take_events()) {
        if (const auto* done = std::get_if<StepDone>(&event.body)) step = done->step;
        if (const auto* command = std::get_if<CommandTaken>(&event.body)) rate = rate || command->value == 1e-3;
        if (const auto* finished = std::get_if<RunFinished>(&event.body)) end = *finished;
      }
    };
    QVERIFY(wait_for([&] { return take(), step > 4; }));
    job->send({Command::Kind::Pause, 0});
    QVERIFY(wait_for([&] { return take(), job->paused(); }));
    take();
    const int64_t paused = step;
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    take();
    QCOMPARE(step, paused);
    job->send({Command::Kind::SetLearningRate, 1e-3});
    job->send({Command::Kind::Resume, 0});
    QVERIFY(wait_for([&] { return take(), step > paused && rate; }));
    job->send({Command::Kind::Stop, 0});
    QVERIFY(wait_for([&] { return take(), job->finished(); }));
    QCOMPARE(end->status, std::string("stopped"));
    // A killed one is said to have failed, once.
    const std::unique_ptr<Job> again = start_child_job(config, {.resume = true, .listed = false});
    QVERIFY(wait_for([&] { return again->take_events(), RunLock::owner(again->folder()) > 0; }));
    ::kill(RunLock::owner(again->folder()), SIGKILL);
    end.reset();
    QVERIFY(wait_for([&] {
      for (const Event& event : again->take_events())
        if (const auto* finished = std::get_if<RunFinished>(&event.body)) end = *finished;
      return again->finished();
    }));
    QVERIFY(end && end->status == "failed");
    QCOMPARE(end->exit_code, 128 + SIGKILL);
  }
};

QTEST_APPLESS_MAIN(TestCompare)
#include "test_compare.moc"
