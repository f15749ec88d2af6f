// The style of every curve and heat map of the window, in one place.
#pragma once

#include <qcustomplot.h>

#include <QString>
#include <functional>
#include <memory>

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
  // Fits both axes to the data, now and as points arrive, until the person zooms or drags.
  void showAll();
  // Call after changing the data of curves: fits the axes unless the person chose a range, and draws soon (calls within
  // a tenth of a second become one).
  void refresh();
  // How the cross-hair's readout writes x ("step 120"); a number by default.
  void setReadoutX(std::function<QString(double)> text);
  int pointCount() const;   // of all curves
  int drawnPoints() const;  // of all curves, in the last drawing: thinned to a few a pixel column
  // A mark on the x axis: evaluation, checkpoint, changed rate.
  // The same name again replaces its marks. The first name has triangles, the second diamonds, the third squares with a
  // line through the plot. A name that a curve has too stands in the legend once, as the curve.
  void setMarks(const QVector<double>& positions, const QString& name, const QColor& colour);
  // Whether a legend stands above the axes (from two names on); files and copies always have it.
  void setLegend(bool on);
  void clearCurves();  // and the marks
  // Plots that share their x range and cross-hair.
  static void link(const QList<Plot*>& plots);

  bool saveTo(const QString& path);  // by the ending: png, svg, pdf, csv

 Q_SIGNALS:
  void crosshairMoved(double x);

 public:
  void setCrosshair(double x);  // NaN hides it

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  struct Private;
  std::shared_ptr<Private> d_;
};

}  // namespace mtlora::ui
