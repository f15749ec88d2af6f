#include "spectra_picture.h"

#include <QFontMetricsF>
#include <QPolygonF>
#include <algorithm>
#include <cmath>
#include <limits>

namespace mtlora::ui {

namespace {

struct Layout {
  QRectF plot;
  double slot = 1, low = 0, high = 1;
  bool logarithmic = false;
  bool titled = true, long_legend = true;  // where there is room
  std::vector<double> ticks;
  double y(double value) const {
    double t = 0;
    if (logarithmic) {
      t = (std::log(std::max(value, low)) - std::log(low)) / (std::log(high) - std::log(low));
    } else {
      t = value / high;
    }
    return plot.bottom() - std::clamp(t, 0.0, 1.0) * plot.height();
  }
};

Layout layoutOf(const QRectF& rect, const SpectraData& data, const Ink& ink) {
  const QFontMetricsF metrics(ink.small);
  Layout layout;
  layout.titled = rect.height() >= 130;
  layout.logarithmic = data.logarithmic;
  double high = 0, low = std::numeric_limits<double>::infinity();
  for (const auto* values : {&data.sigma_ba, &data.sigma_bta}) {
    for (const double value : *values) {
      high = std::max(high, value);
      if (value > 0) low = std::min(low, value);
    }
  }
  if (!(high > 0)) high = 1, low = 0.1;
  layout.high = high * (data.logarithmic ? 1.3 : 1.06);
  layout.low = std::max(low / 1.3, high * 1e-8);
  const int most = std::max(2, static_cast<int>(rect.height() / 44));
  layout.ticks = data.logarithmic ? logTicks(layout.low, layout.high, most) : roundTicks(0, layout.high, most);
  double labels = 0;
  for (const double tick : layout.ticks) labels = std::max(labels, metrics.horizontalAdvance(tickText(tick)));
  const double left = labels + 8, bottom = (layout.titled || !data.groups.empty() ? 2 : 1) * metrics.height() + 4;
  const double legend = metrics.horizontalAdvance(SpectraPicture::tr("σ(BA), without T")) +
                        metrics.horizontalAdvance(SpectraPicture::tr("σ(BTA), with T")) + 70;
  layout.long_legend = legend <= rect.width();
  const double top = metrics.height() + 7;
  layout.plot = QRectF(rect.left() + left, rect.top() + top, rect.width() - left - 4, rect.height() - top - bottom);
  layout.slot = layout.plot.width() / static_cast<double>(std::max<size_t>(1, data.sigma_ba.size()));
  return layout;
}

void paintBars(QPainter& painter, const Layout& layout, const SpectraData& data, const Ink& ink) {
  const double base = layout.plot.bottom();
  const double width = std::min(16.0, layout.slot * (data.has_t ? 0.36 : 0.6));
  for (size_t k = 0; k < data.sigma_ba.size(); ++k) {
    const double middle = layout.plot.left() + (static_cast<double>(k) + 0.5) * layout.slot;
    const auto bar = [&](double value, double left) {
      const double y = layout.y(value);
      return QRectF(left, y, width, std::max(0.0, base - y));
    };
    painter.setPen(Qt::NoPen);
    if (!data.has_t) {
      painter.fillRect(bar(data.sigma_ba[k], middle - width / 2), ink.after);
      continue;
    }
    QRectF hollow = bar(data.sigma_ba[k], middle - width - 0.5);
    QColor fill = ink.before;
    fill.setAlphaF(0.25F);
    painter.setBrush(fill);
    painter.setPen(QPen(ink.before, 1.2));
    painter.drawRect(hollow.adjusted(0.6, 0.6, -0.6, 0));
    if (k < data.sigma_bta.size()) painter.fillRect(bar(data.sigma_bta[k], middle + 0.5), ink.after);
  }
}

// Many values: steps instead of bars.
void paintSteps(QPainter& painter, const Layout& layout, const SpectraData& data, const Ink& ink) {
  const auto outline = [&](const std::vector<double>& values) {
    QPolygonF line;
    for (size_t k = 0; k < values.size(); ++k) {
      const double left = layout.plot.left() + static_cast<double>(k) * layout.slot;
      line << QPointF(left, layout.y(values[k])) << QPointF(left + layout.slot, layout.y(values[k]));
    }
    return line;
  };
  const auto area = [&](QPolygonF line, QColor colour, float alpha) {
    line << layout.plot.bottomRight() << layout.plot.bottomLeft();
    colour.setAlphaF(alpha);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawPolygon(line);
  };
  painter.setBrush(Qt::NoBrush);
  if (data.has_t) {
    const QPolygonF before = outline(data.sigma_ba);
    area(before, ink.before, 0.2F);
    painter.setPen(QPen(ink.before, 1.4, Qt::DashLine));
    painter.drawPolyline(before);
  }
  const QPolygonF after = outline(data.has_t ? data.sigma_bta : data.sigma_ba);
  area(after, ink.after, 0.22F);
  painter.setPen(QPen(ink.after, 1.8));
  painter.drawPolyline(after);
}

}  // namespace

SpectraPicture::SpectraPicture(QWidget* parent) : Picture(tr("Spectra"), parent) {}

void SpectraPicture::setData(SpectraData data) {
  data.logarithmic = data_.logarithmic;
  data_ = std::move(data);
  if (!data_.sigma_bta.empty()) {
    setAccessibleDescription(tr("Largest singular value %1 without T, %2 with T")
                                 .arg(numberText(data_.sigma_ba.front()), numberText(data_.sigma_bta.front())));
  }
  update();
}

void SpectraPicture::setLogarithmic(bool on) {
  data_.logarithmic = on;
  update();
}

void SpectraPicture::paint(QPainter& painter, const QRectF& rect, const SpectraData& data, const Ink& ink) {
  if (data.sigma_ba.empty()) return;
  const Layout layout = layoutOf(rect, data, ink);
  const QFontMetricsF metrics(ink.small);
  painter.save();
  painter.setFont(ink.small);
  for (const double tick : layout.ticks) {
    const double y = layout.y(tick);
    painter.setPen(QPen(ink.grid, 1));
    painter.drawLine(QPointF(layout.plot.left(), y), QPointF(layout.plot.right(), y));
    painter.setPen(ink.faint);
    painter.drawText(
        QRectF(rect.left(), y - metrics.height() / 2, layout.plot.left() - rect.left() - 5, metrics.height()),
        Qt::AlignRight | Qt::AlignVCenter, tickText(tick));
  }
  const bool bars = layout.slot >= 9;
  if (bars) {
    paintBars(painter, layout, data, ink);
  } else {
    paintSteps(painter, layout, data, ink);
  }
  painter.setPen(QPen(ink.axis, 1));
  painter.drawLine(layout.plot.bottomLeft(), layout.plot.bottomRight());
  // Index labels: 1, then round ones.
  const size_t count = data.sigma_ba.size();
  size_t every = 1;
  for (const size_t step : {1, 2, 4, 8, 16, 32, 64, 128}) {
    every = step;
    if (layout.slot * static_cast<double>(step) >= metrics.horizontalAdvance(QString::number(count)) + 8) break;
  }
  painter.setPen(ink.faint);
  for (size_t k = 1; k <= count; ++k) {
    if (k != 1 && k % every != 0) continue;
    if (k == 1 && every == 2) continue;
    const double x = layout.plot.left() + (static_cast<double>(k) - 0.5) * layout.slot;
    painter.drawText(QRectF(x - 20, layout.plot.bottom() + 3, 40, metrics.height()), Qt::AlignHCenter | Qt::AlignTop,
                     QString::number(k));
  }
  // Groups of near-equal values: a bracket under the axis.
  const double below = layout.plot.bottom() + metrics.height() + 4;
  painter.setPen(QPen(ink.text, 1.4));
  for (const auto& [first, last] : data.groups) {
    const double left = layout.plot.left() + static_cast<double>(first) * layout.slot + 2;
    const double right = layout.plot.left() + static_cast<double>(last + 1) * layout.slot - 2;
    painter.drawPolyline(QPolygonF({{left, below - 3}, {left, below}, {right, below}, {right, below - 3}}));
  }
  painter.setPen(ink.faint);
  if (layout.titled || !data.groups.empty()) {
    QString caption = tr("index of the singular value");
    if (!data.groups.empty()) caption = tr("bracket: equal within 1 %, free up to a rotation");
    if (metrics.horizontalAdvance(caption) > layout.plot.width()) {
      caption = data.groups.empty() ? tr("index") : tr("bracket: equal within 1 %");
    }
    painter.drawText(
        QRectF(layout.plot.left(), rect.bottom() - metrics.height(), layout.plot.width(), metrics.height()),
        Qt::AlignCenter, caption);
  }
  // Legend.
  const bool words = layout.long_legend;
  const QString without =
      !words ? QStringLiteral("σ(BA)") : (data.has_t ? tr("σ(BA), without T") : tr("σ(BA); plain LoRA has no T"));
  const QString with = words ? tr("σ(BTA), with T") : QStringLiteral("σ(BTA)");
  const auto entry = [&](double right, double y, const QString& text, const QColor& colour, bool hollow) {
    const double width = metrics.horizontalAdvance(text);
    const QRectF swatch(right - width - 18, y + metrics.height() / 2 - 5, 12, 10);
    if (hollow) {
      QColor fill = colour;
      fill.setAlphaF(0.25F);
      painter.setBrush(fill);
      painter.setPen(QPen(colour, 1.2));
      painter.drawRect(swatch.adjusted(0.5, 0.5, -0.5, -0.5));
    } else {
      painter.fillRect(swatch, colour);
    }
    painter.setPen(ink.text);
    painter.drawText(QRectF(right - width, y, width + 2, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, text);
    return right - width - 34;
  };
  const double right = layout.plot.right();
  if (!data.has_t) {
    entry(right, rect.top(), without, ink.after, false);
  } else {
    const double rest = entry(right, rect.top(), with, ink.after, false);
    entry(rest, rect.top(), without, ink.before, true);
  }
  painter.restore();
}

void SpectraPicture::draw(QPainter& painter, const QRectF& rect) const { paint(painter, rect, data_, ink()); }

QString SpectraPicture::readout(const QPointF& point) const {
  if (data_.sigma_ba.empty()) return {};
  const Layout layout = layoutOf(rect(), data_, ink());
  const double slot = (point.x() - layout.plot.left()) / layout.slot;
  if (slot < 0 || slot >= static_cast<double>(data_.sigma_ba.size()) || !rect().contains(point.toPoint())) return {};
  const auto k = static_cast<size_t>(slot);
  QString text = tr("direction %1\nσ(BA) = %2").arg(k + 1).arg(numberText(data_.sigma_ba[k], 4));
  if (data_.has_t && k < data_.sigma_bta.size()) {
    text += tr("\nσ(BTA) = %1").arg(numberText(data_.sigma_bta[k], 4));
  }
  for (const auto& [first, last] : data_.groups) {
    if (k >= first && k <= last) {
      text += tr("\nσ(BA) %1 to %2 are equal within 1 %: their directions are free up to a rotation")
                  .arg(first + 1)
                  .arg(last + 1);
    }
  }
  return text;
}

QString SpectraPicture::csv() const {
  if (data_.sigma_ba.empty()) return {};
  QString text = QStringLiteral("index,sigma_ba,sigma_bta\n");
  for (size_t k = 0; k < data_.sigma_ba.size(); ++k) {
    text += QStringLiteral("%1,%2,%3\n")
                .arg(k + 1)
                .arg(data_.sigma_ba[k], 0, 'g', 9)
                .arg(k < data_.sigma_bta.size() ? data_.sigma_bta[k] : data_.sigma_ba[k], 0, 'g', 9);
  }
  return text;
}

}  // namespace mtlora::ui
