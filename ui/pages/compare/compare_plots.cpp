#include "compare_plots.h"

#include <QMouseEvent>
#include <QToolTip>
#include <cmath>

#include "compare_style.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

constexpr double reach = 12;      // px from a point within which pointing means it
constexpr int longestName = 28;   // letters beside an axis
constexpr int shorterName = 18;   // where the plot is narrow
constexpr int narrowPlot = 460;   // px
constexpr int leastDigits = 8;    // px; smaller letters can't be read
constexpr double markerSize = 8;  // px

QString shortName(const QString& text, int longest = longestName) {
  if (text.size() <= longest) return text;
  return text.left(longest / 2 - 1) + u'…' + text.right(longest / 2);
}

// Without the rows that it was taken on, which the table names.
QString shortMetric(const ComparedVariant& row) { return metricText(row).section(u',', 0, 0); }

}  // namespace

void PointPlot::clearPoints() {
  points_.clear();
  clearCurves();
}

void PointPlot::mouseMoveEvent(QMouseEvent* event) {
  Plot::mouseMoveEvent(event);
  setCrosshair(qQNaN());
  const Point* nearest = nullptr;
  double least = reach * reach;
  for (const Point& point : points_) {
    const double dx = xAxis->coordToPixel(point.x) - event->pos().x();
    const double dy = yAxis->coordToPixel(point.y) - event->pos().y();
    if (dx * dx + dy * dy > least) continue;
    least = dx * dx + dy * dy;
    nearest = &point;
  }
  if (nearest)
    QToolTip::showText(event->globalPosition().toPoint(), nearest->text, this);
  else
    QToolTip::hideText();
}

// ---- differences ----------------------------------------------------------------------------------------------------

DifferencePlot::DifferencePlot(QWidget* parent) : PointPlot(parent) {
  setAccessibleName(tr("Differences to the reference"));
  strengthenZero();
}

void DifferencePlot::setRows(const Plan& plan, const std::vector<ComparedVariant>& ofTask, bool dark) {
  clearPoints();
  std::vector<const ComparedVariant*> shown;
  for (const ComparedVariant& row : ofTask)
    if (row.to_reference) shown.push_back(&row);
  QString metric = tr("Score");
  for (const ComparedVariant& row : ofTask)
    if (row.score.count > 0) metric = shortMetric(row);
  setAxisTitles(metric, QString());
  names_.clear();
  const auto count = static_cast<double>(shown.size());
  if (!shown.empty()) {  // the zero is always in view
    QCPGraph* zero = addCurve(QString(), QColor(Qt::transparent), 0);
    zero->addData(0, -0.5);
    zero->addData(0, count - 0.5);
  }
  const double cap_height = 0.02 + 0.02 * count;  // about the same on screen, however many rows there are
  for (size_t i = 0; i < shown.size(); ++i) {
    const ComparedVariant& row = *shown[i];
    const Difference& difference = *row.to_reference;
    const double y = count - 1 - static_cast<double>(i);
    const VariantStyle style = variantStyle(plan, row.variant, dark);
    names_ << QString::fromStdString(row.variant);
    if (std::isfinite(difference.low) && std::isfinite(difference.high)) {
      QCPGraph* interval = addCurve(QString(), style.colour, difference.is_clear() ? 2.5 : 1.5);
      interval->addData(difference.low, y);
      interval->addData(difference.high, y);
      for (const double end : {difference.low, difference.high}) {
        QCPGraph* cap = addCurve(QString(), style.colour, 1.5);
        cap->addData(end, y - cap_height);
        cap->addData(end, y + cap_height);
      }
    }
    QCPGraph* mean = addCurve(QString(), style.colour);
    mean->setLineStyle(QCPGraph::lsNone);
    mean->setScatterStyle(style.scatter(markerSize, difference.is_clear()));  // hollow: not told apart
    mean->addData(difference.mean, y);
    addPoint(difference.mean, y,
             tr("%1\n%2, %3\n%4")
                 .arg(QString::fromStdString(row.variant), differenceText(difference), verdictText(plan, row),
                      counted(difference.pairs, tr("1 pair"), tr("%1 pairs"))));
  }
  writeNames();
  yAxis->grid()->setVisible(false);
  refresh();
}

// As large as the rows allow.
void DifferencePlot::writeNames() {
  auto ticker = QSharedPointer<QCPAxisTickerText>::create();
  const int longest = width() < narrowPlot ? shorterName : longestName;
  for (qsizetype i = 0; i < names_.size(); ++i)
    ticker->addTick(static_cast<double>(names_.size() - 1 - i), shortName(names_[i], longest));
  yAxis->setTicker(ticker);
  QFont font = tabularFont();
  if (!names_.isEmpty()) {
    const int row = (height() - 56) / static_cast<int>(names_.size());  // px
    const int usual = QFontMetrics(font).height();
    if (row < usual) font.setPixelSize(std::max(leastDigits, row * QFontInfo(font).pixelSize() / usual));
  }
  yAxis->setTickLabelFont(font);
}

void DifferencePlot::resizeEvent(QResizeEvent* event) {
  writeNames();
  PointPlot::resizeEvent(event);
}

void DifferencePlot::strengthenZero() {
  QColor line = palette().color(QPalette::WindowText);
  line.setAlphaF(0.6f);
  xAxis->grid()->setZeroLinePen(QPen(line, 1.2, Qt::DashLine));
}

void DifferencePlot::changeEvent(QEvent* event) {
  PointPlot::changeEvent(event);
  if (event->type() != QEvent::PaletteChange) return;
  strengthenZero();
  writeNames();
}

// ---- turning --------------------------------------------------------------------------------------------------------

TurningPlot::TurningPlot(QWidget* parent) : PointPlot(parent) {
  setAccessibleName(tr("Score of each run over how far T moved"));
  setEmptyText(
      tr("A point for each completed run stands here: its score, and how far its T turned or stretched. LoRA "
         "has no T that moves."));
  setLegend(false);  // the table above is the legend
}

void TurningPlot::setRuns(const Comparison& comparison, const std::string& task, TurningAxis axis, bool dark) {
  clearPoints();
  const bool turns = axis == TurningAxis::Rotation;
  QString metric = tr("Score");
  for (const ComparedVariant& row : comparison.rows) {
    if (row.task != task) continue;
    if (row.score.count > 0) metric = shortMetric(row);
    const VariantStyle style = variantStyle(comparison.plan, row.variant, dark);
    QCPGraph* points = nullptr;
    for (const ComparedRun& run : comparison.runs) {
      if (!run.run.is_reported || run.run.task != task || run.run.variant != row.variant || !run.score) continue;
      const double x = turns ? run.rotation_degrees : run.condition;
      const double y = *run.score * row.scale;
      if (!std::isfinite(x)) continue;
      if (!points) {
        points = addCurve(shortName(QString::fromStdString(row.variant)), style.colour);
        points->setLineStyle(QCPGraph::lsNone);
        points->setScatterStyle(style.scatter(markerSize));
      }
      points->addData(x, y);
      addPoint(x, y,
               tr("%1, seed %2\n%3 %4\nT turns %5°, stretches %6")
                   .arg(QString::fromStdString(row.variant))
                   .arg(run.run.seed)
                   .arg(metric, decimals(y, 2), decimals(run.rotation_degrees, 1), stretchText(run.condition)));
    }
  }
  setAxisTitles(turns ? tr("T turns: mean rotation of K (°)") : tr("T stretches: condition number of K"), metric);
  refresh();
}

}  // namespace mtlora::ui
