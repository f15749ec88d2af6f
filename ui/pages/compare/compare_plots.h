// The two pictures of a comparison's result on one task.
#pragma once

#include <QVector>

#include "api/api.h"
#include "style/plot.h"

namespace mtlora::ui {

// A plot whose points are read by pointing at them: the series have no x in common, so a cross-hair says nothing.
class PointPlot : public Plot {
  Q_OBJECT
 public:
  using Plot::Plot;

 protected:
  struct Point {
    double x, y;
    QString text;
  };
  void clearPoints();
  void addPoint(double x, double y, const QString& text) { points_.append({x, y, text}); }
  void mouseMoveEvent(QMouseEvent* event) override;

 private:
  QVector<Point> points_;
};

// The differences to the reference, one row a variant, with their 95 % intervals around a line at zero.
class DifferencePlot : public PointPlot {
  Q_OBJECT
 public:
  explicit DifferencePlot(QWidget* parent = nullptr);
  void setRows(const Plan& plan, const std::vector<ComparedVariant>& ofTask, bool dark);

 protected:
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void strengthenZero();
  void writeNames();
  QStringList names_;  // of the rows, from the top
};

enum class TurningAxis { Rotation, Condition };

// The score of each run over how far its T turned, or stretched.
class TurningPlot : public PointPlot {
  Q_OBJECT
 public:
  explicit TurningPlot(QWidget* parent = nullptr);
  void setRuns(const Comparison& comparison, const std::string& task, TurningAxis axis, bool dark);
};

}  // namespace mtlora::ui
