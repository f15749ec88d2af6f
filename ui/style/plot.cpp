#include "plot.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>
#include <QTimer>
#include <algorithm>
#include <cmath>

#include "plot_crosshair.h"
#include "plot_curve.h"
#include "plot_export.h"
#include "plot_ticks.h"
#include "theme.h"

namespace mtlora::ui {

namespace {

constexpr int refreshDelay = 100;  // ms
constexpr int labelMargin = 62;    // px left of the axes, so that plots under one another line up

}  // namespace

struct Plot::Private {
  Marks* marks = nullptr;
  TopLegend* legend = nullptr;
  QString emptyText;
  bool logY = false;
  bool followX = true, followY = true;  // until the person chooses a range
  bool linking = false;
  double crosshair = qQNaN();
  std::function<QString(double)> readoutX;
  QTimer refreshTimer;
  std::shared_ptr<QList<QPointer<Plot>>> group = std::make_shared<QList<QPointer<Plot>>>();

  static void restyle(Plot& plot);
  static bool hasData(const Plot& plot);
  static void fit(Plot& plot);
  static void chosenRange(Plot& plot);
};

Plot::Plot(QWidget* parent) : QCustomPlot(parent), d_(std::make_shared<Private>()) {
  setMinimumSize(120, 96);
  setMouseTracking(true);
  setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  setNoAntialiasingOnDrag(true);
  axisRect()->setMinimumMargins(QMargins(labelMargin, gridUnit / 2, gridUnit * 2, 0));
  d_->marks = new Marks(this, axisRect());
  plotLayout()->insertRow(0);
  plotLayout()->addElement(0, 0, d_->legend = new TopLegend(this, d_->marks));
  plotLayout()->setRowSpacing(gridUnit / 2);
  plotLayout()->setRowStretchFactor(0, 0.001);
  plotLayout()->setMargins(QMargins(0, gridUnit / 2, 0, gridUnit / 2));
  xAxis->setTicker(QSharedPointer<Ticker>::create());
  yAxis->setTicker(QSharedPointer<Ticker>::create());
  d_->group->append(this);
  d_->refreshTimer.setSingleShot(true);
  connect(&d_->refreshTimer, &QTimer::timeout, this, [this] {
    Private::fit(*this);
    replot();
  });
  connect(xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this](const QCPRange& range) {
    if (d_->linking) return;
    for (const QPointer<Plot>& other : *d_->group) {
      if (!other || other == this || other->xAxis->range() == range) continue;
      other->d_->linking = true;
      other->xAxis->setRange(range);
      other->d_->linking = false;
      other->replot(rpQueuedReplot);
    }
  });
  connect(this, &QCustomPlot::beforeReplot, this, [this] {
    const bool filled = Private::hasData(*this);
    for (QCPAxis* axis : {xAxis, yAxis}) axis->setVisible(filled);
    const auto most = [](QCPAxis* axis, int length, int each) {
      if (auto ticker = axis->ticker().dynamicCast<Ticker>()) ticker->setMost(std::clamp(length / each, 2, 7));
    };
    most(xAxis, viewport().width() - labelMargin, 56);
    most(yAxis, viewport().height() - 64, 24);
  });
  Private::restyle(*this);
}

void Plot::setAxisTitles(const QString& x, const QString& y) {
  xAxis->setLabel(x);
  yAxis->setLabel(y);
}

void Plot::setEmptyText(const QString& sentence) {
  d_->emptyText = sentence;
  update();
}

QCPGraph* Plot::addCurve(const QString& name, const QColor& colour, double width, Qt::PenStyle style) {
  auto* curve = new Curve(xAxis, yAxis);
  curve->setName(name);
  curve->setPen(QPen(colour, width, style, Qt::RoundCap, Qt::RoundJoin));
  return curve;
}

void Plot::setLogY(bool on) {
  d_->logY = on;
  yAxis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  if (on)
    yAxis->setTicker(QSharedPointer<LogTicker>::create());
  else
    yAxis->setTicker(QSharedPointer<Ticker>::create());
  d_->followY = true;
  Private::fit(*this);
  replot(rpQueuedReplot);
}

void Plot::showAll() {
  for (const QPointer<Plot>& plot : *d_->group) {
    if (!plot) continue;
    plot->d_->followX = plot->d_->followY = true;
  }
  for (const QPointer<Plot>& plot : *d_->group) {
    if (!plot) continue;
    Private::fit(*plot);
    plot->replot(rpQueuedReplot);
  }
}

void Plot::refresh() {
  if (!d_->refreshTimer.isActive()) d_->refreshTimer.start(refreshDelay);
}

