// The index of runs and the lock that says who owns a run folder.
#include <QTest>

#include <QTemporaryDir>
#include <fstream>
#include <optional>
#include <thread>

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "config/run_file.h"
#include "record/event_file.h"
#include "store/run_index.h"
#include "store/run_lock.h"

using namespace mtlora;

namespace {

template <class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

const Event start{1000, RunStarted{0, 60, 1}};
const Event step10{1010, StepDone{10, 0.5, 1.5, 1, 1, 1, 1}};
Event finished(const char* status, double time = 1100) { return {time, RunFinished{60, status, "", "", 0}}; }
Event command(const char* name) { return {1020, CommandTaken{10, name, {}}}; }
Event eval(int64_t step, double accuracy) { return {1030, EvalDone{step, 1, 2.5, {{"accuracy", accuracy}}}}; }
Event checkpoint(int64_t step, bool best) { return {1031, CheckpointSaved{step, "checkpoints", best}}; }

// A process that owns `folder` until it is told to end, or killed.
class Owner {
 public:
  explicit Owner(const Path& folder) {
    int ready[2];
    if (::pipe(ready) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      try {
        const RunLock lock(folder);
        if (::write(ready[1], "x", 1) == 1) ::pause();
      } catch (...) {
      }
      ::_exit(1);
    }
    ::close(ready[1]);
    char byte = 0;
    owns_ = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
  }
  ~Owner() { kill_hard(); }
  bool owns() const { return owns_; }
  pid_t process() const { return child_; }
  void kill_hard() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }

 private:
  pid_t child_ = -1;
  bool owns_ = false;
};

}  // namespace

class TestRunIndex : public QObject {
  Q_OBJECT

  std::optional<QTemporaryDir> temporary_;
  Path base() const { return std::filesystem::canonical(temporary_->path().toStdString()); }
  Path runs() const { return base() / "runs"; }
  Path file() const { return base() / "runs.sqlite3"; }
  RunIndex index() const {
    return RunIndex(file(), runs(), [](const RunConfig&) { return std::string("accuracy"); });
  }

  static Path make_run(const Path& folder, const std::vector<Event>& events, const RunConfig& config = {}) {
    make_folder(folder);
    std::ofstream(folder / "run.json") << to_json(config);  // not save_run_file, which waits for the disk
    EventFile record(folder / "events.jsonl");
    for (const Event& event : events) record.append(event);
    return folder;
  }
  Path make_run(const char* name, const std::vector<Event>& events) const { return make_run(runs() / name, events); }

  // The only row of a new index object on the same file.
  RunRow only_row() const {
    const std::vector<RunRow> rows = index().rows();
    RunRow row;
    row.name = std::to_string(rows.size()) + " rows";
    return rows.size() == 1 ? rows[0] : row;
  }
  RunStatus status_of(const std::vector<Event>& events) const {
    std::filesystem::remove_all(runs());
    make_run("a", events);
    return only_row().status;
  }

 private slots:
  void init() {
    temporary_.emplace();
    make_folder(runs());
  }

  void without_runs_the_list_is_empty() {
    QVERIFY(index().rows().empty());
    std::filesystem::remove_all(runs());
    QVERIFY(index().rows().empty());
    make_folder(runs() / "not-a-run");
    std::ofstream(runs() / "a-file") << "x";
    QVERIFY(index().rows().empty());
  }

  void a_row_says_what_the_folder_says() {
    RunConfig config;
    config.adapter.method = "dtsm";
    config.model.name_or_path = "/models/my-bert/";
    config.data.task = "sst2";
    const Path folder = make_run(runs() / "first",
                                 {start, step10, eval(10, 0.7), checkpoint(10, true), eval(20, 0.6),
                                  checkpoint(20, false), finished("completed")},
                                 config);
    const RunRow row = only_row();
    QCOMPARE(row.folder.string(), folder.string());
    QCOMPARE(row.name, std::string("first"));
    QCOMPARE(row.method, std::string("dtsm"));
    QCOMPARE(row.model, std::string("my-bert"));
    QCOMPARE(row.task, std::string("sst2"));
    QVERIFY(row.status == RunStatus::Completed);
    QCOMPARE(row.step, int64_t{60});
    QCOMPARE(row.total_steps, int64_t{60});
    QCOMPARE(row.metric, std::string("accuracy"));
    QCOMPARE(row.score.value(), 0.7);  // of the best checkpoint, not the newest
    QCOMPARE(row.loss.value(), 1.5);
    QCOMPARE(row.started, 1000.0);
    QCOMPARE(row.seconds, 100.0);
    QCOMPARE(row.problem, std::string());
  }

