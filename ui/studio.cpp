#include "studio.h"

#include <QThreadPool>

#include "async.h"
#include "data/task.h"

namespace mtlora::ui {

namespace {

constexpr int fetchInterval = 40;  // ms

QString fileName(const Path& folder) { return QString::fromStdString(folder.filename().string()); }

}  // namespace

Studio::Studio(QObject* parent) : QObject(parent) {
  timer_.setInterval(fetchInterval);
  connect(&timer_, &QTimer::timeout, this, &Studio::fetch);
}

Studio::~Studio() = default;

bool Studio::paused() const { return job_ && job_->paused(); }

QString Studio::stage() const { return job_ ? QString::fromStdString(job_->stage()) : QString(); }

void Studio::start(const RunConfig& config) {
  if (busy()) {
    Q_EMIT failed(tr("A run is training already."), tr("Wait until it ends, or stop it, and start the next one then."));
    return;
  }
  try {
    auto run = std::make_shared<RunData>();
    run->config = config;
    auto job = start_job(config, {.yield_to_window = true});
    run->folder = job->folder();
    run->name = fileName(run->folder);
    adopt(std::move(job), std::move(run));
  } catch (const Error& error) {
    Q_EMIT failed(QString::fromUtf8(error.what()), QString::fromStdString(error.hint()));
  }
}

void Studio::resumeRun(const Path& folder) {
  if (busy()) {
    Q_EMIT failed(tr("A run is training already."),
                  tr("Wait until it ends, or stop it, and go on with this one then."));
    return;
  }
  starting_ = true;
  Q_EMIT message(tr("Opening %1 …").arg(fileName(folder)));
  runAsync(
      this,
      [folder] {
        RunRecord record = open_run(folder);
        record.config.output.output_dir = folder.string();
        return record;
      },
      [this](RunRecord record) {
        starting_ = false;
        try {
          auto run = std::make_shared<RunData>(run_data(record));
          run->finished.reset();
          adopt(start_job(record.config, {.resume = true, .yield_to_window = true}), std::move(run));
        } catch (const Error& error) {
          Q_EMIT failed(QString::fromUtf8(error.what()), QString::fromStdString(error.hint()));
        }
      },
      [this](const Failure& failure) {
        starting_ = false;
        Q_EMIT failed(failure.message, failure.hint);
      });
}

void Studio::adopt(std::unique_ptr<Job> job, std::shared_ptr<RunData> run) {
  job_ = std::move(job);
  live_ = std::move(run);
  paused_ = false;
  stage_ = stage();
  timer_.start();
  runAsync(
      this,
      [options = live_->config.data] {
        const Task task = resolve_task(options);
        return task.metrics.empty() ? std::string() : task.metrics.front();
      },
      [run = live_](const std::string& metric) { run->default_metric = metric; },
      [](const Failure&) {});  // the run itself says what is wrong with its data
  Q_EMIT message(tr("%1 started").arg(live_->name));
  setFront(live_);
}

void Studio::setFront(std::shared_ptr<RunData> run) {
  ++opening_;
  run_ = std::move(run);
  Q_EMIT runChanged();
  Q_EMIT stateChanged();
}

void Studio::showLive() {
  if (job_ && run_ != live_) setFront(live_);
}

void Studio::open(const Path& folder) {
  if (job_ && live_->folder == folder) {
    showLive();
    return;
  }
  const int asked = ++opening_;
  runAsync(
      this, [folder] { return std::make_shared<RunData>(run_data(open_run(folder))); },
      [this, asked](std::shared_ptr<RunData> run) {
        if (asked != opening_) return;
        Q_EMIT message(tr("%1 opened").arg(run->name));
        setFront(std::move(run));
      },
      [this](const Failure& failure) { Q_EMIT failed(failure.message, failure.hint); });
}

void Studio::send(const Command& command) {
  if (job_) job_->send(command);
}

void Studio::fetch() {
  if (!job_) return;
  const std::vector<Event> events = job_->take_events();
  for (const Event& event : events) live_->add(event);

  const bool ended = job_->finished();
  const QString name = live_->name;
  const bool front = run_ == live_;
  if (!events.empty()) {
    Q_EMIT liveEventsArrived();
    if (front) Q_EMIT eventsArrived();
  }
  if (ended) {
    timer_.stop();
    // Its thread may still close files; the window does not wait for that.
    std::shared_ptr<Job> last(std::move(job_));
    QThreadPool::globalInstance()->start([last]() mutable { last.reset(); });
    const RunFinished end = live_->finished.value_or(RunFinished{});
    if (end.status == "failed")
      Q_EMIT failed(QString::fromStdString(end.message), QString::fromStdString(end.hint));
    else
      Q_EMIT message(end.status == "stopped" ? tr("%1 stopped at step %2").arg(name).arg(end.step)
                                             : tr("%1 completed").arg(name));
    Q_EMIT stateChanged();
    Q_EMIT jobEnded();
    runAsync(
        this, [folder = live_->folder] { return end_scores(folder); },
        [this, run = live_](const std::map<std::string, double>& scores) {
          if (run->finished) run->end_scores = scores;
          Q_EMIT stateChanged();
        },
        [this](const Failure& failure) { Q_EMIT failed(failure.message, failure.hint); });
    return;
  }
  const QString newStage = stage();
  const bool nowPaused = paused();
  if (newStage != stage_ || nowPaused != paused_) {
    stage_ = newStage;
    paused_ = nowPaused;
    Q_EMIT stateChanged();
  }
}

}  // namespace mtlora::ui
