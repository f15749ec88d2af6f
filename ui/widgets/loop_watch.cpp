#include "loop_watch.h"

#include <QAbstractEventDispatcher>
#include <QThread>
#include <algorithm>
#include <cmath>

namespace mtlora::ui {

namespace {
constexpr double binWidth = 0.1;  // ms
constexpr size_t binCount = 20'000;
constexpr double slowTurn = 50;  // ms
}  // namespace

void LoopWatch::reset() {
  histogram_.assign(binCount, 0);
  turns_ = slow_ = 0;
  worst_ = 0;
  begun_ = -1;
  if (!clock_.isValid()) clock_.start();
}

void LoopWatch::eventBegins() {
  ++depth_;
  if (begun_ < 0) begun_ = clock_.nsecsElapsed();
}

void LoopWatch::eventEnds() {
  --depth_;
  lastEnd_ = clock_.nsecsElapsed();
}

void LoopWatch::turnEnds() {
  if (begun_ < 0) return;
  // Inside an event here means that it runs a loop of its own (a dialog): what it did until then is a turn.
  const qint64 end = depth_ > 0 ? clock_.nsecsElapsed() : lastEnd_;
  const double length = static_cast<double>(end - begun_) * 1e-6;
  begun_ = -1;
  ++turns_;
  if (length > slowTurn) ++slow_;
  worst_ = std::max(worst_, length);
  ++histogram_[std::min(static_cast<size_t>(std::max(0.0, length) / binWidth), binCount - 1)];
}

LoopWatch::Report LoopWatch::report() const {
  Report report;
  report.turns = turns_;
  report.worst_ms = worst_;
  if (turns_ == 0) return report;
  report.within_50_ms = 1 - static_cast<double>(slow_) / static_cast<double>(turns_);
  const auto wanted = static_cast<qint64>(std::ceil(0.999 * static_cast<double>(turns_)));
  qint64 seen = 0;
  for (size_t i = 0; i < binCount; ++i) {
    seen += histogram_[i];
    if (seen < wanted) continue;
    report.quantile_999_ms = std::min(worst_, static_cast<double>(i + 1) * binWidth);
    break;
  }
  return report;
}

QString LoopWatch::text() const {
  const Report now = report();
  return QStringLiteral("event loop: %1 turns, 99.9 %% within %2 ms, worst %3 ms, %4 %% within 50 ms")
      .arg(now.turns)
      .arg(now.quantile_999_ms, 0, 'f', 1)
      .arg(now.worst_ms, 0, 'f', 1)
      .arg(now.within_50_ms * 100, 0, 'f', 3)
      .replace(QStringLiteral("%%"), QStringLiteral("%"));
}

Application::Application(int& argc, char** argv) : QApplication(argc, argv) {
  watch_.reset();
  QAbstractEventDispatcher* dispatcher = QAbstractEventDispatcher::instance();
  connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, this, [this] { watch_.turnEnds(); });
  connect(dispatcher, &QAbstractEventDispatcher::awake, this, [this] { watch_.turnEnds(); });
}

bool Application::notify(QObject* receiver, QEvent* event) {
  // Other threads' loops deliver their events through here too.
  if (QThread::currentThread() != thread()) return QApplication::notify(receiver, event);
  watch_.eventBegins();
  const bool result = QApplication::notify(receiver, event);
  watch_.eventEnds();
  return result;
}

}  // namespace mtlora::ui
