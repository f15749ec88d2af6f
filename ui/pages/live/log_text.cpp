#include "log_text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include "score_text.h"

namespace mtlora::ui {

namespace {

QString text(const char* source) { return QCoreApplication::translate("log", source); }

QString commandText(const CommandTaken& taken) {
  if (taken.command == "pause") return text("paused");
  if (taken.command == "resume") return text("went on");
  if (taken.command == "stop") return text("asked to stop");
  if (taken.command == "save") return text("asked for a checkpoint");
  if (taken.command == "evaluate") return text("asked for an evaluation");
  if (taken.command == "set_learning_rate")
    return text("learning rate set to %1")
        .arg(taken.value.is_number() ? QLocale().toString(taken.value.get<double>(), 'g', 4) : QStringLiteral("?"));
  return QString::fromStdString(taken.command);
}

struct Line {
  QString operator()(const RunStarted& e) const {
    return e.step > 0 ? text("went on from the checkpoint of step %1").arg(e.step)
                      : text("started: %1 steps, %2 trainable parameters")
                            .arg(QLocale().toString(static_cast<qlonglong>(e.total_steps)),
                                 QLocale().toString(static_cast<qlonglong>(e.trainable_parameters)));
  }
  QString operator()(const StepDone& e) const { return text("loss %1").arg(QLocale().toString(e.loss, 'f', 4)); }
  QString operator()(const EvalDone& e) const {
    QStringList parts;
    for (const auto& [name, value] : e.scores)
      parts << scoreTitle(QString::fromStdString(name)) + u' ' + scoreText(QString::fromStdString(name), value);
    parts << text("loss %1").arg(QLocale().toString(e.eval_loss, 'f', 4));
    return text("evaluated: %1").arg(parts.join(QStringLiteral(", ")));
  }
  QString operator()(const GeometryRecorded&) const { return text("geometry recorded"); }
  QString operator()(const CheckpointSaved& e) const {
    return e.best ? text("checkpoint saved, the best so far") : text("checkpoint saved");
  }
  QString operator()(const CommandTaken& e) const { return commandText(e); }
  QString operator()(const SampleMade& e) const {
    return text("sample: %1").arg(QString::fromStdString(e.text).simplified());
  }
  QString operator()(const RunFinished& e) const {
    QString line = e.status == "completed" ? text("completed")
                   : e.status == "stopped" ? text("stopped")
                                           : text("failed");
    for (const std::string& part : {e.message, e.hint})
      if (!part.empty() && e.status == "failed")
        line += (line.endsWith(u'.') ? QStringLiteral(" ") : QStringLiteral(". ")) + QString::fromStdString(part);
    return line;
  }
};

}  // namespace

QString logLine(const Event& event) {
  const QDateTime when = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(event.time * 1000));
  const int64_t step = std::visit([](const auto& body) { return body.step; }, event.body);
  return QStringLiteral("%1  %2  %3")
      .arg(QLocale().toString(when.time(), QStringLiteral("HH:mm:ss")), text("step %1").arg(step),
           std::visit(Line{}, event.body));
}

}  // namespace mtlora::ui
