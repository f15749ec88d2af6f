#include "ink.h"

#include <QApplication>
#include <QFontInfo>
#include <QFontMetricsF>
#include <QLinearGradient>
#include <QLocale>
#include <QPolygonF>
#include <QTextOption>
#include <algorithm>
#include <cmath>

#include "style/theme.h"

namespace mtlora::ui {

QColor mixed(const QColor& a, const QColor& b, double share_of_b) {
  const auto mix = [share_of_b](float x, float y) { return static_cast<float>(x + (y - x) * share_of_b); };
  return QColor::fromRgbF(mix(a.redF(), b.redF()), mix(a.greenF(), b.greenF()), mix(a.blueF(), b.blueF()));
}

namespace {
// Relative luminance of WCAG 2, of which a contrast ratio is made.
double luminance(const QColor& colour) {
  const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}
}  // namespace

QColor readableOn(const QColor& background) {
  return luminance(background) > 0.179 ? QColor(20, 20, 20) : QColor(250, 250, 250);
}

Ink Ink::of(const QPalette& palette, const QFont& font, const QString& method) {
  Ink ink;
  ink.text = palette.color(QPalette::WindowText);
  ink.base = palette.color(QPalette::Base);
  const bool dark = luminance(ink.base) < 0.2;
  ink.faint = mixed(ink.text, ink.base, 0.38);
  ink.axis = mixed(ink.text, ink.base, 0.55);
  ink.grid = mixed(ink.text, ink.base, 0.86);
  ink.before = dark ? QColor(0x9a, 0xa6, 0xb4) : QColor(0x5f, 0x6b, 0x7a);
  // Unlike any method's colour.
  ink.first = dark ? QColor(0x8c, 0x9e, 0xff) : QColor(0x39, 0x49, 0xab);
  ink.second = dark ? QColor(0xf0, 0x62, 0x92) : QColor(0xc2, 0x18, 0x5b);

  ink.after = method.isEmpty() ? accent() : methodColour(method);
  ink.font = font;
  ink.font.setPixelSize(std::max(11, QFontInfo(font).pixelSize()));
  ink.small = ink.font;
  ink.small.setPixelSize(std::max(10, ink.font.pixelSize() - 2));
  return ink;
}

QString subscript(size_t number) {
  QString text = QString::number(number);
  for (QChar& c : text) c = QChar(0x2080 + c.digitValue());
  return text;
}

QString numberText(double value, int significant) {
  if (std::isnan(value)) return QStringLiteral("–");
  if (std::isinf(value)) return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
  const QLocale locale;
  if (value == 0) return locale.toString(0);
  const double size = std::abs(value);
  QString text;
  if (size >= 1e5 || size < 1e-3) {
    int exponent = static_cast<int>(std::floor(std::log10(size)));
    double mantissa = size / std::pow(10.0, exponent);
    if (mantissa >= 9.95) mantissa /= 10, ++exponent;
    static const QString digits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString power = exponent < 0 ? QStringLiteral("⁻") : QString();
    for (const QChar c : QString::number(std::abs(exponent))) power += digits.at(c.digitValue());
    text = locale.toString(mantissa, 'f', 1) + QStringLiteral("·10") + power;
  } else {
    const int whole = static_cast<int>(std::floor(std::log10(size))) + 1;
    text = locale.toString(size, 'f', std::clamp(significant - whole, 0, 5));
  }
  return value < 0 ? QStringLiteral("−") + text : text;
}

QString tickText(double value) {
  if (!std::isfinite(value) || value == 0 || std::abs(value) >= 1e5 || std::abs(value) < 1e-3) return numberText(value);
  QLocale locale;
  locale.setNumberOptions(QLocale::OmitGroupSeparator);
  QString text = locale.toString(std::abs(value), 'g', 3);
  if (std::abs(value) >= 1000) text = locale.toString(std::abs(value), 'f', 0);
  if (std::abs(value) >= 1e4) text = locale.toString(std::abs(value) / 1000, 'g', 3) + QLatin1Char('k');
  return value < 0 ? QStringLiteral("−") + text : text;
}

QString percentText(double share) {
  if (!std::isfinite(share)) return numberText(share);
  const double percent = 100 * share;
  return QLocale().toString(percent, 'f', percent > 0 && percent < 9.95 ? 1 : 0) + QStringLiteral(" %");
}

std::vector<double> roundTicks(double low, double high, int most) {
  std::vector<double> ticks;
  if (!(high > low) || most < 1) return {low};
  const double rough = (high - low) / most;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) {
      step = factor * power;
      break;
    }
  }
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k) ticks.push_back(k * step);
  return ticks;
}

std::vector<double> logTicks(double low, double high, int most) {
  std::vector<double> ticks;
  const int first = static_cast<int>(std::floor(std::log10(low) - 1e-9));
  const int last = static_cast<int>(std::ceil(std::log10(high) + 1e-9));
  const auto collect = [&](std::initializer_list<double> factors, int every) {
    ticks.clear();
    for (int exponent = first; exponent <= last; ++exponent) {
      if (exponent % every != 0) continue;
      for (const double factor : factors) {
        const double value = factor * std::pow(10.0, exponent);
        if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) ticks.push_back(value);
      }
    }
    return static_cast<int>(ticks.size()) <= most;
  };
  if (collect({1, 2, 5}, 1) && !ticks.empty()) return ticks;
  for (int every = 1; every < 400; ++every) {
    if (collect({1}, every)) break;
  }
  return ticks.empty() ? roundTicks(low, high, most) : ticks;
}

