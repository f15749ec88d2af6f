#include "time_bar.h"

#include <QFontMetricsF>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <limits>

#include "ink.h"
#include "style/theme.h"

namespace mtlora::ui {

Timeline::Timeline(QWidget* parent) : QAbstractSlider(parent) {
  setOrientation(Qt::Horizontal);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("Recorded step"));
  setRange(0, 0);
  setPageStep(10);
  setCursor(Qt::PointingHandCursor);
}

void Timeline::setSteps(const std::vector<int64_t>& steps) {
  steps_ = steps;
  setRange(0, std::max(0, static_cast<int>(steps.size()) - 1));
  update();
}

void Timeline::setCurve(std::vector<double> values, bool logarithmic, const QString& name, const QString& method) {
  values_ = std::move(values);
  logarithmic_ = logarithmic;
  name_ = name;
  method_ = method;
  update();
}

QRectF Timeline::plot() const {
  const double labels = QFontMetricsF(Ink::of(palette(), font(), method_).small).height();
  return QRectF(rect()).adjusted(10, 3, -10, -labels - 6);
}

double Timeline::x(int index) const {
  const QRectF area = plot();
  if (maximum() == 0) return area.center().x();
  return area.left() + area.width() * index / maximum();
}

int Timeline::indexAt(double position) const {
  const QRectF area = plot();
  return std::clamp(static_cast<int>(std::lround((position - area.left()) / area.width() * maximum())), 0, maximum());
}

void Timeline::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Ink ink = Ink::of(palette(), font(), method_);
  const QFontMetricsF metrics(ink.small);
  const QRectF area = plot();
  painter.setPen(Qt::NoPen);
  painter.setBrush(ink.base);
  painter.drawRoundedRect(area.adjusted(-8, -2, 8, 2), 4, 4);
  painter.setPen(QPen(ink.axis, 1));
  painter.drawLine(area.bottomLeft(), area.bottomRight());
  if (steps_.empty()) return;

  double low = std::numeric_limits<double>::infinity(), high = -low;
  const auto scaled = [this](double value) { return logarithmic_ ? std::log(value) : value; };
  for (const double value : values_) {
    if (!std::isfinite(scaled(value))) continue;
    low = std::min(low, scaled(value));
    high = std::max(high, scaled(value));
  }
  const auto y = [&](double value) {
    const double t = high > low ? (scaled(value) - low) / (high - low) : 0.5;
    return area.bottom() - 3 - t * (area.height() - 8);
  };
  QPainterPath curve;
  bool broken = true;
  for (size_t k = 0; k < values_.size() && k < steps_.size(); ++k) {
    if (!std::isfinite(scaled(values_[k]))) {
      broken = true;
      continue;
    }
    const QPointF point(x(static_cast<int>(k)), y(values_[k]));
    broken ? curve.moveTo(point) : curve.lineTo(point);
    broken = false;
  }
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(mixed(ink.after, ink.base, 0.25), 1.6));
  painter.drawPath(curve);
  painter.setFont(ink.small);
  // Ticks at the recorded steps while they stand apart.
  if (maximum() > 0 && area.width() / maximum() >= 4) {
    painter.setPen(QPen(ink.axis, 1));
    for (int k = 0; k <= maximum(); ++k)
      painter.drawLine(QPointF(x(k), area.bottom()), QPointF(x(k), area.bottom() + 2));
  }
  // The playhead, and under it the step.
  const double at = x(value());
  painter.setPen(QPen(ink.text, 1.5));
  painter.drawLine(QPointF(at, area.top() - 1), QPointF(at, area.bottom()));
  painter.setBrush(hasFocus() ? accent() : ink.text);
  painter.setPen(QPen(ink.base, 1.5));
  painter.drawEllipse(QPointF(at, area.bottom()), 5.5, 5.5);
  const auto index = static_cast<size_t>(value());
  if (index < values_.size() && std::isfinite(scaled(values_[index]))) {
    painter.setBrush(ink.after);
    painter.drawEllipse(QPointF(at, y(values_[index])), 3.5, 3.5);
  }
  const QLocale locale;
  const auto label = [&](double middle, const QString& text, const QColor& colour) {
    const double width = metrics.horizontalAdvance(text);
    const double left = std::clamp(middle - width / 2, 0.0, this->width() - width);
    painter.setPen(colour);
    painter.drawText(QPointF(left, height() - metrics.descent()), text);
    return QRectF(left - 8, 0, width + 16, 1);
  };
  const QRectF current =
      label(at, locale.toString(static_cast<qlonglong>(steps_[std::min(index, steps_.size() - 1)])), ink.text);
  for (const int end : {0, maximum()}) {
    const QString text = locale.toString(static_cast<qlonglong>(steps_[static_cast<size_t>(end)]));
    const double width = metrics.horizontalAdvance(text);
    const double left = std::clamp(x(end) - width / 2, 0.0, this->width() - width);
    if (!current.intersects(QRectF(left, 0, width, 1))) label(x(end), text, ink.faint);
  }
  // What the curve is, on the side where the curve is lower.
  const double width = metrics.horizontalAdvance(name_);
  if (width < area.width() * 0.6 && !curve.isEmpty()) {
    QColor halo = ink.base;
    halo.setAlphaF(0.75F);
    const QRectF left(area.left(), area.top(), width + 6, metrics.height()),
        right(area.right() - width - 14, area.top(), width + 6, metrics.height());
    const QRectF place = curve.intersects(left) && !curve.intersects(right) ? right : left;
    painter.fillRect(place, halo);
    painter.setPen(ink.faint);
    painter.drawText(place, Qt::AlignCenter, name_);
  }
}

