// A question asked again and again (by every key stroke): one worker at a time, and only the newest answer is heard.
#pragma once

#include <QObject>
#include <QTimer>
#include <functional>
#include <utility>

#include "async.h"

namespace mtlora::ui {

class Latest : public QObject {
  Q_OBJECT
 public:
  // `delay` in ms: a question asked again within it replaces the one before.
  explicit Latest(int delay, QObject* parent) : QObject(parent) {
    timer_.setSingleShot(true);
    timer_.setInterval(delay);
    connect(&timer_, &QTimer::timeout, this, &Latest::next);
  }

  // `work` runs on a pool thread (it must own what it uses), `done` or `failed` on the window's. A question already
  // being worked on is not interrupted: its answer is dropped, and this one follows it.
  template <typename Work, typename Done>
  void ask(Work work, Done done, std::function<void(const Failure&)> failed) {
    const int64_t number = ++asked_;
    waiting_ = [this, number, work = std::move(work), done = std::move(done), failed = std::move(failed)] {
      running_ = true;
      runAsync(
          this, work,
          [this, number, done](auto&& answer) {
            running_ = false;
            if (number == asked_) done(std::forward<decltype(answer)>(answer));
            next();
          },
          [this, number, failed](const Failure& failure) {
            running_ = false;
            if (number == asked_) failed(failure);
            next();
          });
    };
    timer_.start();
    tellBusy();
  }

  // The answer is not wanted any more.
  void drop() {
    ++asked_;
    waiting_ = nullptr;
    timer_.stop();
    tellBusy();
  }

  bool busy() const { return running_ || waiting_ != nullptr; }

 Q_SIGNALS:
  void busyChanged(bool busy);

 private:
  void next() {
    if (waiting_ && !running_ && !timer_.isActive()) std::exchange(waiting_, nullptr)();
    tellBusy();
  }
  void tellBusy() {
    if (std::exchange(told_, busy()) != busy()) Q_EMIT busyChanged(busy());
  }

  QTimer timer_;
  std::function<void()> waiting_;
  int64_t asked_ = 0;
  bool running_ = false, told_ = false;
};

}  // namespace mtlora::ui
