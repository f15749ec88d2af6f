// Events as JSON lines, and the file that they are appended to.
#include <QTest>

#include <QTemporaryDir>
#include <cmath>
#include <fstream>
#include <limits>

#include "base/error.h"
#include "base/json.h"
#include "record/command.h"
#include "record/event_file.h"

using namespace mtlora;
using nlohmann::json;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<Event> one_of_each() {
  return {{1.25, RunStarted{0, 60, 5000000000}},
          {2, StepDone{10, 0.5, nan, 4e-4, infinity, 64.1, 900}},
          {3, EvalDone{20, 1, -infinity, {{"accuracy", 0.75}, {"pearson", nan}}}},
          {4, GeometryRecorded{20, "geometry/20.safetensors", {{"a.query", {2.5, nan, infinity, 0.1}}}}},
          {5, CheckpointSaved{20, "checkpoints/20", true}},
          {6, CommandTaken{21, name_of(Command::Kind::SetLearningRate), 1e-3}},
          {7, SampleMade{30, "Once", "upon a \"time\"\n\xc3\xa9"}},
          {8, RunFinished{60, "failed", "the loss is not finite", "Lower the rate.", 6}}};
}

template <class Action>
std::string message_of(Action action, ErrorCode code = ErrorCode::BadInput) {
  try {
    action();
  } catch (const Error& error) {
    return error.code() == code ? error.what() : std::string("wrong code: ") + error.what();
  }
  return "nothing was thrown";
}

std::string line_of(const Event& event) { return to_json(event).dump() + "\n"; }
std::string lines_of(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) text += line_of(event);
  return text;
}

}  // namespace

class TestRecord : public QObject {
  Q_OBJECT

  QTemporaryDir temporary_;
  Path file() const { return Path(temporary_.path().toStdString()) / "events.jsonl"; }
  Path aside() const { return file().string() + ".aside"; }
  void write(const std::string& text) const { std::ofstream(file(), std::ios::trunc) << text; }

 private slots:
  void init() {
    std::filesystem::remove(file());
    std::filesystem::remove(aside());
  }

  // The keys of the design, section 6.
  void events_are_flat_json() {
    const std::vector<std::string> expected = {
        R"({"step":0,"time":1.25,"total_steps":60,"trainable_parameters":5000000000,"type":"run_started"})",
        R"({"epoch":0.5,"examples_per_second":64.1,"grad_norm":"Infinity","learning_rate":0.0004,"loss":"NaN","step":10,"time":2.0,"tokens_per_second":900.0,"type":"step"})",
        R"({"epoch":1.0,"eval_loss":"-Infinity","scores":{"accuracy":0.75,"pearson":"NaN"},"step":20,"time":3.0,"type":"eval"})",
        R"({"file":"geometry/20.safetensors","modules":{"a.query":{"condition":"Infinity","delta_fro":0.1,"effective_rank":2.5,"mean_rotation_degrees":"NaN"}},"step":20,"time":4.0,"type":"geometry"})",
        R"({"best":true,"path":"checkpoints/20","step":20,"time":5.0,"type":"checkpoint"})",
        R"({"command":"set_learning_rate","step":21,"time":6.0,"type":"command","value":0.001})",
        "{\"prompt\":\"Once\",\"step\":30,\"text\":\"upon a "
        "\\\"time\\\"\\n\xc3\xa9\",\"time\":7.0,\"type\":\"sample\"}",
        R"({"exit_code":6,"hint":"Lower the rate.","message":"the loss is not finite","status":"failed","step":60,"time":8.0,"type":"run_finished"})"};
    const std::vector<Event> events = one_of_each();
    for (size_t i = 0; i < events.size(); ++i) {
      QCOMPARE(QString::fromStdString(to_json(events[i]).dump()), QString::fromStdString(expected[i]));
      const Event back = event_from_json(json::parse(expected[i]));
      QCOMPARE(back.body.index(), events[i].body.index());
      QCOMPARE(QString::fromStdString(to_json(back).dump()), QString::fromStdString(expected[i]));
    }
    const Event step = event_from_json(json::parse(expected[1]));
    QVERIFY(std::isnan(std::get<StepDone>(step.body).loss));
    QCOMPARE(std::get<StepDone>(step.body).grad_norm, infinity);
  }

