// A titled frame around a picture: what it is, whether it shows the way of the training or the result, own controls,
// and an ⓘ that explains it.
#pragma once

#include <QFrame>
#include <QToolButton>

class QHBoxLayout;
class QLabel;

namespace mtlora::ui {

// Opens its explanation on click, Space or Enter; the same text is its tooltip.
class InfoButton : public QToolButton {
  Q_OBJECT
 public:
  InfoButton(const QString& about, const QString& explanation, QWidget* parent = nullptr);
  QString explanation() const { return explanation_; }

 private:
  void open();
  QString about_, explanation_;
};

enum class Shows { Way, Result, Both };  // K, ΔW, or some of each

class Panel : public QFrame {
  Q_OBJECT
 public:
  Panel(const QString& title, Shows shows, const QString& explanation, QWidget* content, QWidget* parent = nullptr);
  void addControl(QWidget* control);  // between title and ⓘ
  void setShows(Shows shows);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fitChip();
  Shows shows_ = Shows::Both;
  QHBoxLayout* header_ = nullptr;
  QLabel* chip_ = nullptr;
};

}  // namespace mtlora::ui