void Plot::setReadoutX(std::function<QString(double)> text) { d_->readoutX = std::move(text); }

int Plot::pointCount() const {
  int count = 0;
  for (const Curve* curve : shownCurves(*this)) count += curve->data()->size();
  return count;
}

int Plot::drawnPoints() const {
  int count = 0;
  for (const Curve* curve : shownCurves(*this)) count += curve->drawnPoints();
  return count;
}

void Plot::setMarks(const QVector<double>& positions, const QString& name, const QColor& colour) {
  d_->marks->set({name, colour, positions});
}

void Plot::clearCurves() {
  clearPlottables();
  d_->marks->clear();
  setCrosshair(qQNaN());
}

void Plot::link(const QList<Plot*>& plots) {
  auto group = std::make_shared<QList<QPointer<Plot>>>();
  for (Plot* plot : plots) {
    group->append(plot);
    plot->d_->group = group;
  }
}

bool Plot::saveTo(const QString& path) {
  const bool shown = d_->legend->shown();
  d_->legend->setShown(true);
  const bool saved = savePlot(*this, path);
  d_->legend->setShown(shown);
  replot(rpQueuedReplot);
  return saved;
}

void Plot::setLegend(bool on) {
  d_->legend->setShown(on);
  replot(rpQueuedReplot);
}

void Plot::setCrosshair(double x) {
  if (d_->crosshair == x || (std::isnan(x) && std::isnan(d_->crosshair))) return;
  d_->crosshair = x;
  update();
}

// ---- inside ---------------------------------------------------------------------------------------------------------

void Plot::Private::restyle(Plot& plot) {
  const QPalette palette = plot.palette();
  const QColor text = palette.color(QPalette::WindowText);
  const QColor background = palette.color(QPalette::Base);
  plot.setFont(tabularFont());
  plot.setBackground(QBrush(background));
  for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
    axis->setBasePen(axis == plot.xAxis ? QPen(withAlpha(text, 0.35)) : QPen(Qt::NoPen));
    axis->setTickPen(QPen(Qt::NoPen));
    axis->setSubTickPen(QPen(Qt::NoPen));
    axis->setTickLabelColor(withAlpha(text, 0.75));
    axis->setLabelColor(withAlpha(text, 0.85));
    axis->setTickLabelFont(tabularFont());
    axis->setLabelFont(plot.font());
    axis->setTickLabelPadding(4);
    axis->setLabelPadding(4);
    axis->grid()->setPen(QPen(withAlpha(text, 0.10), 1));
    axis->grid()->setZeroLinePen(QPen(withAlpha(text, 0.22), 1));
    axis->grid()->setSubGridVisible(false);
  }
  plot.xAxis->grid()->setVisible(true);
}

bool Plot::Private::hasData(const Plot& plot) {
  for (int i = 0; i < plot.plottableCount(); ++i) {
    QCPAbstractPlottable* plottable = const_cast<Plot&>(plot).plottable(i);
    if (const auto* map = qobject_cast<QCPColorMap*>(plottable)) {
      if (!map->data()->isEmpty()) return true;
    } else if (const QCPPlottableInterface1D* series = plottable->interface1D()) {
      if (series->dataCount() > 0) return true;
    }
  }
  return plot.itemCount() > 0;
}

// Fits each axis that follows the data. Linked plots share the union of their keys.
void Plot::Private::fit(Plot& plot) {
  if (plot.d_->followX) {
    bool any = false;
    QCPRange range;
    for (const QPointer<Plot>& other : *plot.d_->group) {
      if (!other || (other != &plot && other->isHidden())) continue;
      for (const Curve* curve : shownCurves(*other)) {
        const QCPRange keys(curve->data()->constBegin()->key, (curve->data()->constEnd() - 1)->key);
        if (!any) range = keys;
        if (any) range.expand(keys);
        any = true;
      }
    }
    if (any) {
      if (range.size() <= 0) range = QCPRange(range.lower - 0.5, range.upper + 0.5);
      const double pad = range.size() * 0.02;  // room for half a marker
      plot.xAxis->setRange(range.lower - pad, range.upper + pad);
    }
  }
  if (plot.d_->followY) {
    bool any = false;
    QCPRange range;
    for (const Curve* curve : shownCurves(plot)) {
      bool found = false;
      const QCPRange values =
          curve->getValueRange(found, plot.d_->logY ? QCP::sdPositive : QCP::sdBoth, plot.xAxis->range());
      if (!found) continue;
      if (!any) range = values;
      if (any) range.expand(values);
      any = true;
    }
    if (!any) return;
    if (plot.d_->logY) {
      const double factor = std::max(1.05, std::pow(range.upper / range.lower, 0.05));
      plot.yAxis->setRange(range.lower / factor, range.upper * factor);
    } else {
      double pad = range.size() * 0.06;
      if (pad <= std::abs(range.upper) * 1e-12) pad = range.upper == 0 ? 0.5 : std::abs(range.upper) * 0.1;
      // What can't be negative doesn't show a negative tick for the sake of a margin; a marker there has its room.
      const auto has_marker = [](const Curve* curve) { return !curve->scatterStyle().isNone(); };
      const double least = std::ranges::any_of(shownCurves(plot), has_marker) ? -0.03 * range.size() : 0;
      const double lower = range.lower >= 0 ? std::max(range.lower - pad, least) : range.lower - pad;
      plot.yAxis->setRange(lower, range.upper + pad);
    }
  }
}