  void unknown_keys_are_passed_over_and_missing_ones_named() {
    json object = to_json(one_of_each()[4]);
    object["new"] = {1, 2};
    QCOMPARE(std::get<CheckpointSaved>(event_from_json(object).body).step, int64_t{20});
    object.erase("path");
    QCOMPARE(message_of([&] { event_from_json(object); }), std::string("event checkpoint: 'path' is missing"));
    object["path"] = 3;
    QCOMPARE(message_of([&] { event_from_json(object); }), std::string("event checkpoint: 'path': expected a text"));
    object["type"] = "dance";
    QCOMPARE(message_of([&] { event_from_json(object); }), std::string("event: type 'dance' is not known"));
    json module = to_json(one_of_each()[3]);
    module["modules"]["a.query"].erase("condition");
    QCOMPARE(message_of([&] { event_from_json(module); }),
             std::string("event geometry of module a.query: 'condition' is missing"));
    QCOMPARE(message_of([] { event_from_json(json::array()); }), std::string("event: expected an object, found array"));
    // a command without a value
    QVERIFY(std::get<CommandTaken>(
                event_from_json(json::parse(R"({"type":"command","time":1,"step":2,"command":"pause"})")).body)
                .value.is_null());
  }

  void appended_events_are_read_back() {
    for (const Event& event : one_of_each()) {
      EventFile events(file());  // opened again each time
      events.append(event);
      events.sync();
    }
    QCOMPARE(QString::fromStdString(read_file(file())), QString::fromStdString(lines_of(one_of_each())));
    QCOMPARE(read_events(file()).size(), size_t{8});
  }

  void text_that_is_not_utf8_does_not_stop_the_record() {
    EventFile(file()).append({1, SampleMade{1, "\xff", "ok"}});
    QCOMPARE(QString::fromStdString(std::get<SampleMade>(read_events(file())[0].body).prompt), QString("\uFFFD"));
  }

  void a_torn_last_line_is_dropped_wherever_it_tears() {
    const std::vector<Event> events = one_of_each();
    const std::string whole = line_of(events[0]), last = line_of(events[1]);
    for (size_t n = 0; n < last.size(); ++n) {
      write(whole + last.substr(0, n));
      QCOMPARE(read_events(file()).size(), size_t{1});
      EventFile(file()).append(events[2]);
      QCOMPARE(read_file(file()), whole + line_of(events[2]));
    }
    write(last.substr(0, 5));  // nothing but a torn line
    QVERIFY(read_events(file()).empty());
    EventFile(file()).append(events[0]);
    QCOMPARE(read_file(file()), whole);
  }

  void another_broken_line_is_named() {
    write(line_of(one_of_each()[0]) + "\n{\"type\": \n" + line_of(one_of_each()[1]));
    QCOMPARE(message_of([&] { read_events(file()); }), quoted(file()) + " line 3: not valid JSON at line 1, column 10");
    write(line_of(one_of_each()[0]) + "{\"type\":\"step\",\"time\":1}\n");
    QCOMPARE(message_of([&] { read_events(file()); }), quoted(file()) + " line 2: event step: 'step' is missing");
    write("{\"type\":\"command\",\"value\":" + std::string(100000, '[') + "\n");
    QCOMPARE(message_of([&] { read_events(file()); }), quoted(file()) + " line 1: values nest deeper than 64 levels");
  }

  void a_file_that_cannot_be_written_is_named() {
    const QString message =
        QString::fromStdString(message_of([] { EventFile("/nowhere/events.jsonl"); }, ErrorCode::File));
    QCOMPARE(message, QString("'/nowhere/events.jsonl' could not be opened for writing: No such file or directory"));
  }

  void a_full_disk_is_an_error() {
    if (!std::filesystem::exists("/dev/full")) QSKIP("this system has no /dev/full, which stands for a full disk");
    EventFile full("/dev/full");
    const std::string message = message_of([&] { full.append(one_of_each()[0]); }, ErrorCode::File);
    QCOMPARE(QString::fromStdString(message), QString("'/dev/full' could not be written: No space left on device"));
  }