void Timeline::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  setSliderDown(true);
  setValue(indexAt(event->position().x()));
}

void Timeline::mouseMoveEvent(QMouseEvent* event) {
  if (isSliderDown()) setValue(indexAt(event->position().x()));
}

void Timeline::mouseReleaseEvent(QMouseEvent*) { setSliderDown(false); }

TimeBar::TimeBar(QWidget* parent) : QWidget(parent) {
  timeline_ = new Timeline(this);
  const auto button = [this](const QString& icon, const QString& name) {
    auto* tool = new QToolButton(this);
    tool->setIcon(lineIcon(icon));
    tool->setAutoRaise(true);
    tool->setToolTip(name);
    tool->setAccessibleName(name);
    return tool;
  };
  back_ = button(QStringLiteral("step-back"), tr("One recorded step back"));
  play_ = button(QStringLiteral("play"), tr("Play through the recorded steps"));
  play_->setCheckable(true);
  forward_ = button(QStringLiteral("step-forward"), tr("One recorded step forward"));
  follow_ = button(QStringLiteral("follow"), tr("Follow"));
  follow_->setObjectName(QStringLiteral("follow"));
  play_->setObjectName(QStringLiteral("play"));
  back_->setObjectName(QStringLiteral("back"));
  forward_->setObjectName(QStringLiteral("forward"));
  follow_->setText(tr("Follow"));
  follow_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  follow_->setCheckable(true);
  label_ = new QLabel(this);
  label_->setFont(tabularFont());
  label_->setAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(4);
  layout->addWidget(back_);
  layout->addWidget(play_);
  layout->addWidget(forward_);
  layout->addWidget(timeline_, 1);
  layout->addSpacing(4);
  layout->addWidget(label_);
  layout->addWidget(follow_);
  play_timer_.setInterval(playInterval);

  connect(back_, &QToolButton::clicked, this, [this] { step(-1); });
  connect(forward_, &QToolButton::clicked, this, [this] { step(1); });
  connect(play_, &QToolButton::toggled, this, &TimeBar::setPlaying);
  connect(follow_, &QToolButton::toggled, this, [this](bool on) {
    if (on && following()) {
      own_change_ = true;
      timeline_->setValue(timeline_->maximum());
      own_change_ = false;
    }
  });
  connect(timeline_, &QAbstractSlider::valueChanged, this, [this](int value) {
    // Who looks at an earlier step doesn't want to be taken away from it.
    if (!own_change_ && following() && value != timeline_->maximum()) follow_->setChecked(false);
    refresh();
    Q_EMIT indexChanged(value);
  });
  connect(&play_timer_, &QTimer::timeout, this, [this] {
    if (busy_) return;  // the picture comes first
    if (index() >= timeline_->maximum()) return play_->setChecked(false);
    timeline_->setValue(index() + 1);
  });
  setLive(false);
  refresh();
}

void TimeBar::setSteps(const std::vector<int64_t>& steps, int64_t total_steps) {
  own_change_ = true;
  steps_ = steps;
  total_steps_ = total_steps;
  timeline_->setSteps(steps);
  if (following()) timeline_->setValue(timeline_->maximum());
  own_change_ = false;
  refresh();
}

void TimeBar::setLive(bool live) {
  follow_->setEnabled(live);
  follow_->setToolTip(live ? tr("Follow the run: always show its last recorded step")
                           : tr("Follows a run while it lives; this one has ended"));
}

void TimeBar::setBusy(bool busy) {
  busy_ = busy;
  refresh();
}

void TimeBar::setIndex(int index) {
  own_change_ = true;
  timeline_->setValue(index);
  own_change_ = false;
}

bool TimeBar::following() const { return follow_->isEnabled() && follow_->isChecked(); }

void TimeBar::step(int by) {
  play_->setChecked(false);
  timeline_->setValue(index() + by);
}

void TimeBar::setPlaying(bool on) {
  play_->setIcon(lineIcon(on ? QStringLiteral("pause") : QStringLiteral("play")));
  play_->setToolTip(on ? tr("Stop playing") : tr("Play through the recorded steps"));
  if (!on) return play_timer_.stop();
  if (index() >= timeline_->maximum()) timeline_->setValue(0);
  play_timer_.start();
}

void TimeBar::refresh() {
  const bool any = steps_.size() > 1;
  back_->setEnabled(any && index() > 0);
  forward_->setEnabled(any && index() < timeline_->maximum());
  play_->setEnabled(any);
  timeline_->setEnabled(!steps_.empty());
  if (steps_.empty()) return label_->clear();
  const QLocale locale;
  const auto number = [&locale](int64_t value) { return locale.toString(static_cast<qlonglong>(value)); };
  const auto at = static_cast<size_t>(std::clamp<int>(index(), 0, static_cast<int>(steps_.size()) - 1));
  const int64_t total = std::max(total_steps_, steps_.back());
  const QString text = tr("step %1 of %2").arg(number(steps_[at]), number(total));
  // As wide as its longest text, so that nothing jumps while it plays.
  const QFontMetrics metrics(label_->font());
  label_->setMinimumWidth(std::max(metrics.horizontalAdvance(tr("step %1 of %2").arg(number(total), number(total))),
                                   metrics.horizontalAdvance(tr("reading…"))) +
                          4);
  label_->setText(busy_ ? tr("reading…") : text);
  timeline_->setToolTip(tr("%1 recorded steps").arg(steps_.size()));
}

}  // namespace mtlora::ui
