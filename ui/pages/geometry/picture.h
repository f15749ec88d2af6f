// A painted view: hover reads values, the wheel zooms where that means something, right click copies or saves.
#pragma once

#include <QWidget>
#include <optional>

#include "ink.h"

namespace mtlora::ui {

class Picture : public QWidget {
  Q_OBJECT
 public:
  explicit Picture(const QString& name, QWidget* parent = nullptr);

  // A sentence in place of the picture; "" shows the picture again.
  void setMessage(const QString& sentence);
  QString message() const { return message_; }
  void setMethod(const QString& method);  // its colour marks what T made
  bool saveTo(const QString& path);       // by the ending: png, svg, pdf, csv

  QSize sizeHint() const override { return {220, 200}; }
  QSize minimumSizeHint() const override { return {110, 100}; }

 protected:
  virtual void draw(QPainter& painter, const QRectF& rect) const = 0;
  // What stands at `point`, for the tooltip; "" for nothing.
  virtual QString readout(const QPointF& point) const;
  virtual QString csv() const;  // the values drawn, as comma-separated lines
  Ink ink() const;
  std::optional<QPointF> hover() const { return hover_; }
  void setZoomable() { zoomable_ = true; }
  double zoom() const { return zoom_; }

  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  void copy();
  void save();
  QString message_, method_;
  std::optional<QPointF> hover_;
  bool zoomable_ = false;
  double zoom_ = 1;
};

}  // namespace mtlora::ui
