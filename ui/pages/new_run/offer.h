// Something that does not fit, in a sentence, with a button that puts it right.
#pragma once

#include <QWidget>

class QPushButton;

namespace mtlora::ui {

class NoteLabel;

class Offer : public QWidget {
  Q_OBJECT
 public:
  explicit Offer(QWidget* parent = nullptr);
  // Without words where the field says them already, without a button where `button` is empty; hidden where both are.
  void set(const QString& text, const QString& button = {});
  QString text() const;
  QPushButton* button() const { return button_; }

 Q_SIGNALS:
  void taken();

 private:
  NoteLabel* note_;
  QPushButton* button_;
};

}  // namespace mtlora::ui