  void the_chosen_metric_gives_the_score() {
    RunConfig config;
    config.eval.metric_for_best_model = "eval_loss";
    make_run(runs() / "a", {start, eval(10, 0.7), finished("completed")}, config);
    QCOMPARE(only_row().metric, std::string("eval_loss"));
    QCOMPARE(only_row().score.value(), 2.5);
  }

  void a_score_or_loss_that_is_no_number_survives_the_cache() {
    make_run("a", {start,
                   {1010, StepDone{10, 1, std::numeric_limits<double>::infinity(), 1, 1, 1, 1}},
                   eval(10, std::numeric_limits<double>::quiet_NaN()),
                   finished("failed")});
    for (int i = 0; i < 2; ++i) {
      QVERIFY(std::isinf(only_row().loss.value()));
      QVERIFY(std::isnan(only_row().score.value()));
    }
  }

  void a_resumed_run_counts_the_time_it_ran() {
    make_run("a", {start, step10, {5000, RunStarted{10, 60, 1}}, finished("completed", 5060)});
    QCOMPARE(only_row().seconds, 70.0);
    QCOMPARE(only_row().started, 1000.0);
  }

  // An hour's pause is no training.
  void a_pause_takes_no_time() {
    make_run("a", {start,
                   step10,
                   {1020, CommandTaken{10, "pause", nullptr}},
                   {4620, CommandTaken{10, "resume", nullptr}},
                   finished("completed", 4640)});
    QCOMPARE(only_row().seconds, 40.0);
  }

  void an_ended_run_has_the_status_of_its_end() {
    QVERIFY(status_of({start, finished("completed")}) == RunStatus::Completed);
    QVERIFY(status_of({start, finished("stopped")}) == RunStatus::Stopped);
    QVERIFY(status_of({start, finished("failed")}) == RunStatus::Failed);
    QVERIFY(status_of({finished("failed")}) == RunStatus::Failed);  // refused before it started
  }

  void a_run_without_end_and_owner_has_crashed() {
    QVERIFY(status_of({start, step10}) == RunStatus::Crashed);
    QVERIFY(status_of({start, command("pause")}) == RunStatus::Crashed);
    QVERIFY(status_of({}) == RunStatus::Crashed);
  }

  void a_live_owner_makes_it_running_or_paused_until_it_is_killed() {
    const Path folder = make_run("a", {start, step10});
    QVERIFY(!RunLock::is_held(folder));
    Owner owner(folder);
    QVERIFY(owner.owns());
    QVERIFY(RunLock::is_held(folder));
    RunIndex live = index();
    QVERIFY(live.rows()[0].status == RunStatus::Running);
    QCOMPARE(message_of([&] { RunLock second(folder); }),
             "run folder " + quoted(folder) + " is in use by process " + std::to_string(owner.process()));
    EventFile(folder / "events.jsonl").append(command("pause"));
    QVERIFY(live.rows()[0].status == RunStatus::Paused);
    EventFile(folder / "events.jsonl").append(command("resume"));
    QVERIFY(live.rows()[0].status == RunStatus::Running);
    owner.kill_hard();
    QVERIFY(!RunLock::is_held(folder));
    QVERIFY(live.rows()[0].status == RunStatus::Crashed);
    RunLock next(folder);  // and the folder can be taken over
    QVERIFY(live.rows()[0].status == RunStatus::Running);
  }

  void a_lock_excludes_a_second_of_the_same_process() {
    const Path folder = make_run("a", {});
    {
      RunLock lock(folder);
      QVERIFY(RunLock::is_held(folder));
      QVERIFY(RunLock::is_held(folder));  // asking does not let it go
      QVERIFY(message_of([&] { RunLock second(folder); }).find("is in use by process") != std::string::npos);
      QVERIFY(RunLock::is_held(folder));
    }
    QVERIFY(!RunLock::is_held(folder));
    QVERIFY(message_of([] { RunLock lock("/nowhere"); }).starts_with("'/nowhere/owner.lock' could not be written"));
  }

