#include "plot_crosshair.h"

#include <algorithm>
#include <cmath>

#include "plot.h"
#include "plot_curve.h"
#include "theme.h"

namespace mtlora::ui {

QColor withAlpha(QColor colour, double alpha) {
  colour.setAlphaF(static_cast<float>(alpha));
  return colour;
}

namespace {

struct Reading {
  QString name, value;
  QColor colour;
};

// The values nearest to *x, which becomes a step that has one.
std::vector<Reading> read(const QCustomPlot& plot, const Marks& marks, const std::function<QString(double)>& xText,
                          double* x) {
  std::vector<Reading> readings;
  const QLocale locale;
  const auto nearest = [](const Curve* curve, double key) {
    auto found = curve->data()->findBegin(key, false);
    const auto begin = curve->data()->constBegin();
    if (found == curve->data()->constEnd()) return found - 1;
    if (found != begin && key - (found - 1)->key < found->key - key) --found;
    return found;
  };
  const QList<const Curve*> shown = shownCurves(plot);
  double snapped = qQNaN();
  for (const Curve* curve : shown) {
    const double key = nearest(curve, *x)->key;
    if (std::isnan(snapped) || std::abs(key - *x) < std::abs(snapped - *x)) snapped = key;
  }
  if (!std::isnan(snapped)) *x = snapped;
  for (const Curve* curve : shown) {
    const auto point = nearest(curve, *x);
    const double value = point->value;
    QString text = std::isnan(value)   ? Plot::tr("not a number")
                   : std::isinf(value) ? (value > 0 ? Plot::tr("infinite") : Plot::tr("minus infinite"))
                                       : locale.toString(value, 'g', 5);
    if (point->key != *x) text += QStringLiteral("  (%1)").arg(xText(point->key));
    readings.push_back({curve->name().isEmpty() ? plot.yAxis->label() : curve->name(), text, curve->pen().color()});
  }
  const auto named = [&](const QString& name) {
    return std::any_of(readings.begin(), readings.end(), [&](const Reading& reading) { return reading.name == name; });
  };
  for (const Marks::Set& set : marks.sets())
    if (!named(set.name) &&
        std::any_of(set.positions.begin(), set.positions.end(), [&](double at) { return at == *x; }))
      readings.push_back({set.name, QString(), set.colour});
  return readings;
}

}  // namespace

void paintCrosshair(const QCustomPlot& plot, const Marks& marks, const std::function<QString(double)>& readoutX,
                    double x, QPainter& painter) {
  if (std::isnan(x) || !plot.xAxis->range().contains(x)) return;
  const auto xText = [&](double key) { return readoutX ? readoutX(key) : QLocale().toString(key, 'g', 6); };
  const std::vector<Reading> readings = read(plot, marks, xText, &x);
  if (readings.empty()) return;
  const QRect area = plot.axisRect()->rect();
  const double pixel = plot.xAxis->coordToPixel(x);
  if (pixel < area.left() - 1 || pixel > area.right() + 1) return;
  const QColor text = plot.palette().color(QPalette::WindowText);
  painter.setPen(QPen(withAlpha(text, 0.45), 1));
  painter.drawLine(QPointF(pixel, area.top()), QPointF(pixel, area.bottom()));

  const QFontMetrics metrics(plot.font());
  const QString head = xText(x);
  int names = 0, values = 0;
  for (const Reading& reading : readings) {
    names = std::max(names, std::min(160, metrics.horizontalAdvance(reading.name)));
    values = std::max(values, metrics.horizontalAdvance(reading.value));
  }
  const int line = metrics.height() + 2, pad = gridUnit;
  const int width = std::max(metrics.horizontalAdvance(head), 14 + names + (values ? 12 + values : 0)) + 2 * pad;
  const int height = line * (1 + static_cast<int>(readings.size())) + 2 * pad - 4;
  int left = static_cast<int>(pixel) + 12;
  if (left + width > area.right()) left = static_cast<int>(pixel) - 12 - width;
  left = std::clamp(left, 0, std::max(0, plot.width() - width));
  const QRect box(left, area.top() + 4, width, height);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(withAlpha(text, 0.2)));
  painter.setBrush(withAlpha(plot.palette().color(QPalette::Base), 0.94));
  painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
  int y = box.top() + pad - 2;
  painter.setPen(withAlpha(text, 0.75));
  painter.drawText(QRect(box.left() + pad, y, width, line), Qt::AlignVCenter | Qt::AlignLeft, head);
  for (const Reading& reading : readings) {
    y += line;
    painter.setPen(Qt::NoPen);
    painter.setBrush(reading.colour);
    painter.drawEllipse(QPointF(box.left() + pad + 4, y + line / 2.0), 4, 4);
    painter.setPen(text);
    painter.drawText(QRect(box.left() + pad + 14, y, names + 4, line), Qt::AlignVCenter | Qt::AlignLeft,
                     metrics.elidedText(reading.name, Qt::ElideMiddle, names + 2));
    painter.drawText(QRect(box.left(), y, width - pad, line), Qt::AlignVCenter | Qt::AlignRight, reading.value);
  }
}

}  // namespace mtlora::ui
