// What the pages share: the run in front of the person and, while it lives, the job behind it.
//
// Lives on the window's thread. Nothing here waits for a training step: events are fetched about 25 times a second,
// whatever reads files runs on a worker thread (async.h).
#pragma once

#include <QObject>
#include <QTimer>
#include <memory>

#include "run_data.h"

namespace mtlora::ui {

class Studio : public QObject {
  Q_OBJECT
 public:
  explicit Studio(QObject* parent = nullptr);
  ~Studio() override;

  const RunData* run() const { return run_.get(); }    // nullptr: none yet
  bool live() const { return job_ && run_ == live_; }  // a job of this window is behind the run in front
  // The run that trains in this window, whichever is in front; nullptr: none.
  const RunData* liveRun() const { return job_ ? live_.get() : nullptr; }
  void showLive();        // puts it in front
  bool paused() const;    // of the run that trains
  QString stage() const;  // of the run that trains: "Reading the data", "Training", ...; else empty

  // Starts a run and puts it in front. Whatever is wrong arrives later as its RunFinished. If a run lives already this
  // does nothing but `failed`.
  void start(const RunConfig& config);
  void resumeRun(const Path& folder);
  bool busy() const { return job_ || starting_; }  // a run trains, or is about to
  // Puts a run on disk in front (read on a worker thread, then runChanged).
  void open(const Path& folder);
  void send(const Command& command);  // to the run that trains; nothing without one

 Q_SIGNALS:
  void runChanged();         // another run is in front, or the first
  void eventsArrived();      // new points, checkpoints, log lines of the run in front; at most about 25 times a second
  void stateChanged();       // live (of any run), paused, stage or finished changed
  void liveEventsArrived();  // new events of the run that trains, whichever is in front
  void jobEnded();           // the run that trained has written its end; liveRun() is nullptr again
  void failed(const QString& message, const QString& hint);
  void message(const QString& text);  // for the status bar
  // A page asks for something that another page does.
  void useSettings(const mtlora::RunConfig& config);  // New run fills its form with these
  void showPage(int index);                           // 0 New run ... 6 Export

 private:
  void adopt(std::unique_ptr<Job> job, std::shared_ptr<RunData> run);
  void setFront(std::shared_ptr<RunData> run);
  void fetch();
  std::shared_ptr<RunData> run_, live_;  // in front; behind job_
  std::unique_ptr<Job> job_;
  bool starting_ = false, paused_ = false;
  int opening_ = 0;  // counts open(): only the last one asked for comes to the front
  QString stage_;
  QTimer timer_;
};

}  // namespace mtlora::ui
