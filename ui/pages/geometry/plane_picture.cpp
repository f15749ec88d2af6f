#include "plane_picture.h"

#include <QFontMetricsF>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

namespace mtlora::ui {

namespace {

constexpr double degrees = 180 / M_PI;

// Where the circle's centre lies and how long a unit vector is, in px; `words` is the room for the lines under it.
struct Layout {
  QRectF picture, words;
  QPointF centre;
  double unit = 1;
  QPointF at(double x, double y) const { return centre + QPointF(x * unit, -y * unit); }
};

Layout layoutOf(const QRectF& rect, double extent, const Ink& ink) {
  Layout layout;
  const double line = QFontMetricsF(ink.font).height() + 3;
  layout.words = QRectF(rect.left() + 4, rect.bottom() - 3 * line - 2, rect.width() - 8, 3 * line);
  layout.picture = QRectF(rect.left(), rect.top(), rect.width(), rect.height() - 3 * line - 6);
  layout.centre = layout.picture.center();
  layout.unit = std::min(layout.picture.width(), layout.picture.height()) / 2 / extent;
  return layout;
}

// Radius of rings: a round step that gives few of them; 1 is always one.
double ringStep(double extent) {
  const std::vector<double> ticks = roundTicks(0, extent, 4);
  return ticks.size() > 1 ? ticks[1] : 1;
}

QString name(size_t index) { return QStringLiteral("u") + subscript(index + 1); }

void paintGrid(QPainter& painter, const Layout& layout, double extent, const Ink& ink) {
  const QFontMetricsF metrics(ink.small);
  painter.save();
  painter.setClipRect(layout.picture);
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(ink.grid, 1));
  const double reach = std::max(layout.picture.width(), layout.picture.height()) / 2 / layout.unit;
  painter.drawLine(layout.at(-reach, 0), layout.at(reach, 0));
  painter.drawLine(layout.at(0, -reach), layout.at(0, reach));
  const double step = ringStep(extent);
  painter.setFont(ink.small);
  const double diagonal = std::sqrt(0.5);
  const auto label = [&](double radius, const QColor& colour) {
    const QString text = tickText(radius);
    const QPointF point = layout.at(-diagonal * radius, -diagonal * radius);
    const QSizeF size(metrics.horizontalAdvance(text) + 4, metrics.height() - 2);
    const QRectF box(point - QPointF(size.width() / 2, size.height() / 2), size);
    if (!layout.picture.contains(box)) return;
    painter.fillRect(box, ink.base);
    painter.setPen(colour);
    painter.drawText(box, Qt::AlignCenter, text);
  };
  for (double radius = step; radius <= extent * 1.02; radius += step) {
    if (std::abs(radius - 1) < 0.02 * step) continue;
    painter.setPen(QPen(ink.grid, 1));
    painter.drawEllipse(layout.centre, radius * layout.unit, radius * layout.unit);
    if (std::abs(radius - 1) * layout.unit > metrics.height() * 1.6 && radius * layout.unit > metrics.height() * 1.5) {
      label(radius, ink.axis);
    }
  }
  painter.setPen(QPen(ink.faint, 1.4, Qt::DashLine));
  painter.setBrush(Qt::NoBrush);
  painter.drawEllipse(layout.centre, layout.unit, layout.unit);
  label(1, ink.faint);
  painter.restore();
}

void paintImage(QPainter& painter, const Layout& layout, const PlaneData& data, const Ink& ink) {
  const Matrix& k2 = data.view.k2;
  const auto image = [&](double angle) {
    const double x = std::cos(angle), y = std::sin(angle);
    return layout.at(k2(0, 0) * x + k2(0, 1) * y, k2(1, 0) * x + k2(1, 1) * y);
  };
  painter.save();
  painter.setClipRect(layout.picture);
  // Where points of the circle go: an ellipse alone does not tell how far it is turned.
  QColor thread = ink.after;
  thread.setAlphaF(0.35F);
  painter.setPen(QPen(thread, 0.8));
  for (int k = 0; k < 24; ++k) {
    const double angle = 2 * M_PI * k / 24;
    painter.drawLine(layout.at(std::cos(angle), std::sin(angle)), image(angle));
  }
  painter.translate(layout.centre);
  painter.rotate(-data.view.angle_degrees);
  QColor fill = ink.after;
  fill.setAlphaF(0.13F);
  painter.setBrush(fill);
  painter.setPen(QPen(ink.after, 2));
  const double major = data.view.semi_major * layout.unit, minor = data.view.semi_minor * layout.unit;
  painter.drawEllipse(QPointF(0, 0), major, minor);
  painter.setPen(QPen(mixed(ink.after, ink.base, 0.35), 1, Qt::DotLine));
  painter.drawLine(QPointF(-major, 0), QPointF(major, 0));
  painter.drawLine(QPointF(0, -minor), QPointF(0, minor));
  painter.restore();
  painter.save();
  painter.setPen(Qt::NoPen);
  painter.setClipRect(layout.picture);
  for (int k = 0; k < 24; ++k) {
    const double angle = 2 * M_PI * k / 24;
    painter.setBrush(ink.axis);
    painter.drawEllipse(layout.at(std::cos(angle), std::sin(angle)), 1.6, 1.6);
    painter.setBrush(ink.after);
    painter.drawEllipse(image(angle), 2, 2);
  }
  painter.restore();
}

// The sector from a direction to where it goes.
void paintTurn(QPainter& painter, const Layout& layout, double from, double to, double radius, const QColor& colour) {
  const double span = std::remainder(to - from, 360.0);
  if (std::abs(span) < 1) return;
  const double size = radius * layout.unit;
  const QRectF box(layout.centre - QPointF(size, size), QSizeF(2 * size, 2 * size));
  painter.save();
  QColor fill = colour;
  fill.setAlphaF(0.16F);
  painter.setBrush(fill);
  painter.setPen(Qt::NoPen);
  painter.drawPie(box, static_cast<int>(from * 16), static_cast<int>(span * 16));
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(colour, 1.2));
  painter.drawArc(box, static_cast<int>(from * 16), static_cast<int>(span * 16));
  painter.restore();
}

