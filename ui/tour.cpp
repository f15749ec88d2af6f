#include "tour.h"

#include <QDir>
#include <QElapsedTimer>
#include <QPixmap>
#include <QTimer>
#include <cstdio>
#include <functional>

#include "api/api.h"
#include "base/error.h"
#include "base/paths.h"
#include "data/table_reader.h"
#include "main_window.h"
#include "pages/compare/compare_page.h"
#include "pages/export/export_page.h"
#include "pages/new_run/new_run_page.h"
#include "pages/runs/runs_page.h"
#include "pages/try_it/answer_view.h"
#include "pages/try_it/try_page.h"
#include "widgets/loop_watch.h"

namespace mtlora::ui {

namespace {

constexpr int tick = 10;             // ms between looks at what is waited for
constexpr int settling = 350;        // ms: animations and coalesced drawing end within this
constexpr int contentPatience = 60;  // s until a page must show its content
constexpr int runPatience = 600;     // s until a run must be where it is wanted
constexpr int visit = 1000;          // ms on each page while the event loop is watched
constexpr QSize large(1440, 900), small(1000, 640);

const char* const pageNames[] = {"new-run", "live", "geometry", "runs", "compare", "try-it", "export"};

std::string csvField(const std::string& text) {
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return quoted + "\"";
}

// Every `stride`-th row of a bundled file, so that a short run sees all labels.
void thinFile(const Path& from, const Path& to, size_t stride) {
  const Table table = read_table(from, TableFormat::Csv);
  std::string text;
  const auto add = [&text](const std::vector<std::string>& fields) {
    for (size_t i = 0; i < fields.size(); ++i) text += (i ? "," : "") + csvField(fields[i]);
    text += "\n";
  };
  add(table.columns);
  for (size_t i = 0; i < table.rows.size(); i += stride) add(table.rows[i]);
  write_file(to, text);
}

RunConfig tourRun(const std::string& method, int64_t steps) {
  RunConfig config = load_run_file(resources_dir() / "presets" / "first_run.json");
  config.data.train_file = (home_dir() / "train.csv").string();
  config.data.test_file = (home_dir() / "test.csv").string();
  config.adapter.method = method;
  config.adapter.r = 8;
  config.adapter.target_modules = {{"query", "key", "value", "dense"}, ""};
  config.train.per_device_train_batch_size = 16;
  config.train.max_steps = steps;
  config.train.logging_steps = 2;
  config.train.geometry_steps = 10;
  config.eval.eval_steps = "40";
  return config;
}

// A language model on prompts and completions.
RunConfig tourTexts() {
  std::string lines;
  for (const std::string name : {"Lily", "Tom", "Max", "Sue", "Ben", "Mia", "Sam", "Amy"}) {
    for (const std::string thing : {"ball", "hat", "cake", "dog", "car", "tree"}) {
      lines += R"({"prompt": ")" + name + " has a " + thing + R"(.", "completion": "The )" + thing + " is the " +
               thing + " of " + name + ".\"}\n";
    }
  }
  write_file(home_dir() / "texts.jsonl", lines);
  RunConfig config;
  config.model.name_or_path = "stories260K";
  config.data.task = "instructions";
  config.data.train_file = (home_dir() / "texts.jsonl").string();
  config.data.validation_split = 0.25;
  config.data.max_seq_length = 64;
  config.adapter.target_modules = {{}, "all-linear"};
  config.train.learning_rate = 5e-3;
  config.train.per_device_train_batch_size = 8;
  config.train.max_steps = 120;
  config.train.logging_steps = 2;
  config.train.geometry_steps = 10;
  config.eval.eval_steps = "20";
  config.eval.predict_with_generate = "every";
  config.generation.max_new_tokens = 24;
  return config;
}

Plan tourPlan() {
  RunConfig config = tourRun("ctcm", 12);
  config.train.learning_rate = 2e-3;
  config.data.max_eval_samples = 128;
  config.eval.eval_steps = "12";
  Plan plan;
  plan.name = "CTCM and LoRA on a few rows";
  plan.run = to_json(config);
  plan.tasks = {{"BANKING77, thinned", {}}};
  plan.variants = {{"LoRA", {{"adapter.method", "lora"}}}, {"CTCM", {{"adapter.method", "ctcm"}}}};
  plan.reference = "LoRA";
  plan.seeds = {0, 1, 2, 3, 4};
  return plan;
}

class Tour {
 public:
  Tour(Application& app, const QString& folder) : app_(app), folder_(folder), window_(studio_) {}

