// A curve that stays quick at a million points, and the marks under it.
#pragma once

#include <qcustomplot.h>

#include <functional>
#include <vector>

namespace mtlora::ui {

// QCPGraph with min/max thinning from a cache of blocks, so that drawing costs a few points a pixel column whatever the
// number of points. Values that can't be drawn (not finite; not positive on a log axis) break the line and are marked
// by a cross at the axis.
class Curve : public QCPGraph {
  Q_OBJECT
 public:
  Curve(QCPAxis* x, QCPAxis* y);
  QCPRange getValueRange(bool& found, QCP::SignDomain domain, const QCPRange& keys = QCPRange()) const override;
  int drawnPoints() const { return drawn_; }

 protected:
  void draw(QCPPainter* painter) override;
  friend class TopLegend;
  void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;
  void getOptimizedLineData(QVector<QCPGraphData>* line, const QCPGraphDataContainer::const_iterator& begin,
                            const QCPGraphDataContainer::const_iterator& end) const override;

 private:
  struct Block {
    int lowest = -1, highest = -1;  // index of the least and the greatest finite value; −1: none
    int broken = -1;                // of the first that is not finite
    double lowestPositive = 0;      // 0: none
  };
  bool drawable(double value) const;
  Block summarise(int first, int last) const;  // points [first, last)
  void updateBlocks() const;
  Block over(int first, int last) const;  // from blocks where they fit

  mutable std::vector<Block> blocks_;
  mutable QVector<QCPGraphData> samples_;  // of the points that blocks_ was made of, to notice other data
  mutable QVector<QPointF> crosses_;       // x in the plot's coordinates
  mutable int drawn_ = 0;
};

// The curves of a plot that are visible and have points.
QList<const Curve*> shownCurves(const QCustomPlot& plot);

// Marks on the x axis: one shape and colour a name.
class Marks : public QCPLayerable {
  Q_OBJECT
 public:
  struct Set {
    QString name;
    QColor colour;
    QVector<double> positions;
  };
  Marks(QCustomPlot* plot, QCPAxisRect* rect);
  void set(const Set& marks);
  void clear() { sets_.clear(); }
  const QList<Set>& sets() const { return sets_; }
  double laneBelow(int index) const;  // px that the sets before this one take above the axis
  static void drawShape(QPainter* painter, int index, const QPointF& foot, const QColor& colour);

 protected:
  void applyDefaultAntialiasingHint(QCPPainter* painter) const override { painter->setAntialiasing(true); }
  void draw(QCPPainter* painter) override;

 private:
  QCPAxisRect* rect_;
  QList<Set> sets_;
};

// The legend: a row (or rows) of names above the axes, out of the data's way. Shown from two names on.
class TopLegend : public QCPLayoutElement {
  Q_OBJECT
 public:
  TopLegend(QCustomPlot* plot, const Marks* marks);
  void setShown(bool shown) { shown_ = shown; }
  bool shown() const { return shown_; }
  QSize minimumOuterSizeHint() const override;
  QSize maximumOuterSizeHint() const override;

 protected:
  void draw(QCPPainter* painter) override;

 private:
  struct Entry {
    QString name;
    const QCPAbstractPlottable* plottable;
    int mark;
  };
  QList<Entry> entries() const;
  // Calls `place` with each entry's place; returns the height.
  int flow(int width, const std::function<void(const Entry&, const QRect&)>& place) const;
  const Marks* marks_;
  bool shown_ = true;
};

}  // namespace mtlora::ui