void paintSentence(QPainter& painter, const QRectF& rect, const QString& sentence, const Ink& ink) {
  painter.save();
  painter.setFont(ink.font);
  painter.setPen(ink.faint);
  const double width = std::min(rect.width() - 16, 420.0);
  const QRectF column(rect.center().x() - width / 2, rect.top() + 4, width, rect.height() - 8);
  QTextOption option(Qt::AlignCenter);
  option.setWrapMode(QTextOption::WordWrap);
  painter.drawText(column, sentence, option);
  painter.restore();
}

void paintArrow(QPainter& painter, const QPointF& from, const QPointF& to, const QColor& colour, double width) {
  const QPointF along = to - from;
  const double length = std::hypot(along.x(), along.y());
  if (!(length > 0.5)) return;
  const QPointF unit = along / length;
  const QPointF across(-unit.y(), unit.x());
  const double head = std::min(length, 5 + 2.2 * width);
  painter.save();
  painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::FlatCap));
  painter.drawLine(from, to - unit * (head * 0.8));
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawPolygon(
      QPolygonF({to, to - unit * head + across * (head * 0.42), to - unit * head - across * (head * 0.42)}));
  painter.restore();
}

void paintColourBar(QPainter& painter, const QRectF& rect, Qt::Orientation orientation,
                    const std::vector<double>& ticks, const std::function<double(double)>& position,
                    const std::function<QColor(double)>& colour, const Ink& ink) {
  const bool flat = orientation == Qt::Horizontal;
  constexpr double thickness = 10;
  const QFontMetricsF metrics(ink.small);
  const QRectF bar = flat ? QRectF(rect.left(), rect.top(), rect.width(), thickness)
                          : QRectF(rect.left(), rect.top(), thickness, rect.height());
  QLinearGradient gradient =
      flat ? QLinearGradient(bar.topLeft(), bar.topRight()) : QLinearGradient(bar.bottomLeft(), bar.topLeft());
  for (int k = 0; k <= 32; ++k) gradient.setColorAt(k / 32.0, colour(k / 32.0));
  painter.save();
  painter.fillRect(bar, gradient);
  painter.setFont(ink.small);
  // First and last tick come first; those between are left out where they would touch a label.
  std::vector<double> order(ticks);
  if (order.size() > 2) std::rotate(order.begin() + 1, order.end() - 1, order.end());
  std::vector<QRectF> labels;
  for (const double tick : order) {
    const double t = position(tick);
    if (!(t >= -1e-6 && t <= 1 + 1e-6)) continue;
    const QString text = tickText(tick);
    const double width = metrics.horizontalAdvance(text);
    const double x = bar.left() + t * bar.width(), y = bar.bottom() - t * bar.height();
    const QRectF label =
        flat ? QRectF(std::clamp(x - width / 2, rect.left(), rect.right() - width), bar.bottom() + 3, width,
                      metrics.height())
             : QRectF(bar.right() + 5,
                      std::clamp(y - metrics.height() / 2, rect.top() - 2, rect.bottom() + 2 - metrics.height()), width,
                      metrics.height());
    const QRectF around = label.adjusted(-4, 0, 4, 0);
    if (std::any_of(labels.begin(), labels.end(), [&](const QRectF& other) { return other.intersects(around); }))
      continue;
    labels.push_back(around);
    painter.setPen(ink.axis);
    painter.drawLine(flat ? QPointF(x, bar.bottom()) : QPointF(bar.right(), y),
                     flat ? QPointF(x, bar.bottom() + 3) : QPointF(bar.right() + 3, y));
    painter.setPen(ink.faint);
    painter.drawText(label, Qt::AlignLeft | Qt::AlignVCenter, text);
  }
  painter.restore();
}

QRectF LabelPlacer::place(const QPointF& point, const QString& text, const QFont& font, QPointF away, double distance) {
  const QFontMetricsF metrics(font);
  const QSizeF size(metrics.horizontalAdvance(text) + 4, metrics.height());
  const double start = (away.isNull()) ? -M_PI / 4 : std::atan2(away.y(), away.x());
  QRectF best;
  double least = 1e300;
  for (const double reach : {1.0, 1.8, 2.8}) {
    for (const double turn : {0.0, 0.5, -0.5, 1.0, -1.0, 1.6, -1.6, 2.3, -2.3, 3.1}) {
      const double angle = start + turn;
      // The label's centre lies so far out that its nearest edge is `distance` from the point.
      const double dx = std::cos(angle), dy = std::sin(angle);
      const QPointF centre =
          point + QPointF(dx * (distance * reach + size.width() / 2), dy * (distance * reach + size.height() / 2));
      const QRectF rect(centre.x() - size.width() / 2, centre.y() - size.height() / 2, size.width(), size.height());
      double cost = 0;
      for (const QRectF& other : taken_) {
        const QRectF common = rect & other;
        if (!common.isEmpty()) cost += common.width() * common.height();
      }
      if (!bounds_.contains(rect)) cost += size.width() * size.height();
      if (cost < least) {
        least = cost;
        best = rect;
      }
      if (cost == 0) {
        taken_.push_back(rect);
        return rect;
      }
    }
  }
  taken_.push_back(best);
  return best;
}

}  // namespace mtlora::ui