  int run() {
    thinFile(datasets_dir() / "banking77" / "train.csv", home_dir() / "train.csv", 5);
    thinFile(datasets_dir() / "banking77" / "test.csv", home_dir() / "test.csv", 10);
    window_.show();
    QObject::connect(&studio_, &Studio::failed, &window_, [this](const QString& message, const QString& hint) {
      missing_ << QStringLiteral("the window reported: %1 %2").arg(message, hint);
    });

    shoot({NewRunIndex}, QString(), large);
    shoot({NewRunIndex}, QStringLiteral("small"), small);
    start(tourRun("lora", 80));
    waitFor(tr("the end of the first run"), runPatience, [this] { return !studio_.busy(); });
    compare();
    start(tourRun("ctcm", 360));
    waitFor(tr("the middle of the second run"), runPatience, [this] {
      const RunData* now = studio_.run();
      return !studio_.busy() || (now && !now->evals.empty() && now->geometry.size() >= 4);
    });
    watchTheLoop();
    shoot(allPages(), QStringLiteral("running"), large);
    if (!studio_.live()) missing_ << tr("the run ended before its pictures in mid-run were taken");
    if (studio_.paused()) studio_.send({Command::Kind::Resume});
    waitFor(tr("the end of the second run"), runPatience, [this] { return !studio_.busy(); });
    if (!studio_.run() || !studio_.run()->finished || studio_.run()->finished->status != "completed")
      missing_ << tr("the run did not complete");
    shoot({LiveIndex, GeometryIndex, RunsIndex, CompareIndex, TryIndex, ExportIndex}, QString(), large);
    shoot({LiveIndex, GeometryIndex, CompareIndex}, QStringLiteral("small"), small);
    start(tourTexts());
    waitFor(tr("the end of the run on texts"), runPatience, [this] { return !studio_.busy(); });
    shoot({NewRunIndex, LiveIndex, TryIndex}, QStringLiteral("texts"), large);
    for (const QString& one : missing_) std::fprintf(stderr, "missing: %s\n", qPrintable(one));
    return missing_.isEmpty() ? 0 : 1;
  }

 private:
  static QString tr(const char* text) { return QCoreApplication::translate("Tour", text); }
  static QList<int> allPages() {
    return {NewRunIndex, LiveIndex, GeometryIndex, RunsIndex, CompareIndex, TryIndex, ExportIndex};
  }

  template <typename T>
  T* page(int index) const {
    return static_cast<T*>(window_.page(index));
  }

