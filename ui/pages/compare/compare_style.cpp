#include "compare_style.h"

#include <QCoreApplication>
#include <QLocale>
#include <QPainter>
#include <cmath>

#include "config/run_file.h"
#include "pages/new_run/option_texts.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

constexpr int sampleWidth = 36, sampleHeight = 16;  // px
constexpr Qt::PenStyle lines[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine, Qt::DashDotDotLine};
constexpr QCPScatterStyle::ScatterShape markers[] = {QCPScatterStyle::ssCircle, QCPScatterStyle::ssSquare,
                                                     QCPScatterStyle::ssTriangle, QCPScatterStyle::ssDiamond,
                                                     QCPScatterStyle::ssTriangleInverted};

QString tr(const char* text) { return QCoreApplication::translate("Compare", text); }

std::string methodOf(const Plan& plan, const NamedSettings& variant) {
  if (const auto own = variant.settings.find("adapter.method");
      own != variant.settings.end() && own->second.is_string())
    return own->second.get<std::string>();
  const nlohmann::json adapter = plan.run.value("adapter", nlohmann::json::object());
  return adapter.value("method", AdapterOptions().method);
}

}  // namespace

QCPScatterStyle VariantStyle::scatter(double size, bool filled) const {
  return {marker, QPen(colour, 1.5), filled ? QBrush(colour) : QBrush(Qt::NoBrush), size};
}

VariantStyle variantStyle(const Plan& plan, const std::string& variant, bool dark) {
  VariantStyle style;
  size_t nth = 0;
  std::string method;
  for (const NamedSettings& each : plan.variants)
    if (each.name == variant) method = methodOf(plan, each);
  for (const NamedSettings& each : plan.variants) {
    if (each.name == variant) break;
    if (methodOf(plan, each) == method) ++nth;
  }
  style.method = QString::fromStdString(method);
  style.colour = methodColour(style.method, dark);
  style.line = lines[nth % std::size(lines)];
  style.marker = markers[nth % std::size(markers)];
  return style;
}

QIcon variantIcon(const VariantStyle& style) {
  QPixmap picture(sampleWidth * 2, sampleHeight * 2);
  picture.setDevicePixelRatio(2);
  picture.fill(Qt::transparent);
  QCPPainter painter(&picture);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(style.colour, 2, style.line));
  painter.drawLine(QPointF(1, sampleHeight / 2.0), QPointF(sampleWidth - 3, sampleHeight / 2.0));
  const QCPScatterStyle marker = style.scatter(7);
  marker.applyTo(&painter, QPen(style.colour));
  marker.drawShape(&painter, sampleWidth / 2.0 - 1, sampleHeight / 2.0);
  painter.end();
  QIcon icon;
  for (const QIcon::Mode mode : {QIcon::Normal, QIcon::Selected}) icon.addPixmap(picture, mode);
  return icon;
}

QString counted(int64_t count, const QString& one, const QString& many) {
  return count == 1 ? one : many.arg(countText(count));
}

QString decimals(double value, int digits, bool sign) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  QString text = QLocale().toString(std::abs(value), 'f', digits);
  if (value < 0 && text != QLocale().toString(0.0, 'f', digits)) return u'−' + text;
  return sign ? u'+' + text : text;
}

QString spreadText(const Spread& spread) {
  if (spread.count == 0) return QStringLiteral("–");
  const QString mean = decimals(spread.mean, 2);
  return spread.count > 1 ? tr("%1 ± %2").arg(mean, decimals(spread.deviation, 2)) : mean;
}

QString differenceText(const Difference& difference) {
  const QString mean = decimals(difference.mean, 2, true);
  if (difference.pairs < 2) return mean;
  return tr("%1 [%2, %3]").arg(mean, decimals(difference.low, 2, true), decimals(difference.high, 2, true));
}

QString stretchText(double condition) {
  if (!std::isfinite(condition)) return QStringLiteral("–");
  return decimals(condition, condition < 100 ? 2 : 0) + QStringLiteral(" ×");
}

QString verdictText(const Plan& plan, const ComparedVariant& row) {
  if (row.variant == plan.reference) return tr("reference");
  const std::string verdict = verdict_of(row);
  if (verdict == "better") return tr("better");
  if (verdict == "worse") return tr("worse");
  if (verdict == "not told apart") return tr("not told apart");
  if (verdict == "too few seeds") return tr("too few seeds");
  return QString::fromStdString(verdict);
}

QString metricText(const ComparedVariant& row) {
  if (row.metric.empty()) return tr("Score");
  if (row.task.empty()) return tr("Average × %1").arg(row.scale);
  QString name = QString::fromStdString(row.metric);
  const bool test = name.startsWith(QLatin1String("test_"));
  if (test) name = name.mid(5);
  name.replace(u'_', u' ');
  name[0] = name[0].toUpper();
  if (row.scale != 1) name = tr("%1 × %2").arg(name).arg(row.scale);
  return test ? tr("%1, test").arg(name) : tr("%1, validation").arg(name);
}

QString chosenText(const Settings& choice) {
  QStringList parts;
  for (const auto& [key, value] : choice) {
    const Option& option = find_option(key);
    parts << tr("%1 %2").arg(key == "adapter.r" ? QStringLiteral("r") : optionLabel(option).toLower(),
                             QString::fromStdString(option_text(option, value)));
  }
  return parts.join(QStringLiteral(", "));
}

QString stateText(const ComparedRun& run, bool skipped) {
  if (skipped && run.state != ComparedState::Completed && run.state != ComparedState::Failed) return tr("skipped");
  switch (run.state) {
    case ComparedState::Waiting: return tr("waiting");
    case ComparedState::Running: return tr("running");
    case ComparedState::Paused: return tr("paused");
    case ComparedState::Completed: return tr("completed");
    case ComparedState::Stopped: return tr("stopped, goes on");
    case ComparedState::Failed: return tr("failed");
  }
  return {};
}

QString comparisonState(const Comparison& comparison, bool starting) {
  if (comparison.runs_now) return comparison.queue.paused ? tr("paused") : tr("running");
  if (starting) return tr("starting …");
  if (comparison.done())
    return comparison.failed > 0 ? tr("finished, %1 failed").arg(comparison.failed) : tr("finished");
  bool begun = comparison.completed + comparison.failed > 0;
  for (const ComparedRun& run : comparison.runs) begun = begun || run.state != ComparedState::Waiting;
  return begun ? tr("not running") : tr("not started");
}

QString explanation(const Plan& plan) {
  QString text =
      tr("Mean ± standard deviation over the seeds. The difference to %1 is paired by seed, with its 95 % interval "
         "from the paired t distribution (not corrected for several comparisons); where the interval crosses zero the "
         "two are not told apart. Time and memory are means of whole runs. T turns: the mean rotation angle of K, the "
         "matrix by which T moves the adapter's singular vectors; T stretches: K's condition number (1 × is none).")
          .arg(QString::fromStdString(plan.reference));
  if (plan.tasks.size() > 1)
    text += u' ' + tr("The average is each seed's mean over the tasks, where all of them are scored from 0 to 1; its "
                      "time is their sum.");
  if (!plan.choose.empty())
    text += u' ' + tr("The values in the column “Chosen” were chosen on other seeds than those that are reported.");
  return text;
}

}  // namespace mtlora::ui
