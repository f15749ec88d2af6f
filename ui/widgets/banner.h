// A strip across the page: what happened, why, what to do, and a button for it.
#pragma once

#include <QFrame>
#include <functional>

class QLabel;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace mtlora::ui {

class Banner : public QFrame {
  Q_OBJECT
 public:
  enum class Kind { Error, Notice, Busy };  // Busy shows that something works and can't be closed
  explicit Banner(QWidget* parent = nullptr);
  // `action` with an empty `button` is not offered. The banner stays until it is closed or the button is pressed.
  void say(Kind kind, const QString& what, const QString& why, const QString& button = {},
           std::function<void()> action = {});
  QString text() const;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Kind kind_ = Kind::Notice;
  QLabel *icon_, *what_, *why_;
  QPushButton* button_;
  QToolButton* close_;
  QProgressBar* busy_;
  std::function<void()> action_;
};

}  // namespace mtlora::ui
