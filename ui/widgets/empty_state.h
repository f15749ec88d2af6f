// In place of a page's content: what will stand there and when, and buttons that lead there.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QHBoxLayout;

namespace mtlora::ui {

class EmptyState : public QWidget {
  Q_OBJECT
 public:
  explicit EmptyState(const QString& sentence, QWidget* parent = nullptr);
  void setSentence(const QString& sentence);
  QPushButton* addButton(const QString& icon, const QString& text);

 private:
  QLabel* sentence_;
  QHBoxLayout* buttons_;
};

}  // namespace mtlora::ui