  void only_what_changed_is_read_again() {
    const Path folder = make_run("a", {start, finished("completed")});
    int reads = 0;
    RunIndex counting(file(), runs(), [&](const RunConfig&) { return ++reads, std::string("accuracy"); });
    QCOMPARE(counting.rows().size(), size_t{1});
    QCOMPARE(counting.rows().size(), size_t{1});
    QCOMPARE(reads, 1);
    rename_run_folder(folder, "A");
    rename_run_folder(folder, "B");
    QCOMPARE(counting.rows()[0].name, std::string("B"));
    rename_run_folder(folder, "C");  // same size, perhaps the same tick of the clock
    QCOMPARE(counting.rows()[0].name, std::string("C"));
    EventFile(folder / "events.jsonl").append(step10);
    QCOMPARE(counting.rows()[0].loss.value(), 1.5);
    QCOMPARE(reads, 4);
    // another object on the same file starts from what this one knows
    RunIndex second(file(), runs(), [&](const RunConfig&) { return ++reads, std::string("accuracy"); });
    QCOMPARE(second.rows()[0].name, std::string("C"));
    QCOMPARE(reads, 4);
  }

  void newest_comes_first() {
    make_run("a", {start});
    make_run("b", {{3000, RunStarted{}}});
    make_run("c", {{2000, RunStarted{}}});
    std::string names;
    for (const RunRow& row : index().rows()) names += row.name;
    QCOMPARE(names, std::string("bca"));
  }

  void name_and_note_survive_the_loss_of_the_index() {
    const Path folder = make_run("a", {start});
    rename_run_folder(folder, "The good one");
    set_run_folder_note(folder, "rate 2e-3,\n\"quotes\" and ünïcode");
    QCOMPARE(only_row().name, std::string("The good one"));
    std::filesystem::remove(file());
    const RunRow row = only_row();
    QCOMPARE(row.name, std::string("The good one"));
    QCOMPARE(row.note, std::string("rate 2e-3,\n\"quotes\" and ünïcode"));
    rename_run_folder(folder, "");
    QCOMPARE(only_row().name, std::string("a"));
    QCOMPARE(message_of([&] { rename_run_folder(base(), "x"); }),
             quoted(base()) + " is not a run folder: it has no run.json");
  }

  void an_index_deleted_under_an_open_one_is_made_again() {
    make_run("a", {start});
    RunIndex open = index();
    QCOMPARE(open.rows().size(), size_t{1});
    std::filesystem::remove(file());
    QCOMPARE(open.rows().size(), size_t{1});
    QVERIFY(std::filesystem::exists(file()));
  }

  void deleted_folders_leave() {
    const Path kept = make_run("a", {start}), gone = make_run("b", {start});
    RunIndex open = index();
    QCOMPARE(open.rows().size(), size_t{2});
    std::filesystem::remove_all(gone);
    QCOMPARE(open.rows().size(), size_t{1});
    make_run("b", {{7000, RunStarted{}}});  // another run of that name
    QCOMPARE(open.rows()[0].started, 7000.0);
  }

  void folders_elsewhere_are_remembered_and_forgotten() {
    const Path outside = make_run(base() / "elsewhere" / "x", {start});
    const Path inside = make_run("a", {start});
    RunIndex open = index();
    QCOMPARE(open.rows().size(), size_t{1});
    open.remember(outside);
    open.remember(base() / "elsewhere" / "." / "x");  // the same one
    std::filesystem::create_directory_symlink(outside, base() / "link");
    open.remember(base() / "link");
    QCOMPARE(open.rows().size(), size_t{2});
    QCOMPARE(index().rows().size(), size_t{2});
    open.forget(outside);
    open.forget(inside);
    QVERIFY(open.rows().empty());
    QVERIFY(std::filesystem::exists(outside / "run.json"));
    open.remember(inside);
    QCOMPARE(only_row().name, std::string("a"));
    open.remember(outside);
    std::filesystem::remove_all(outside);
    QCOMPARE(open.rows().size(), size_t{1});
  }

