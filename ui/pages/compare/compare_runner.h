// The process that works through a comparison: `mtlora compare FOLDER --attached`, whose input this window holds.
#pragma once

#include <QObject>
#include <QTimer>
#include <memory>

#include "base/child_process.h"

namespace mtlora::ui {

// However the window ends, the process notices the end of its input and stops with a checkpoint, unless it was told to
// go on. Nothing here waits.
class CompareRunner : public QObject {
  Q_OBJECT
 public:
  explicit CompareRunner(QObject* parent = nullptr);

  void start(const Path& folder);  // throws Error; only while it is not busy()
  void stop();                     // with a checkpoint; `ended` comes then
  void detach();                   // goes on without this window, which hears nothing of it any more
  bool busy() const { return process_ != nullptr; }
  bool stopping() const { return stopping_; }
  const Path& folder() const { return folder_; }  // of the comparison that was started last

 Q_SIGNALS:
  void ended(const QString& problem);  // empty: it stopped as asked, or there is nothing left to run

 private:
  void look();
  std::unique_ptr<ChildProcess> process_;
  bool stopping_ = false;
  Path folder_, log_;
  QTimer timer_;
};

}  // namespace mtlora::ui