void paintLabel(QPainter& painter, const QRectF& rect, const QString& text, const QColor& colour, const Ink& ink) {
  QColor halo = ink.base;
  halo.setAlphaF(0.8F);
  painter.setPen(Qt::NoPen);
  painter.setBrush(halo);
  painter.drawRoundedRect(rect, 3, 3);
  painter.setPen(colour);
  painter.drawText(rect, Qt::AlignCenter, text);
}

}  // namespace

double PlaneData::extent() const {
  // Circle, ellipse and arrows with room for their labels, in steps so that the picture does not breathe all the time.
  const double needed = std::max(1.0, view.semi_major) * 1.22;
  const double step = std::pow(10.0, std::floor(std::log10(needed))) / 4;
  return std::ceil(needed / step) * step;
}

PlaneData between(const PlaneData& from, const PlaneData& to, double share) {
  if (share >= 1 || from.view.k2.empty() || from.track_i != to.track_i || from.track_j != to.track_j) return to;
  const auto mix = [share](double a, double b) { return a + (b - a) * share; };
  Matrix k2(2, 2);
  for (size_t n = 0; n < 4; ++n) k2.values[n] = mix(from.view.k2.values[n], to.view.k2.values[n]);
  PlaneData data = to;
  data.view = plane_view(k2, 0, 1);
  data.view.leaves_i = mix(from.view.leaves_i, to.view.leaves_i);
  data.view.leaves_j = mix(from.view.leaves_j, to.view.leaves_j);
  return data;
}

