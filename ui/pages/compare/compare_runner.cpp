#include "compare_runner.h"

#include <QFile>

#include "base/error.h"

namespace mtlora::ui {

namespace {

constexpr int lookInterval = 200;  // ms

QString lastLine(const Path& log) {
  QFile file(QString::fromStdString(log.string()));
  if (!file.open(QIODevice::ReadOnly)) return {};
  file.seek(std::max<qint64>(0, file.size() - 4096));
  return QString::fromUtf8(file.readAll()).trimmed().section(u'\n', -1);
}

}  // namespace

CompareRunner::CompareRunner(QObject* parent) : QObject(parent) {
  timer_.setInterval(lookInterval);
  connect(&timer_, &QTimer::timeout, this, &CompareRunner::look);
}

void CompareRunner::start(const Path& folder) {
  folder_ = folder;
  log_ = folder / "output.log";
  process_ = std::make_unique<ChildProcess>(
      std::vector<std::string>{command_line_program().string(), "compare", folder.string(), "--attached"}, log_);
  stopping_ = false;
  timer_.start();
}

void CompareRunner::stop() {
  if (!process_ || stopping_) return;
  stopping_ = true;
  process_->write("stop\n");
}

void CompareRunner::detach() {
  if (!process_) return;
  process_->write("detach\n");
  timer_.stop();
  process_.reset();
}

void CompareRunner::look() {
  const std::optional<int> code = process_->exit_code();
  if (!code) return;
  timer_.stop();
  process_.reset();
  const bool good = *code == 0 || *code == static_cast<int>(ErrorCode::Stopped);
  QString problem;
  if (!good) {
    problem = lastLine(log_).remove(QStringLiteral("error: "));
    if (problem.isEmpty()) problem = tr("Its process ended with code %1.").arg(*code);
    if (*code > 128) problem = tr("Its process was ended from outside (signal %1).").arg(*code - 128);
  }
  Q_EMIT ended(problem);
}

}  // namespace mtlora::ui
