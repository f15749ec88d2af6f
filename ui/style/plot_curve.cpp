#include "plot_curve.h"

#include <algorithm>
#include <cmath>

namespace mtlora::ui {

namespace {

constexpr int blockSize = 256;  // points
constexpr int sampleCount = 16;
constexpr int markSize = 7;  // px

}  // namespace

// ---- Curve ----------------------------------------------------------------------------------------------------------

Curve::Curve(QCPAxis* x, QCPAxis* y) : QCPGraph(x, y) {
  setSelectable(QCP::stNone);
  setAntialiased(true);
}

bool Curve::drawable(double value) const {
  return std::isfinite(value) && (value > 0 || mValueAxis->scaleType() != QCPAxis::stLogarithmic);
}

Curve::Block Curve::summarise(int first, int last) const {
  Block block;
  const auto points = mDataContainer->constBegin();
  for (int i = first; i < last; ++i) {
    const double value = (points + i)->value;
    if (!std::isfinite(value)) {
      if (block.broken < 0) block.broken = i;
      continue;
    }
    if (block.lowest < 0 || value < (points + block.lowest)->value) block.lowest = i;
    if (block.highest < 0 || value > (points + block.highest)->value) block.highest = i;
    if (value > 0 && (block.lowestPositive == 0 || value < block.lowestPositive)) block.lowestPositive = value;
  }
  return block;
}

void Curve::updateBlocks() const {
  const int count = mDataContainer->size();
  const auto points = mDataContainer->constBegin();
  const int covered = static_cast<int>(blocks_.size()) * blockSize;
  bool same = covered <= count;
  for (int i = 0; same && i < samples_.size(); ++i) {
    const QCPGraphData& now = *(points + static_cast<int>(static_cast<qint64>(covered - 1) * i / (sampleCount - 1)));
    same = now.key == samples_[i].key &&
           (now.value == samples_[i].value || (std::isnan(now.value) && std::isnan(samples_[i].value)));
  }
  if (!same) blocks_.clear();
  const auto wanted = static_cast<size_t>(count / blockSize);
  if (blocks_.size() == wanted) return;
  while (blocks_.size() < wanted) {
    const int first = static_cast<int>(blocks_.size()) * blockSize;
    blocks_.push_back(summarise(first, first + blockSize));
  }
  samples_.clear();
  for (int i = 0; i < sampleCount && wanted > 0; ++i)
    samples_.append(
        *(points + static_cast<int>((static_cast<qint64>(wanted) * blockSize - 1) * i / (sampleCount - 1))));
}

Curve::Block Curve::over(int first, int last) const {
  const auto points = mDataContainer->constBegin();
  Block all;
  const auto take = [&](const Block& block) {
    if (block.broken >= 0 && all.broken < 0) all.broken = block.broken;
    if (block.lowest < 0) return;
    if (all.lowest < 0 || (points + block.lowest)->value < (points + all.lowest)->value) all.lowest = block.lowest;
    if (all.highest < 0 || (points + block.highest)->value > (points + all.highest)->value) all.highest = block.highest;
    if (block.lowestPositive > 0 && (all.lowestPositive == 0 || block.lowestPositive < all.lowestPositive))
      all.lowestPositive = block.lowestPositive;
  };
  const int firstBlock = (first + blockSize - 1) / blockSize;
  const int lastBlock = std::min(last / blockSize, static_cast<int>(blocks_.size()));
  if (firstBlock >= lastBlock) {
    take(summarise(first, last));
    return all;
  }
  take(summarise(first, firstBlock * blockSize));
  for (int i = firstBlock; i < lastBlock; ++i) take(blocks_[static_cast<size_t>(i)]);
  take(summarise(lastBlock * blockSize, last));
  return all;
}

QCPRange Curve::getValueRange(bool& found, QCP::SignDomain domain, const QCPRange& keys) const {
  updateBlocks();
  const auto points = mDataContainer->constBegin();
  int first = 0, last = mDataContainer->size();
  if (keys.size() > 0) {
    first = static_cast<int>(mDataContainer->findBegin(keys.lower, false) - points);
    last = static_cast<int>(mDataContainer->findEnd(keys.upper, false) - points);
  }
  const Block block = first < last ? over(first, last) : Block{};
  if (block.lowest < 0 || (domain == QCP::sdPositive && block.lowestPositive == 0)) {
    found = false;
    return {};
  }
  found = true;
  const double low = domain == QCP::sdPositive ? block.lowestPositive : (points + block.lowest)->value;
  return {low, (points + block.highest)->value};
}

void Curve::getOptimizedLineData(QVector<QCPGraphData>* line, const QCPGraphDataContainer::const_iterator& begin,
                                 const QCPGraphDataContainer::const_iterator& end) const {
  crosses_.clear();
  const auto points = mDataContainer->constBegin();
  const int first = static_cast<int>(begin - points), last = static_cast<int>(end - points);
  const double broken = qQNaN();
  const auto cross = [&](int i) {
    const double x = mKeyAxis->coordToPixel((points + i)->key);
    if (crosses_.isEmpty() || x - crosses_.last().x() > markSize) crosses_.append({x, 0});
  };
  const int columns =
      std::max(1, static_cast<int>(mKeyAxis->axisRect()->width() * mParentPlot->bufferDevicePixelRatio()));
  if (last - first <= 4 * columns) {
    line->reserve(last - first);
    for (int i = first; i < last; ++i) {
      const QCPGraphData& point = *(points + i);
      if (drawable(point.value)) {
        line->append(point);
      } else {
        line->append({point.key, broken});
        cross(i);
      }
    }
  } else {
    updateBlocks();
    int chunk = (last - first + columns - 1) / columns;
    int from = first;
    if (chunk >= 2 * blockSize) {  // whole blocks then, so that no point is looked at twice
      chunk = chunk / blockSize * blockSize;
      from = first / blockSize * blockSize;
    }
    for (int at = from; at < last; at += chunk) {
      const Block block = over(std::max(at, first), std::min(at + chunk, last));
      if (block.broken >= 0) {
        line->append({(points + block.broken)->key, broken});
        cross(block.broken);
      }
      if (block.lowest < 0) continue;
      for (const int i : {std::min(block.lowest, block.highest), std::max(block.lowest, block.highest)}) {
        const QCPGraphData& point = *(points + i);
        line->append({point.key, drawable(point.value) ? point.value : broken});
        if (!drawable(point.value)) cross(i);
        if (block.lowest == block.highest) break;
      }
    }
  }
  drawn_ = static_cast<int>(line->size());
}

void Curve::draw(QCPPainter* painter) {
  drawn_ = 0;
  if (mDataContainer->isEmpty()) return;
  QCPGraph::draw(painter);

  // A single point has no line: it stands as a dot.
  if (mDataContainer->size() == 1 && mScatterStyle.isNone() && drawable(mDataContainer->at(0)->value)) {
    const QCPGraphData& point = *mDataContainer->at(0);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mPen.color());
    painter->drawEllipse(coordsToPixels(point.key, point.value), 2.5, 2.5);
  }
  if (crosses_.isEmpty()) return;
  const double y = mKeyAxis->axisRect()->bottom() - markSize;
  painter->setAntialiasing(true);
  painter->setPen(QPen(mPen.color(), 1.5));
  for (const QPointF& place : std::as_const(crosses_)) {
    const double half = markSize / 2.0;
    painter->drawLine(QPointF(place.x() - half, y - half), QPointF(place.x() + half, y + half));
    painter->drawLine(QPointF(place.x() - half, y + half), QPointF(place.x() + half, y - half));
  }
}