  // The event loop runs on as it does in the window.
  bool wait(int milliseconds, const std::function<bool()>& done) {
    QElapsedTimer clock;
    clock.start();
    QTimer wake;
    wake.start(tick);
    while (!done()) {
      if (clock.elapsed() > milliseconds) return false;
      QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    return true;
  }

  void waitFor(const QString& what, int seconds, const std::function<bool()>& done) {
    if (!wait(seconds * 1000, done))
      throw Error(ErrorCode::Internal, tr("waited %1 s in vain for %2").arg(seconds).arg(what).toStdString());
  }

  void rest(int milliseconds) {
    wait(milliseconds, [] { return false; });
  }

  // On an event of its own, as what a person does is: the watch on the loop counts it.
  void act(const std::function<void()>& action) {
    bool done = false;
    QTimer::singleShot(0, &window_, [&] {
      action();
      done = true;
    });
    waitFor(tr("the window"), contentPatience, [&done] { return done; });
  }

  // Where drawing is slow and training quick, a run that is nearly over waits for its pictures.
  void holdTheRun() {
    const RunData* run = studio_.liveRun();
    if (run && !studio_.paused() && run->step() * 10 > run->total_steps * 9) studio_.send({Command::Kind::Pause});
  }

  // By the page itself: its form is filled from a file, then its button pressed.
  void start(const RunConfig& config) {
    const Path file = home_dir() / "run.json";
    save_run_file(config, file);
    act([this] { window_.showPage(NewRunIndex); });
    auto* form = page<NewRunPage>(NewRunIndex);
    act([&] { form->openFile(QString::fromStdString(file.string())); });
    waitFor(tr("a form that can be started"), contentPatience, [form] { return form->missingContent().isEmpty(); });
    act([form] { form->start(); });
    if (!studio_.busy()) throw Error(ErrorCode::Internal, "the run did not start: " + form->reason().toStdString());
  }

  // A comparison of two methods, by the page and the process that it starts.
  void compare() {
    create_comparison(tourPlan());
    act([this] { window_.showPage(CompareIndex); });
    auto* comparisons = page<ComparePage>(CompareIndex);
    waitFor(tr("the comparison"), contentPatience, [comparisons] { return comparisons->comparison() != nullptr; });
    act([comparisons] { comparisons->goOn(); });
    waitFor(tr("the end of the comparison"), runPatience,
            [comparisons] { return comparisons->comparison()->done() && !comparisons->runner().busy(); });
    act([comparisons] { comparisons->showResult(0); });
  }

  // A page with what a person would have done on it.
  void show(int index) {
    act([this, index] { window_.showPage(index); });
    if (index == RunsIndex) {
      std::vector<Path> folders;
      for (const RunRow& row : list_runs()) folders.push_back(row.folder);
      auto* runs = page<RunsPage>(RunsIndex);
      wait(contentPatience * 1000, [runs, &folders] {
        runs->select(folders);
        return runs->missingContent().isEmpty();
      });
    } else if (index == TryIndex) {
      auto* texts = page<TryPage>(TryIndex);
      if (texts->missingContent().isEmpty()) return;
      if (studio_.run() && studio_.run()->config.data.task == "instructions") {
        act([texts] { texts->tryText(QStringLiteral("Lily has a cake.")); });
        wait(contentPatience * 1000, [texts] { return texts->tuned().hasAnswer() && !texts->writing(); });
        act([texts] { texts->tryRows(); });
        return;
      }
      act([texts] { texts->tryText(QStringLiteral("My card still has not arrived, it has been two weeks now.")); });
      act([texts] { texts->tryText(QStringLiteral("Why was I charged a fee for a cash withdrawal?")); });
      act([texts] { texts->tryRows(); });
    } else if (index == ExportIndex) {
      auto* exports = page<ExportPage>(ExportIndex);
      wait(contentPatience * 1000, [exports] { return exports->reason().isEmpty(); });
      if (exports->isWritten()) return;
      act([exports] { exports->exportNow(); });
      wait(contentPatience * 1000, [exports] { return !exports->busy(); });
    }
  }

  void watchTheLoop() {
    app_.loopWatch().reset();
    for (const int index : allPages()) {
      show(index);
      rest(visit);
    }
    std::printf("while training: %s\n", qPrintable(app_.loopWatch().text()));
    std::fflush(stdout);
  }

  void shoot(const QList<int>& pages, const QString& when, const QSize& size) {
    window_.resize(size);
    for (const ThemeMode theme : {ThemeMode::Light, ThemeMode::Dark}) {
      const QString suffix = (when.isEmpty() ? QString() : u'-' + when) +
                             (theme == ThemeMode::Light ? QStringLiteral("-light") : QStringLiteral("-dark"));
      window_.setTheme(theme);
      for (const int index : pages) {
        holdTheRun();
        show(index);
        Page* shown = window_.page(index);
        wait(contentPatience * 1000, [shown] { return shown->missingContent().isEmpty(); });
        rest(settling);
        const QString name = QString::fromLatin1(pageNames[index]) + suffix + QStringLiteral(".png");
        if (const QString lack = shown->missingContent(); !lack.isEmpty())
          missing_ << QStringLiteral("%1: %2").arg(name, lack);
        const QString path = folder_.filePath(name);
        if (!window_.grab().save(path))
          throw file_error("'" + path.toStdString() + "' could not be written", "Check the folder and the room on it.");
        std::printf("%s\n", qPrintable(path));
        std::fflush(stdout);
      }
    }
  }

  Application& app_;
  QDir folder_;
  Studio studio_;
  MainWindow window_;
  QStringList missing_;
};

}  // namespace

TourHome::TourHome() : folder_(QDir::temp().filePath(QStringLiteral("mtlora-studio-XXXXXX"))) {
  if (!folder_.isValid())
    throw file_error("no temporary folder can be made: " + folder_.errorString().toStdString(),
                     "Point TMPDIR to a folder that can be written.");
  qputenv("MTLORA_HOME", folder_.path().toUtf8());
}

int runTour(Application& app, const QString& folder) {
  make_folder(folder.toStdString());
  return Tour(app, folder).run();
}

}  // namespace mtlora::ui
