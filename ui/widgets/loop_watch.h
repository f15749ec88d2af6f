// How long the turns of the window's event loop are: the proof that nothing blocks it.
#pragma once

#include <QApplication>
#include <QElapsedTimer>
#include <vector>

namespace mtlora::ui {

// A turn begins with the first event delivered after the loop waited or looked for new ones, and ends with the last one
// before it does so again. Wall time: a turn that the system interrupts counts whole. Cheap: two clock reads an event.
class LoopWatch {
 public:
  struct Report {
    qint64 turns = 0;
    double quantile_999_ms = 0;  // 99.9 % of the turns end within this
    double worst_ms = 0;
    double within_50_ms = 1;  // share of the turns
  };
  Report report() const;
  QString text() const;  // one line
  void reset();          // the figures begin anew

 private:
  friend class Application;
  void eventBegins();
  void eventEnds();
  void turnEnds();

  std::vector<qint64> histogram_;  // turns a bin of binWidth ms
  qint64 turns_ = 0, slow_ = 0;
  double worst_ = 0;
  QElapsedTimer clock_;
  qint64 begun_ = -1, lastEnd_ = 0;  // ns
  int depth_ = 0;
};

// The application of the window, with the watch on its loop.
class Application : public QApplication {
  Q_OBJECT
 public:
  Application(int& argc, char** argv);
  bool notify(QObject* receiver, QEvent* event) override;
  LoopWatch& loopWatch() { return watch_; }

 private:
  LoopWatch watch_;
};

}  // namespace mtlora::ui
