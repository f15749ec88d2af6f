// The style of every curve and heat map of the window, in one place.
#pragma once

#include <qcustomplot.h>

#include <QString>

namespace mtlora::ui {

// A plot with the house style: light grid, no box, antialiased, "10k" ticks, at most seven, wheel zoom, drag, double
// click shows all, a cross-hair that reads the values of all series, right click copies or saves (PNG, SVG, PDF, CSV).
class Plot : public QCustomPlot {
  Q_OBJECT
 public:
  explicit Plot(QWidget* parent = nullptr);

  void setAxisTitles(const QString& x, const QString& y);
  void setEmptyText(const QString& sentence);  // shown while no series has a point
  // A curve; `style` tells runs of one colour apart. Points that are not finite are marked on the axis.
  QCPGraph* addCurve(const QString& name, const QColor& colour, double width = 1.5, Qt::PenStyle style = Qt::SolidLine);
  void setLogY(bool on);
  void showAll();
  // A mark on the x axis: evaluation, checkpoint, changed rate.
  void setMarks(const QVector<double>& positions, const QString& name, const QColor& colour);
  // Plots that share their x range and cross-hair.
  static void link(const QList<Plot*>& plots);

  bool saveTo(const QString& path);  // by the ending: png, svg, pdf, csv

 Q_SIGNALS:
  void crosshairMoved(double x);

 public:
  void setCrosshair(double x);  // NaN hides it

 private:
  struct Private;
  std::shared_ptr<Private> d_;
};

}  // namespace mtlora::ui
