// One task of a new comparison, with the files that it needs.
#pragma once

#include <QFrame>

#include "plan_draft.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QToolButton;

namespace mtlora::ui {

class TaskRow : public QFrame {
  Q_OBJECT
 public:
  explicit TaskRow(const std::vector<Task>& tasks, QWidget* parent = nullptr);
  TaskDraft draft() const;
  void setDraft(const TaskDraft& draft);
  void setRemovable(bool on);

 Q_SIGNALS:
  void changed();
  void removeRequested();

 private:
  void showFiles();
  void takeBeside();  // a validation file that lies beside the training file
  QLineEdit* addFile(const QString& title, const QString& placeholder);

  std::vector<Task> tasks_;
  QComboBox* task_;
  QWidget* files_;
  QLineEdit *train_, *validation_, *test_;
  QDoubleSpinBox* epochs_;
  QToolButton* remove_;
};

}  // namespace mtlora::ui