  void rewinding_keeps_what_lies_before_the_checkpoint() {
    const Event start{1, RunStarted{0, 60, 1}}, rate{2, CommandTaken{5, "set_learning_rate", 1e-3}},
        step{3, StepDone{10, 1, 1, 1, 1, 1, 1}}, eval{4, EvalDone{10, 1, 1, {}}},
        checkpoint{5, CheckpointSaved{10, "checkpoints/10", false}}, later_at_ten{6, CommandTaken{10, "pause", {}}},
        step20{7, StepDone{20, 1, 1, 1, 1, 1, 1}}, stopped{8, RunFinished{20, "stopped", "", "", 5}};
    write(lines_of({start, rate, step, eval, checkpoint, later_at_ten, step20, stopped}) + "{\"torn");
    rewind_events(file(), 10);
    QCOMPARE(read_file(file()), lines_of({start, rate, step, eval, checkpoint}));
    QCOMPARE(read_file(aside()), lines_of({later_at_ten, step20, stopped}));

    // again: nothing more to set aside, and the file stays the same
    rewind_events(file(), 10);
    QCOMPARE(read_file(file()), lines_of({start, rate, step, eval, checkpoint}));
    QCOMPARE(read_file(aside()), lines_of({later_at_ten, step20, stopped}));

    // a run that had ended goes on: its end is set aside, what was aside stays
    EventFile(file()).append(stopped);
    rewind_events(file(), 10);
    QCOMPARE(read_file(file()), lines_of({start, rate, step, eval, checkpoint}));
    QCOMPARE(read_file(aside()), lines_of({later_at_ten, step20, stopped, stopped}));
  }

  void rewinding_without_the_checkpoint_event_goes_by_steps() {
    const Event start{1, RunStarted{0, 60, 1}}, step{3, StepDone{10, 1, 1, 1, 1, 1, 1}},
        step20{7, StepDone{20, 1, 1, 1, 1, 1, 1}};
    write(lines_of({start, step}));  // killed when checkpoint 10 stood on the disk and its event was not yet written
    rewind_events(file(), 10);
    QCOMPARE(read_file(file()), lines_of({start, step}));
    QVERIFY(!std::filesystem::exists(aside()));
    write(lines_of({start, step, step20}));
    rewind_events(file(), 0);  // killed before the first checkpoint
    QCOMPARE(read_file(file()), lines_of({start}));
    QCOMPARE(read_file(aside()), lines_of({step, step20}));
  }

  void rewinding_keeps_the_later_of_two_checkpoints_of_a_step() {
    const Event first{1, CheckpointSaved{10, "checkpoints/10", false}}, pause{2, CommandTaken{10, "save", {}}},
        second{3, CheckpointSaved{10, "checkpoints/10", true}}, step{4, StepDone{20, 1, 1, 1, 1, 1, 1}};
    write(lines_of({first, pause, second, step}));
    rewind_events(file(), 10);
    QCOMPARE(read_file(file()), lines_of({first, pause, second}));
  }

  void rewinding_keeps_the_keys_of_a_newer_program() {
    const std::string line =
        "{\"type\":\"step\",  \"time\":1,\"step\":1,\"epoch\":1,\"loss\":1,\"learning_rate\":1,"
        "\"grad_norm\":1,\"examples_per_second\":1,\"tokens_per_second\":1,\"new\":[1]}\n";
    write(line + line_of({8, RunFinished{20, "stopped", "", "", 5}}));
    rewind_events(file(), 1);
    QCOMPARE(read_file(file()), line);
  }

  void commands_have_their_names() {
    using Kind = Command::Kind;
    const std::vector<std::string> names = {name_of(Kind::Pause),    name_of(Kind::Resume),
                                            name_of(Kind::Stop),     name_of(Kind::Save),
                                            name_of(Kind::Evaluate), name_of(Kind::SetLearningRate)};
    QVERIFY(names == (std::vector<std::string>{"pause", "resume", "stop", "save", "evaluate", "set_learning_rate"}));
  }
};

QTEST_APPLESS_MAIN(TestRecord)
#include "test_record.moc"