void Curve::drawLegendIcon(QCPPainter* painter, const QRectF& rect) const {
  applyDefaultAntialiasingHint(painter);
  if (mLineStyle != lsNone) {
    painter->setPen(mPen);
    painter->drawLine(QPointF(rect.left(), rect.center().y()), QPointF(rect.right(), rect.center().y()));
  }
  if (!mScatterStyle.isNone()) {
    mScatterStyle.applyTo(painter, mPen);
    mScatterStyle.drawShape(painter, rect.center());
  }
}

QList<const Curve*> shownCurves(const QCustomPlot& plot) {
  QList<const Curve*> curves;
  auto& list = const_cast<QCustomPlot&>(plot);  // plottable() has no const form
  for (int i = 0; i < list.plottableCount(); ++i)
    if (const auto* curve = qobject_cast<const Curve*>(list.plottable(i)))
      if (curve->visible() && !curve->data()->isEmpty()) curves.append(curve);
  return curves;
}

// ---- Marks ----------------------------------------------------------------------------------------------------------

Marks::Marks(QCustomPlot* plot, QCPAxisRect* rect) : QCPLayerable(plot, QStringLiteral("overlay")), rect_(rect) {}

void Marks::set(const Set& marks) {
  for (Set& present : sets_) {
    if (present.name != marks.name) continue;
    present = marks;
    return;
  }
  sets_.append(marks);
}

void Marks::drawShape(QPainter* painter, int index, const QPointF& foot, const QColor& colour) {
  painter->setPen(Qt::NoPen);
  painter->setBrush(colour);
  const double x = foot.x(), y = foot.y(), w = markSize / 2.0 + 0.5, h = markSize;
  switch (index % 3) {
    case 0:  // triangle
      painter->drawPolygon(QPolygonF({{x, y - h}, {x + w, y}, {x - w, y}}));
      break;
    case 1:  // diamond
      painter->drawPolygon(QPolygonF({{x, y - h - 1}, {x + w, y - h / 2}, {x, y + 1}, {x - w, y - h / 2}}));
      break;
    default:  // square
      painter->drawRect(QRectF(x - w + 0.5, y - h + 0.5, 2 * w - 1, h - 1));
  }
}

