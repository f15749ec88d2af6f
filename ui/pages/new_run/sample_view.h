// Examples as the model will see them: token by token, which of them it learns to write, and what is cut off.
#pragma once

#include <QWidget>

#include "api/api.h"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace mtlora::ui {

class NoteLabel;
class TokenView;

class SampleView : public QWidget {
  Q_OBJECT
 public:
  explicit SampleView(QWidget* parent = nullptr);
  // `chosen`: data.chat_template.
  void show(const RunPlan& plan, const std::string& chosen);
  // In place of examples: why the rows can't be written for this model.
  void showTemplateProblem(const QString& message);
  void clear();

 Q_SIGNALS:
  void templateWanted();  // the person wants to choose another

 private:
  void add(const SampleExample& sample, bool generation);
  QLabel *template_, *legendText_;
  NoteLabel* problem_;
  QPushButton* choose_;
  TokenView* legend_;
  QVBoxLayout* samples_;
};

}  // namespace mtlora::ui
