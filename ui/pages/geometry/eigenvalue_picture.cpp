#include "eigenvalue_picture.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

namespace mtlora::ui {

namespace {

double extentOf(const std::vector<std::complex<double>>& eigenvalues) {
  double extent = 1;
  for (const auto& value : eigenvalues) extent = std::max({extent, std::abs(value.real()), std::abs(value.imag())});
  extent *= 1.18;
  const double step = std::pow(10.0, std::floor(std::log10(extent))) / 4;
  return std::ceil(extent / step) * step;
}

struct Layout {
  QRectF plot;
  QPointF centre;
  double unit = 1;
  QPointF at(const std::complex<double>& z) const { return centre + QPointF(z.real() * unit, -z.imag() * unit); }
};

Layout layoutOf(const QRectF& rect, double extent) {
  Layout layout;
  layout.plot = rect.adjusted(2, 2, -2, -2);
  layout.centre = layout.plot.center();
  layout.unit = std::min(layout.plot.width(), layout.plot.height()) / 2 / extent;
  return layout;
}

}  // namespace

EigenvaluePicture::EigenvaluePicture(QWidget* parent) : Picture(tr("Eigenvalues of T"), parent) { setZoomable(); }

void EigenvaluePicture::setData(std::vector<std::complex<double>> eigenvalues) {
  eigenvalues_ = std::move(eigenvalues);
  if (!eigenvalues_.empty()) {
    setAccessibleDescription(
        tr("%1 eigenvalues with moduli from %2 to %3")
            .arg(eigenvalues_.size())
            .arg(numberText(std::abs(eigenvalues_.back())), numberText(std::abs(eigenvalues_.front()))));
  }
  update();
}

void EigenvaluePicture::paint(QPainter& painter, const QRectF& rect,
                              const std::vector<std::complex<double>>& eigenvalues, double extent, const Ink& ink) {
  if (extent <= 0) extent = extentOf(eigenvalues);
  const Layout layout = layoutOf(rect, extent);
  const QFontMetricsF metrics(ink.small);
  painter.save();
  painter.setClipRect(layout.plot);
  painter.setFont(ink.small);
  painter.setBrush(Qt::NoBrush);
  // Axes with ticks, rings at the ticks.
  const double reach_x = layout.plot.width() / 2 / layout.unit, reach_y = layout.plot.height() / 2 / layout.unit;
  const std::vector<double> rings = roundTicks(0, std::min(reach_x, reach_y), 3);
  painter.setPen(QPen(ink.grid, 1));
  for (const double radius : rings) {
    if (radius > 0) painter.drawEllipse(layout.centre, radius * layout.unit, radius * layout.unit);
  }
  painter.setPen(QPen(ink.axis, 1));
  painter.drawLine(layout.at({-reach_x, 0}), layout.at({reach_x, 0}));
  painter.drawLine(layout.at({0, -reach_y}), layout.at({0, reach_y}));
  painter.setPen(QPen(ink.faint, 1.4, Qt::DashLine));
  painter.drawEllipse(layout.centre, layout.unit, layout.unit);
  const auto tickLabel = [&](double value) {
    const QString text = tickText(value);
    const QPointF point = layout.at({value, 0});
    painter.setPen(QPen(ink.axis, 1));
    painter.drawLine(point - QPointF(0, 3), point + QPointF(0, 3));
    // Outside the circle that passes there.
    const double width = metrics.horizontalAdvance(text);
    const double left = value > 0 ? point.x() + 5 : point.x() - 5 - width;
    painter.setPen(ink.faint);
    painter.drawText(QRectF(left, point.y() + 2, width + 2, metrics.height()), Qt::AlignLeft | Qt::AlignTop, text);
  };
  const double tick = rings.size() > 1 ? rings.back() : 1;
  const bool apart = std::abs(tick - 1) * layout.unit > 34;
  for (const double sign : {-1.0, 1.0}) {
    if (layout.unit > 24) tickLabel(sign);
    if (apart || layout.unit <= 24) tickLabel(sign * tick);
  }
  painter.setPen(ink.faint);
  painter.drawText(layout.plot.adjusted(2, 2, -2, -2), Qt::AlignLeft | Qt::AlignTop, tr("dashed: |λ| = 1"));
  painter.drawText(QRectF(layout.plot.right() - 42, layout.centre.y() - metrics.height() - 2, 40, metrics.height()),
                   Qt::AlignRight | Qt::AlignVCenter, tr("Re λ"));
  painter.drawText(QRectF(layout.centre.x() + 5, layout.plot.top(), 60, metrics.height()),
                   Qt::AlignLeft | Qt::AlignVCenter, tr("Im λ"));
  // A line from 0 shows argument (rotation) and modulus (scale) of each.
  const double size = eigenvalues.size() > 24 ? 3 : 4.5;
  QColor ray = ink.after;
  ray.setAlphaF(eigenvalues.size() > 24 ? 0.18F : 0.35F);
  painter.setPen(QPen(ray, 1));
  for (const auto& value : eigenvalues) painter.drawLine(layout.centre, layout.at(value));
  for (const auto& value : eigenvalues) {
    painter.setPen(QPen(ink.base, 1.2));
    painter.setBrush(ink.after);
    painter.drawEllipse(layout.at(value), size, size);
  }
  painter.restore();
}

void EigenvaluePicture::draw(QPainter& painter, const QRectF& rect) const {
  paint(painter, rect, eigenvalues_, extentOf(eigenvalues_) / zoom(), ink());
}

QString EigenvaluePicture::readout(const QPointF& point) const {
  const Layout layout = layoutOf(rect(), extentOf(eigenvalues_) / zoom());
  const std::complex<double>* nearest = nullptr;
  double least = 10;  // px
  for (const auto& value : eigenvalues_) {
    const QPointF d = layout.at(value) - point;
    const double distance = std::hypot(d.x(), d.y());
    if (distance < least) {
      least = distance;
      nearest = &value;
    }
  }
  if (!nearest) return {};
  const QString sign = nearest->imag() < 0 ? QStringLiteral(" − ") : QStringLiteral(" + ");
  return tr("λ = %1%2%3 i\nscale |λ| = %4\nrotation arg λ = %5°")
      .arg(numberText(nearest->real()), sign, numberText(std::abs(nearest->imag())), numberText(std::abs(*nearest)),
           QLocale().toString(std::arg(*nearest) * 180 / M_PI, 'f', 1));
}

QString EigenvaluePicture::csv() const {
  if (eigenvalues_.empty()) return {};
  QString text = QStringLiteral("real,imaginary,modulus,argument_degrees\n");
  for (const auto& value : eigenvalues_) {
    text += QStringLiteral("%1,%2,%3,%4\n")
                .arg(value.real(), 0, 'g', 9)
                .arg(value.imag(), 0, 'g', 9)
                .arg(std::abs(value), 0, 'g', 9)
                .arg(std::arg(value) * 180 / M_PI, 0, 'g', 9);
  }
  return text;
}

}  // namespace mtlora::ui