// Kinds of marks stand over one another: an evaluation and a checkpoint are often at one step.
double Marks::laneBelow(int index) const {
  double height = 0;
  for (int i = 0; i < index; ++i)
    if (!sets_[i].positions.isEmpty()) height += markSize + 2;
  return height;
}

void Marks::draw(QCPPainter* painter) {
  const QCPAxis* axis = rect_->axis(QCPAxis::atBottom);
  for (int i = 0; i < sets_.size(); ++i) {
    double lastX = -1e9;
    if (!axis->visible()) return;
    for (const double position : sets_[i].positions) {
      if (!axis->range().contains(position)) continue;
      const double x = axis->coordToPixel(position);
      if (x - lastX < 2) continue;  // a thousand of them need no thousand shapes
      lastX = x;
      if (i % 3 == 2) {  // a changed rate explains a bend above it: a line through the plot
        painter->setPen(QPen(sets_[i].colour, 1, Qt::DotLine));
        painter->drawLine(QPointF(x, rect_->top()), QPointF(x, rect_->bottom()));
      }
      drawShape(painter, i, QPointF(x, rect_->bottom() - laneBelow(i)), sets_[i].colour);
    }
  }
}

// ---- TopLegend ------------------------------------------------------------------------------------------------------

TopLegend::TopLegend(QCustomPlot* plot, const Marks* marks) : QCPLayoutElement(plot), marks_(marks) {
  setMinimumMargins(QMargins());
  setMargins(QMargins());
  setLayer(QStringLiteral("legend"));
}

QList<TopLegend::Entry> TopLegend::entries() const {
  QList<Entry> all;
  if (!shown_) return all;
  for (int i = 0; i < mParentPlot->plottableCount(); ++i) {
    const QCPAbstractPlottable* plottable = mParentPlot->plottable(i);
    const auto* graph = qobject_cast<const QCPGraph*>(plottable);
    if (!plottable->name().isEmpty() && plottable->visible() && (!graph || !graph->data()->isEmpty()))
      all.append({plottable->name(), plottable, -1});
  }
  const auto named = [&](const QString& name) {
    return std::any_of(all.begin(), all.end(), [&](const Entry& entry) { return entry.name == name; });
  };
  for (int i = 0; i < marks_->sets().size(); ++i)
    if (const Marks::Set& set = marks_->sets()[i]; !set.positions.isEmpty() && !named(set.name))
      all.append({set.name, nullptr, i});
  if (all.size() < 2) all.clear();
  return all;
}

int TopLegend::flow(int width, const std::function<void(const Entry&, const QRect&)>& place) const {
  const QFontMetrics metrics(mParentPlot->font());
  const int lineHeight = metrics.height() + 4;
  int x = 0, y = 0;
  const QList<Entry> all = entries();
  for (const Entry& entry : all) {
    const int icon = entry.plottable ? 22 : 12;
    const int wanted = std::min(width, icon + 4 + metrics.horizontalAdvance(entry.name) + 16);
    if (x > 0 && x + wanted > width) {
      x = 0;
      y += lineHeight;
    }
    if (place) place(entry, QRect(x, y, wanted - 16, lineHeight));
    x += wanted;
  }
  return all.isEmpty() ? 0 : y + lineHeight + 2;
}

QSize TopLegend::minimumOuterSizeHint() const {
  return {0, flow(std::max(80, mParentPlot->viewport().width() - 80), {})};
}
QSize TopLegend::maximumOuterSizeHint() const { return {QWIDGETSIZE_MAX, minimumOuterSizeHint().height()}; }

void TopLegend::draw(QCPPainter* painter) {
  const QFontMetrics metrics(mParentPlot->font());
  painter->setFont(mParentPlot->font());
  flow(std::max(80, mParentPlot->viewport().width() - 80), [&](const Entry& entry, const QRect& place) {
    const QRect rect = place.translated(mRect.topLeft() + QPoint(8, 0));  // level with the text in frames beside it
    const int icon = entry.plottable ? 22 : 12;
    const QRect box(rect.left(), rect.top(), icon, rect.height());
    painter->save();
    if (const auto* curve = qobject_cast<const Curve*>(entry.plottable))
      const_cast<Curve*>(curve)->drawLegendIcon(painter, box);
    else if (entry.plottable)
      painter->fillRect(QRect(box.left(), box.center().y() - 4, 18, 9), entry.plottable->brush().style() == Qt::NoBrush
                                                                            ? QBrush(entry.plottable->pen().color())
                                                                            : entry.plottable->brush());
    else
      Marks::drawShape(painter, entry.mark, QPointF(box.left() + 5, box.center().y() + 4),
                       marks_->sets()[entry.mark].colour);
    painter->restore();
    painter->setPen(mParentPlot->palette().color(QPalette::WindowText));
    painter->drawText(rect.adjusted(icon + 4, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                      metrics.elidedText(entry.name, Qt::ElideMiddle, rect.width() - icon - 4 + 2));
  });
}

}  // namespace mtlora::ui
