// How many examples have how many tokens, with the limit as a line that can be dragged.
#pragma once

#include <vector>

#include "style/plot.h"

namespace mtlora::ui {

class LengthPlot : public Plot {
  Q_OBJECT
 public:
  explicit LengthPlot(QWidget* parent = nullptr);

  void setLengths(std::vector<int32_t> lengths, int64_t limit);  // tokens of each example
  void setLimit(int64_t limit);                                  // does not emit
  int64_t limit() const { return limit_; }
  int64_t examples() const { return static_cast<int64_t>(lengths_.size()); }
  int64_t longest() const { return lengths_.empty() ? 0 : lengths_.back(); }
  int64_t longerThan(int64_t limit) const;
  double linePixel() const;  // x of the line in the widget

 Q_SIGNALS:
  void limitMoved(qint64 limit);   // while it is dragged
  void limitChosen(qint64 limit);  // once it is let go, or some time after the last key

 protected:
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent*) override {}
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void move(int64_t limit);
  void choose();
  bool isOnLine(const QPointF& at) const;
  void draw();  // bars and line
  void restyle();
  std::vector<int32_t> lengths_;  // sorted
  int64_t limit_ = 0, chosen_ = 0;
  double upper_ = 1;  // of the axis
  bool dragging_ = false;
  double grabbed_ = 0;  // px from the line at which it was taken hold of
  QCPBars *whole_, *cut_;
  QCPItemStraightLine* line_;
  QCPItemText* label_;
  QTimer typing_;
};

}  // namespace mtlora::ui
