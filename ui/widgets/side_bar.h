// The pages' names at the left of the window, and below them the run that trains.
#pragma once

#include <QAbstractButton>
#include <QWidget>

class QButtonGroup;
class QVBoxLayout;

namespace mtlora::ui {

class RunCard;

class SideBar : public QWidget {
  Q_OBJECT
 public:
  explicit SideBar(RunCard* card, QWidget* parent = nullptr);  // takes the card
  void addPage(int index, const QString& icon, const QString& title, const QString& shortcut);
  void setCurrent(int index);
  void setCompact(bool compact);  // icons alone
  bool compact() const { return compact_; }

 Q_SIGNALS:
  void chosen(int index);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QButtonGroup* buttons_;
  QVBoxLayout* column_;
  RunCard* card_;
  bool compact_ = false;
};

}  // namespace mtlora::ui
