// The run that trains, on every page: name, method, progress, loss, time left, pause and stop.
#pragma once

#include <QFrame>

class QLabel;
class QProgressBar;
class QToolButton;

namespace mtlora::ui {

class ElidedLabel;
class MethodChip;
class Studio;

class RunCard : public QFrame {
  Q_OBJECT
 public:
  explicit RunCard(Studio& studio, QWidget* parent = nullptr);
  void setCompact(bool compact);  // buttons and per cent alone

 Q_SIGNALS:
  void activated();  // clicked

 protected:
  void mouseReleaseEvent(QMouseEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void refresh();
  Studio& studio_;
  bool compact_ = false;
  ElidedLabel *name_, *stage_;
  MethodChip* chip_;
  QProgressBar* progress_;
  QLabel *step_, *loss_, *left_, *percent_;
  QToolButton *pause_, *stop_;
};

}  // namespace mtlora::ui
