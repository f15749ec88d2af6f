#include "plot_ticks.h"

#include <cmath>

namespace mtlora::ui {

namespace {

// The least of 1, 2, 5 × 10^n that leaves at most `most` multiples in the range.
double roundStep(const QCPRange& range, int most) {
  double magnitude = std::pow(10.0, std::floor(std::log10(range.size() / (most + 1))));
  for (;; magnitude *= 10)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double step = factor * magnitude;
      if (std::floor(range.upper / step) - std::ceil(range.lower / step) + 1 <= most) return step;
    }
}

}  // namespace

double Ticker::getTickStep(const QCPRange& range) {
  step_ = range.size() > 0 ? roundStep(range, most_) : 1;
  return step_;
}

QString Ticker::getTickLabel(double tick, const QLocale& locale, QChar, int) {
  if (std::abs(tick) < step_ * 1e-6) return locale.toString(0);
  const double largest = std::abs(tick);
  const auto decimals = [&](double unit) {
    return std::max(0, static_cast<int>(std::ceil(-std::log10(step_ / unit) - 1e-9)));
  };
  if (largest >= 1e6 && step_ >= 1e3) return locale.toString(tick / 1e6, 'f', decimals(1e6)) + QStringLiteral("M");
  if (largest >= 1e4 && step_ >= 10) return locale.toString(tick / 1e3, 'f', decimals(1e3)) + QStringLiteral("k");
  if (step_ < 1e-4) return locale.toString(tick, 'g', 3);
  return locale.toString(tick, 'f', decimals(1));
}

QVector<double> LogTicker::createTickVector(double, const QCPRange& range) {
  QVector<double> ticks;
  plain_ = false;
  if (range.lower <= 0 || range.upper <= range.lower) return ticks;
  const int first = static_cast<int>(std::floor(std::log10(range.lower)));
  const int last = static_cast<int>(std::ceil(std::log10(range.upper)));
  const auto add = [&](std::initializer_list<double> factors, int stride) {
    ticks.clear();
    for (int decade = first; decade <= last; decade += stride)
      for (const double factor : factors) {
        const double tick = factor * std::pow(10.0, decade);
        if (tick >= range.lower * (1 - 1e-9) && tick <= range.upper * (1 + 1e-9)) ticks.append(tick);
      }
  };
  add({1, 2, 5}, 1);
  if (ticks.size() > most_) add({1}, 1);
  for (int stride = 2; ticks.size() > most_; ++stride) add({1}, stride);
  if (ticks.size() < 3) {
    plain_ = true;
    ticks.clear();
    const double step = Ticker::getTickStep(range);
    for (double tick = std::ceil(range.lower / step) * step; tick <= range.upper; tick += step)
      if (tick > 0) ticks.append(tick);
  }
  return ticks;
}

QString LogTicker::getTickLabel(double tick, const QLocale& locale, QChar format, int precision) {
  if (plain_) return Ticker::getTickLabel(tick, locale, format, precision);
  if (tick >= 1e4 || tick < 1e-3) {
    const int exponent = static_cast<int>(std::floor(std::log10(tick) + 1e-9));
    return QStringLiteral("%1e%2").arg(locale.toString(std::round(tick / std::pow(10.0, exponent)))).arg(exponent);
  }
  return locale.toString(tick, 'g', 3);
}

}  // namespace mtlora::ui
