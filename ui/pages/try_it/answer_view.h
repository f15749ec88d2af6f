// One model's answer: bars of the likeliest labels, or the value of a regression.
#pragma once

#include <QFrame>
#include <map>

#include "api/api.h"

class QLabel;
class QStackedWidget;

namespace mtlora::ui {

// As many labels as there is room for, at most `mostBars`, the rest summed in a line.
class LabelBars : public QWidget {
  Q_OBJECT
 public:
  static constexpr int mostBars = 5;
  explicit LabelBars(QWidget* parent = nullptr);
  void setLabels(std::vector<std::pair<QString, double>> labels);  // highest first; probabilities
  void setColour(const QColor& colour);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  int rowHeight() const;
  QColor colour_;
  std::vector<std::pair<QString, double>> labels_;
};

class AnswerView : public QFrame {
  Q_OBJECT
 public:
  explicit AnswerView(const QString& title, QWidget* parent = nullptr);
  void setNote(const QString& note);  // under the title: which model this is
  void setColour(const QColor& colour);
  void setPrediction(const Prediction& prediction, const std::map<std::string, std::string>& labelNames);
  void setSentence(const QString& sentence);  // in place of an answer
  bool hasAnswer() const;
  QString text() const { return text_; }  // the answer in words, for assistive programs and copying

 private:
  QLabel *note_, *sentence_, *value_;
  LabelBars* bars_;
  QStackedWidget* stack_;
  QString text_;
};

// "93.4 %", "under 0.1 %"
QString shareText(double probability);

}  // namespace mtlora::ui