void Plot::Private::chosenRange(Plot& plot) {
  plot.d_->followY = false;
  for (const QPointer<Plot>& other : *plot.d_->group)
    if (other) other->d_->followX = false;
}

// ---- events ---------------------------------------------------------------------------------------------------------

void Plot::paintEvent(QPaintEvent* event) {
  QCustomPlot::paintEvent(event);
  QPainter painter(this);
  if (!Private::hasData(*this)) {
    painter.setPen(withAlpha(palette().color(QPalette::WindowText), 0.6));
    painter.drawText(rect().adjusted(gridUnit * 2, gridUnit, -gridUnit * 2, -gridUnit),
                     Qt::AlignCenter | Qt::TextWordWrap, d_->emptyText);
    return;
  }
  paintCrosshair(*this, *d_->marks, d_->readoutX, d_->crosshair, painter);
}

void Plot::resizeEvent(QResizeEvent* event) { QCustomPlot::resizeEvent(event); }

void Plot::mouseMoveEvent(QMouseEvent* event) {
  QCustomPlot::mouseMoveEvent(event);
  if (event->buttons() & Qt::LeftButton) Private::chosenRange(*this);
  const QRect area = axisRect()->rect();
  const double x = area.contains(event->pos()) ? xAxis->pixelToCoord(event->pos().x()) : qQNaN();
  for (const QPointer<Plot>& plot : *d_->group)
    if (plot) plot->setCrosshair(x);
  Q_EMIT crosshairMoved(x);
}

void Plot::mouseDoubleClickEvent(QMouseEvent* event) {
  QCustomPlot::mouseDoubleClickEvent(event);
  if (event->button() == Qt::LeftButton) showAll();
}

void Plot::wheelEvent(QWheelEvent* event) {
  QCustomPlot::wheelEvent(event);
  Private::chosenRange(*this);
}

void Plot::leaveEvent(QEvent* event) {
  QCustomPlot::leaveEvent(event);
  for (const QPointer<Plot>& plot : *d_->group)
    if (plot) plot->setCrosshair(qQNaN());
  Q_EMIT crosshairMoved(qQNaN());
}

void Plot::changeEvent(QEvent* event) {
  QCustomPlot::changeEvent(event);
  if (event->type() != QEvent::PaletteChange) return;
  Private::restyle(*this);
  replot(rpQueuedReplot);
}

void Plot::contextMenuEvent(QContextMenuEvent* event) {
  QMenu menu(this);
  menu.addAction(tr("Show all"), this, &Plot::showAll);
  QAction* logarithmic = menu.addAction(tr("Logarithmic scale"), this, [this] { setLogY(!d_->logY); });
  logarithmic->setCheckable(true);
  logarithmic->setChecked(d_->logY);
  menu.addSeparator();
  menu.addAction(lineIcon(QStringLiteral("copy")), tr("Copy picture"), this,
                 [this] { QGuiApplication::clipboard()->setPixmap(plotAsPicture(*this)); });
  menu.addAction(tr("Copy values"), this, [this] { QGuiApplication::clipboard()->setText(plotAsCsv(*this, u'\t')); });
  menu.addAction(lineIcon(QStringLiteral("save")), tr("Save as …"), this, [this] {
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Save the plot"), QString(), tr("Picture (*.png);;Drawing (*.svg);;Document (*.pdf);;Values (*.csv)"));
    if (!path.isEmpty() && !saveTo(path))
      QMessageBox::warning(this, tr("Save the plot"), tr("%1 could not be written.").arg(path));
  });
  menu.exec(event->globalPos());
}

}  // namespace mtlora::ui
