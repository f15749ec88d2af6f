// A choice that takes a few lines: a radio button with its name, what it is, and who can load it.
#pragma once

#include <QFrame>

class QLabel;
class QRadioButton;

namespace mtlora::ui {

class FormCard : public QFrame {
  Q_OBJECT
 public:
  FormCard(const QString& title, const QString& text, QWidget* parent = nullptr);
  QRadioButton* button() const { return button_; }
  void setText(const QString& text);

 protected:
  void mouseReleaseEvent(QMouseEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  QRadioButton* button_;
  QLabel* text_;
};

}  // namespace mtlora::ui
