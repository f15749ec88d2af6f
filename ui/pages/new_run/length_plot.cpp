#include "length_plot.h"

#include <algorithm>
#include <cmath>

#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

constexpr int grip = 8;            // px on either side of the line
constexpr int bars = 48;           // at most, about
constexpr int64_t least = 2;       // tokens: what the setting takes
constexpr int typingPause = 700;   // ms after the last key
constexpr int64_t largeStep = 16;  // tokens, by page up and down

// 1, 2, 5, 10, ... tokens a bar
int64_t barWidth(double range) {
  for (int64_t ten = 1;; ten *= 10)
    for (const int64_t step : {1, 2, 5})
      if (range / static_cast<double>(step * ten) <= bars) return step * ten;
}

}  // namespace

LengthPlot::LengthPlot(QWidget* parent) : Plot(parent) {
  setObjectName("lengths");
  setInteractions(QCP::iNone);  // the wheel scrolls the page, a drag moves the line
  setFocusPolicy(Qt::StrongFocus);
  setLegend(false);
  setAxisTitles(tr("Tokens"), tr("Examples"));
  setAccessibleName(tr("Lengths of the examples, and the limit: arrow keys move it"));
  whole_ = new QCPBars(xAxis, yAxis);
  cut_ = new QCPBars(xAxis, yAxis);
  whole_->setName(tr("fit whole"));
  cut_->setName(tr("longer than the limit"));
  cut_->moveAbove(whole_);
  line_ = new QCPItemStraightLine(this);
  label_ = new QCPItemText(this);
  label_->position->setTypeX(QCPItemPosition::ptPlotCoords);
  label_->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
  label_->setClipToAxisRect(false);
  typing_.setSingleShot(true);
  typing_.setInterval(typingPause);
  connect(yAxis, &QCPAxis::scaleTypeChanged, this, &LengthPlot::draw);
  connect(&typing_, &QTimer::timeout, this, &LengthPlot::choose);
  restyle();
}

void LengthPlot::setLengths(std::vector<int32_t> lengths, int64_t limit) {
  lengths_ = std::move(lengths);
  std::sort(lengths_.begin(), lengths_.end());
  if (dragging_) return draw();  // the hand that holds the line decides
  setLimit(limit);
}

void LengthPlot::setLimit(int64_t limit) {
  limit_ = chosen_ = limit;
  // A limit far beyond the longest example would squeeze the bars: its line stands at the edge then.
  const auto longest = static_cast<double>(std::max<int64_t>(8, this->longest()));
  const auto wanted = static_cast<double>(limit);
  upper_ = std::max(longest, wanted <= 2 * longest ? wanted : longest * 1.25) * 1.04;
  draw();
}

int64_t LengthPlot::longerThan(int64_t limit) const {
  const auto least_longer = std::upper_bound(lengths_.begin(), lengths_.end(), limit,
                                             [](int64_t value, int32_t length) { return value < length; });
  return lengths_.end() - least_longer;
}

double LengthPlot::linePixel() const { return xAxis->coordToPixel(std::min(static_cast<double>(limit_), upper_)); }

void LengthPlot::draw() {
  const int64_t width = barWidth(upper_);
  QVector<double> keys, whole, cut;
  double highest = 1;
  for (int64_t begin = 0; begin <= longest(); begin += width) {
    const int64_t all = longerThan(begin - 1) - longerThan(begin + width - 1);
    const int64_t longer = std::clamp<int64_t>(longerThan(limit_) - longerThan(begin + width - 1), 0, all);
    keys << static_cast<double>(begin) + static_cast<double>(width) / 2 - 0.5;
    whole << static_cast<double>(all - longer);
    cut << static_cast<double>(longer);
    highest = std::max(highest, static_cast<double>(all));
  }
  for (QCPBars* series : {whole_, cut_}) series->setWidth(static_cast<double>(width) * 0.88);
  whole_->setData(keys, whole, true);
  cut_->setData(keys, cut, true);
  xAxis->setRange(0, upper_);
  yAxis->setRange(yAxis->scaleType() == QCPAxis::stLogarithmic ? 0.5 : 0, highest * 1.12);
  const bool beyond = static_cast<double>(limit_) > upper_;
  const double at = beyond ? upper_ : static_cast<double>(limit_) + 0.5;
  line_->point1->setCoords(at, 0);
  line_->point2->setCoords(at, 1);
  const bool left = at > upper_ * 0.6;
  const QString number = QLocale().toString(static_cast<qlonglong>(limit_));
  label_->setText(beyond ? tr("limit %1 →").arg(number) : tr("limit %1").arg(number));
  label_->setPositionAlignment(Qt::AlignTop | (left ? Qt::AlignRight : Qt::AlignLeft));
  label_->position->setCoords(at, 0);
  replot(rpQueuedReplot);
}