QString directionText(const PlaneData& data, bool second, bool brief) {
  const double* image = second ? data.view.image_j : data.view.image_i;
  const double leaves = second ? data.view.leaves_j : data.view.leaves_i;
  const double length = std::hypot(image[0], image[1]);
  const QString start = name(second ? data.j : data.i) + QStringLiteral(" → K ") + name(second ? data.j : data.i);
  const double turn = std::remainder(std::atan2(image[1], image[0]) * degrees - (second ? 90 : 0), 360.0);
  const QString sense = std::abs(turn) < 0.05 ? QString() : (turn > 0 ? QStringLiteral(" ↺") : QStringLiteral(" ↻"));
  const QString angle = QLocale().toString(std::abs(turn), 'f', 1);
  if (brief) {
    return PlanePicture::tr("K %1:  %2°%3,  × %4,  %5 out of plane")
        .arg(name(second ? data.j : data.i), angle, sense, numberText(length), percentText(leaves));
  }
  return PlanePicture::tr("%1:  turned %2°%3,  length × %4,  %5 leaves the plane")
      .arg(start, angle, sense, numberText(length), percentText(leaves));
}

PlanePicture::PlanePicture(QWidget* parent) : Picture(tr("K in a plane"), parent) {
  setZoomable();
  animation_.setStartValue(0.0);
  animation_.setEndValue(1.0);
  animation_.setEasingCurve(QEasingCurve::InOutQuad);
  connect(&animation_, &QVariantAnimation::valueChanged, this, [this](const QVariant& value) {
    const double share = value.toDouble();
    shown_ = between(from_, target_, share);
    extent_ = extent_from_ + (target_.extent() - extent_from_) * share;
    update();
  });
}

void PlanePicture::setData(const PlaneData& data, int duration) {
  animation_.stop();
  from_ = shown_;
  extent_from_ = extent_;
  target_ = data;
  setAccessibleDescription(directionText(data, false) + QStringLiteral("; ") + directionText(data, true));
  if (duration > 0 && !from_.view.k2.empty() && from_.track_i == data.track_i && from_.track_j == data.track_j &&
      isVisible()) {
    animation_.setDuration(duration);
    animation_.start();
  } else {
    shown_ = target_;
    extent_ = target_.extent();
    update();
  }
}

