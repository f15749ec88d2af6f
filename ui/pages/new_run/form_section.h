// A part of the form: a line with its current choice, that opens to its fields.
#pragma once

#include <QAbstractButton>
#include <QVBoxLayout>

class QLabel;
class QToolButton;

namespace mtlora::ui {

// The line: chevron, title, the choice in short, and a mark where a field inside is wrong.
class SectionHeader : public QAbstractButton {
  Q_OBJECT
 public:
  explicit SectionHeader(const QString& title, QWidget* parent = nullptr);
  void setChoice(const QString& choice);
  QString choice() const { return choice_; }
  void setProblems(int count);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  void describe();
  QString choice_;
  int problems_ = 0;
};

class FormSection : public QWidget {
  Q_OBJECT
 public:
  explicit FormSection(const QString& title, QWidget* parent = nullptr);

  SectionHeader* header() const { return header_; }
  QVBoxLayout* basic() const { return basic_; }
  QVBoxLayout* advanced() const { return advanced_; }  // under "More settings"

  bool isOpen() const { return header_->isChecked(); }
  void setOpen(bool open) { header_->setChecked(open); }
  void showMore(bool show);

 Q_SIGNALS:
  void toggled(bool open);

 protected:
  void paintEvent(QPaintEvent*) override;

 private:
  SectionHeader* header_;
  QWidget *body_, *more_;
  QToolButton* moreButton_;
  bool moreShown_ = false;
  QVBoxLayout *basic_, *advanced_;
};

}  // namespace mtlora::ui
