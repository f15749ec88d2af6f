// One slider over the recorded steps, with a curve of the picked module above its groove; play, step, follow.
#pragma once

#include <QAbstractSlider>
#include <QTimer>
#include <vector>

class QLabel;
class QToolButton;

namespace mtlora::ui {

// A slider that draws a curve: the value at each recorded step.
class Timeline : public QAbstractSlider {
  Q_OBJECT
 public:
  explicit Timeline(QWidget* parent = nullptr);
  void setSteps(const std::vector<int64_t>& steps);
  void setCurve(std::vector<double> values, bool logarithmic, const QString& name, const QString& method);
  QSize sizeHint() const override { return {400, 56}; }
  QSize minimumSizeHint() const override { return {120, 56}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  QRectF plot() const;
  double x(int index) const;
  int indexAt(double x) const;
  std::vector<int64_t> steps_;
  std::vector<double> values_;
  bool logarithmic_ = false;
  QString name_, method_;
};

class TimeBar : public QWidget {
  Q_OBJECT
 public:
  explicit TimeBar(QWidget* parent = nullptr);
  // Keeps the step that is shown; while following, goes to the last one.
  void setSteps(const std::vector<int64_t>& steps, int64_t total_steps);
  void setLive(bool live);
  void setBusy(bool busy);  // reading a snapshot
  void setIndex(int index);
  int index() const { return timeline_->value(); }
  bool following() const;
  bool playing() const { return play_timer_.isActive(); }
  Timeline* timeline() { return timeline_; }
  static constexpr int playInterval = 350;  // ms a step

 Q_SIGNALS:
  void indexChanged(int index);

 private:
  void step(int by);
  void setPlaying(bool on);
  void refresh();
  Timeline* timeline_ = nullptr;
  QToolButton *back_ = nullptr, *play_ = nullptr, *forward_ = nullptr, *follow_ = nullptr;
  QLabel* label_ = nullptr;
  QTimer play_timer_;
  std::vector<int64_t> steps_;
  int64_t total_steps_ = 0;
  bool own_change_ = false, busy_ = false;
};

}  // namespace mtlora::ui