void PlanePicture::paint(QPainter& painter, const QRectF& rect, const PlaneData& data, double extent, const Ink& ink) {
  if (data.view.k2.empty()) return;
  const Layout layout = layoutOf(rect, extent, ink);
  paintGrid(painter, layout, extent, ink);
  paintImage(painter, layout, data, ink);

  const double* image_i = data.view.image_i;
  const double* image_j = data.view.image_j;
  painter.save();
  painter.setClipRect(layout.picture);
  const double sector =
      std::min({0.3, std::hypot(image_i[0], image_i[1]) * 0.7, std::hypot(image_j[0], image_j[1]) * 0.7});
  paintTurn(painter, layout, 0, std::atan2(image_i[1], image_i[0]) * degrees, std::max(0.12, sector), ink.first);
  paintTurn(painter, layout, 90, std::atan2(image_j[1], image_j[0]) * degrees, std::max(0.12, sector) * 0.8,
            ink.second);
  const QPointF ends[] = {layout.at(1, 0), layout.at(0, 1), layout.at(image_i[0], image_i[1]),
                          layout.at(image_j[0], image_j[1])};
  const QColor pale_first = mixed(ink.first, ink.base, 0.4), pale_second = mixed(ink.second, ink.base, 0.4);
  paintArrow(painter, layout.centre, ends[0], pale_first, 1.6);
  paintArrow(painter, layout.centre, ends[1], pale_second, 1.6);
  paintArrow(painter, layout.centre, ends[2], ink.first, 3);
  paintArrow(painter, layout.centre, ends[3], ink.second, 3);

  LabelPlacer placer(layout.picture);
  for (const QPointF& end : ends) {  // labels lie beside the arrows, not on them
    const QPointF along = end - layout.centre;
    const int parts = std::max(1, static_cast<int>(std::hypot(along.x(), along.y()) / 6));
    for (int k = 1; k <= parts; ++k) {
      placer.keepFree(QRectF(layout.centre + along * (static_cast<double>(k) / parts) - QPointF(3, 3), QSizeF(6, 6)));
    }
  }
  QFont bold = ink.font;
  bold.setWeight(QFont::DemiBold);
  const QString texts[] = {name(data.i), name(data.j), QStringLiteral("K ") + name(data.i),
                           QStringLiteral("K ") + name(data.j)};
  const QColor colours[] = {mixed(ink.first, ink.base, 0.15), mixed(ink.second, ink.base, 0.15), ink.first, ink.second};
  for (const int k : {2, 3, 0, 1}) {
    painter.setFont(k < 2 ? ink.font : bold);
    const QPointF away = ends[k] - layout.centre;
    const QRectF place = placer.place(ends[k], texts[k], painter.font(), away.isNull() ? QPointF(1, -1) : away, 5);
    paintLabel(painter, place, texts[k], colours[k], ink);
  }
  painter.restore();

  // What the picture says, in words and numbers.
  painter.save();
  painter.setFont(ink.font);
  const QFontMetricsF metrics(ink.font);
  const double line = metrics.height() + 3;
  const double width = layout.words.width() - 22;
  bool brief = false;
  for (const bool second : {false, true}) {
    brief = brief || metrics.horizontalAdvance(directionText(data, second)) > width;
  }
  const QString ellipse =
      data.same_group ? (brief ? tr("equal σ within 1 %: free up to a rotation")
                               : tr("These two are free up to a rotation: equal σ within 1 %"))
                      : (brief ? tr("lengths × %1 to × %2") : tr("In this plane lengths change by × %1 to × %2"))
                            .arg(numberText(data.view.semi_minor), numberText(data.view.semi_major));
  const QString lines[] = {directionText(data, false, brief), directionText(data, true, brief), ellipse};
  const QColor marks[] = {ink.first, ink.second, ink.after};
  for (int k = 0; k < 3; ++k) {
    const double y = layout.words.top() + line * k;
    painter.setPen(Qt::NoPen);
    painter.setBrush(marks[k]);
    painter.drawRoundedRect(QRectF(layout.words.left(), y + line / 2 - 2, 14, 4), 2, 2);
    painter.setPen(ink.text);
    painter.drawText(QRectF(layout.words.left() + 22, y, width, line), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(lines[k], Qt::ElideRight, width));
  }
  painter.restore();
}

void PlanePicture::draw(QPainter& painter, const QRectF& rect) const {
  if (!shown_.view.k2.empty()) paint(painter, rect, shown_, extent_ / zoom(), ink());
}

QString PlanePicture::readout(const QPointF& point) const {
  if (shown_.view.k2.empty()) return {};
  const Layout layout = layoutOf(rect(), extent_ / zoom(), ink());
  if (layout.words.contains(point)) {
    return directionText(target_, false) + QLatin1Char('\n') + directionText(target_, true);
  }
  const QPointF d = (point - layout.centre) / layout.unit;
  const double x = d.x(), y = -d.y();
  if (std::hypot(x, y) > extent_ / zoom()) return {};
  return tr("%1 %2, %3 %4\nlength %5, angle %6°")
      .arg(name(target_.i), numberText(x), name(target_.j), numberText(y), numberText(std::hypot(x, y)),
           QLocale().toString(std::atan2(y, x) * degrees, 'f', 0));
}

QString PlanePicture::csv() const {
  if (target_.view.k2.empty()) return {};
  QString text = QStringLiteral("direction,image_i,image_j,leaves_plane\n");
  const auto row = [&text](size_t index, const double* image, double leaves) {
    text += QStringLiteral("%1,%2,%3,%4\n")
                .arg(index + 1)
                .arg(image[0], 0, 'g', 9)
                .arg(image[1], 0, 'g', 9)
                .arg(leaves, 0, 'g', 6);
  };
  row(target_.i, target_.view.image_i, target_.view.leaves_i);
  row(target_.j, target_.view.image_j, target_.view.leaves_j);
  return text;
}

}  // namespace mtlora::ui
