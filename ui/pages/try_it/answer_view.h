// One model's answer: bars of the likeliest labels, the value of a regression, or the text that it writes.
#pragma once

#include <QFrame>
#include <map>

#include "api/api.h"
#include "model_pair.h"

class QLabel;
class QPlainTextEdit;
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
  void setWriting(const Writing& writing);    // called again as the text grows
  void setSentence(const QString& sentence);  // in place of an answer
  bool hasAnswer() const;
  QString text() const { return text_; }  // the answer in words, for assistive programs and copying

 private:
  QLabel *note_, *sentence_, *value_;
  LabelBars* bars_;
  QPlainTextEdit* writing_;
  QLabel* foot_;  // under a text: how many tokens, and how quick
  QStackedWidget* stack_;
  QString text_;
};

// "48 tokens, 310 a second"; what it waits for before there is one.
QString writingText(const Writing& writing);
// "93.4 %", "under 0.1 %"
QString shareText(double probability);

}  // namespace mtlora::ui