void LengthPlot::restyle() {
  const QColor text = palette().color(QPalette::WindowText);
  QColor fits = accent(), longer = warningColour();
  fits.setAlpha(isDark() ? 170 : 150);
  whole_->setPen(Qt::NoPen);
  whole_->setBrush(fits);
  cut_->setPen(Qt::NoPen);
  longer.setAlpha(isDark() ? 220 : 150);
  cut_->setBrush(longer);
  line_->setPen(QPen(text, hasFocus() || dragging_ ? 3 : 2));
  label_->setColor(palette().color(QPalette::Base));  // a tag on the line, to take hold of
  label_->setFont(tabularFont());
  label_->setPadding(QMargins(6, 2, 6, 2));
  label_->setBrush(text);
}

void LengthPlot::move(int64_t limit) {
  limit_ = std::max(least, limit);
  draw();
  Q_EMIT limitMoved(limit_);
}

void LengthPlot::choose() {
  typing_.stop();
  if (limit_ == chosen_) return;
  chosen_ = limit_;
  Q_EMIT limitChosen(limit_);
}

bool LengthPlot::isOnLine(const QPointF& at) const {
  const QRectF tag(label_->topLeft->pixelPosition(), label_->bottomRight->pixelPosition());
  return std::abs(at.x() - linePixel()) <= grip || tag.contains(at);
}

void LengthPlot::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !isOnLine(event->position())) return Plot::mousePressEvent(event);
  grabbed_ = event->position().x() - linePixel();
  dragging_ = true;
  restyle();
  replot(rpQueuedReplot);
}

void LengthPlot::mouseMoveEvent(QMouseEvent* event) {
  if (dragging_) {
    const double x = event->position().x();
    const double inside = std::clamp(xAxis->pixelToCoord(x - grabbed_), 0.0, upper_);
    move(std::llround(inside));
    return;
  }
  setCursor(isOnLine(event->position()) ? Qt::SplitHCursor : Qt::ArrowCursor);
}

void LengthPlot::mouseReleaseEvent(QMouseEvent* event) {
  if (!dragging_) return Plot::mouseReleaseEvent(event);
  dragging_ = false;
  restyle();
  choose();
  replot(rpQueuedReplot);
}

void LengthPlot::wheelEvent(QWheelEvent* event) { event->ignore(); }

void LengthPlot::keyPressEvent(QKeyEvent* event) {
  int64_t step = 0;
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Down: step = -1; break;
    case Qt::Key_Right:
    case Qt::Key_Up: step = 1; break;
    case Qt::Key_PageDown: step = -largeStep; break;
    case Qt::Key_PageUp: step = largeStep; break;
    case Qt::Key_Return:
    case Qt::Key_Enter: return choose();
    default: return Plot::keyPressEvent(event);
  }
  move(limit_ + step);
  typing_.start();
}

void LengthPlot::focusInEvent(QFocusEvent* event) {
  Plot::focusInEvent(event);
  restyle();
  replot(rpQueuedReplot);
}

void LengthPlot::focusOutEvent(QFocusEvent* event) {
  Plot::focusOutEvent(event);
  choose();
  restyle();
  replot(rpQueuedReplot);
}

void LengthPlot::changeEvent(QEvent* event) {
  Plot::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) restyle();
}

}  // namespace mtlora::ui
