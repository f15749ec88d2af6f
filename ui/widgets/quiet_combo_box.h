// A box of choices whose wheel scrolls the page unless the box was clicked first.
#pragma once

#include <QComboBox>
#include <QWheelEvent>

namespace mtlora::ui {

class QuietComboBox : public QComboBox {
 public:
  QuietComboBox() { setFocusPolicy(Qt::StrongFocus); }

 protected:
  void wheelEvent(QWheelEvent* event) override { hasFocus() ? QComboBox::wheelEvent(event) : event->ignore(); }
};

}  // namespace mtlora::ui