  void a_broken_index_is_set_aside_and_rebuilt_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("no database")
        << QByteArray("this is no database at all, but long enough to be looked at").repeated(50);
    QTest::newRow("damaged pages") << QByteArray();
    QTest::newRow("newer schema") << QByteArray("PRAGMA user_version = 2");
    QTest::newRow("another program's") << QByteArray("CREATE TABLE runs(name)");
  }
  void a_broken_index_is_set_aside_and_rebuilt() {
    QFETCH(QByteArray, bytes);
    for (int i = 0; i < 40; ++i) make_run(("run-" + std::to_string(i)).c_str(), {start, finished("completed")});
    if (bytes.startsWith("this"))
      std::ofstream(file()) << bytes.toStdString();
    else if (bytes.isEmpty()) {
      index().rows();
      std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
      damaged.seekp(4096 + 100);
      damaged << std::string(8000, '\xAB');
    } else {
      sqlite3* database = nullptr;
      QCOMPARE(sqlite3_open(file().c_str(), &database), SQLITE_OK);
      QCOMPARE(sqlite3_exec(database, bytes.constData(), nullptr, nullptr, nullptr), SQLITE_OK);
      sqlite3_close(database);
    }
    QCOMPARE(index().rows().size(), size_t{40});
    QVERIFY(std::filesystem::exists(file().string() + ".aside"));
    QCOMPARE(index().rows().size(), size_t{40});
  }

  void an_index_broken_while_open_is_rebuilt() {
    for (int i = 0; i < 40; ++i) make_run(("run-" + std::to_string(i)).c_str(), {start, finished("completed")});
    RunIndex open = index();
    open.rows();
    std::ofstream(file(), std::ios::trunc) << std::string(20000, 'x');
    QCOMPARE(open.rows().size(), size_t{40});
  }

  void an_index_that_cannot_be_written_is_a_file_error() {
    std::ofstream(base() / "plain") << "x";
    RunIndex nowhere(base() / "plain" / "runs.sqlite3", runs());
    QVERIFY(message_of([&] { nowhere.rows(); }).find("plain") != std::string::npos);
  }

  void folders_that_cannot_be_read_show_their_problem_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("problem");
    QTest::newRow("newer") << "run.json"
                           << R"({"format": 9, "adapter": {"method": "xyz"}, "new": []})"
                           << "has run format 9, which is newer";
    QTest::newRow("broken") << "run.json"
                            << "{"
                            << "not valid JSON";
    QTest::newRow("list") << "run.json"
                          << "[1]"
                          << "expected an object";
    QTest::newRow("record") << "events.jsonl"
                            << "{}\n{}\n"
                            << "events.jsonl' line 1";
    QTest::newRow("about") << "about.json"
                           << "nothing"
                           << "about.json': not valid JSON";
  }
  void folders_that_cannot_be_read_show_their_problem() {
    QFETCH(QString, name);
    QFETCH(QString, text);
    QFETCH(QString, problem);
    make_run("a", {start, finished("completed")});
    std::ofstream(runs() / "a" / name.toStdString()) << text.toStdString();
    for (int i = 0; i < 2; ++i) {  // read, then from the cache
      const RunRow row = only_row();
      QVERIFY2(QString::fromStdString(row.problem).contains(problem), row.problem.c_str());
      QCOMPARE(row.name, std::string("a"));
      QVERIFY(row.status == (name == "events.jsonl" ? RunStatus::Failed : RunStatus::Completed));
      if (text.contains("xyz")) QCOMPARE(row.method, std::string("xyz"));
    }
  }

  void an_error_of_the_default_metric_is_the_rows_problem() {
    make_run("a", {start, finished("completed")});
    RunIndex open(file(), runs(), [](const RunConfig&) -> std::string { throw bad_input("no such task"); });
    QCOMPARE(open.rows()[0].problem, std::string("no such task"));
  }

  // Window and command line at once: several threads, each with its own connection, on a new file.
  void several_may_use_it_at_once() {
    for (int i = 0; i < 20; ++i) make_run(("run-" + std::to_string(i)).c_str(), {start, step10});
    std::vector<std::thread> threads;
    std::vector<std::string> failures(4);
    for (size_t t = 0; t < failures.size(); ++t)
      threads.emplace_back([&, t] {
        failures[t] = message_of([&] {
          for (int round = 0; round < 6; ++round) {
            RunIndex own = index();
            const Path folder = runs() / ("run-" + std::to_string(t));
            set_run_folder_note(folder, std::to_string(round));
            own.remember(folder);
            bool seen = false;
            const std::vector<RunRow> rows = own.rows();
            for (const RunRow& row : rows) seen |= row.folder == folder && row.note == std::to_string(round);
            if (rows.size() != 20 || !seen) throw bad_input("a row is missing or old");
          }
        });
      });
    for (std::thread& thread : threads) thread.join();
    for (const std::string& failure : failures) QCOMPARE(failure, std::string("nothing was thrown"));
    QVERIFY(!std::filesystem::exists(file().string() + ".aside"));
  }

  void statuses_have_names() {
    std::string names;
    for (const RunStatus status : {RunStatus::Running, RunStatus::Paused, RunStatus::Completed, RunStatus::Stopped,
                                   RunStatus::Failed, RunStatus::Crashed})
      names += name_of(status) + " ";
    QCOMPARE(names, std::string("running paused completed stopped failed crashed "));
  }
};

QTEST_APPLESS_MAIN(TestRunIndex)
#include "test_run_index.moc"
