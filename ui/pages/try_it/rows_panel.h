// "Try on ten rows": a table of rows that the run did not train on, with both models' answers.
#pragma once

#include <QWidget>
#include <vector>

#include "latest.h"
#include "trial_rows.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace mtlora::ui {

class RowsPanel : public QWidget {
  Q_OBJECT
 public:
  explicit RowsPanel(QWidget* parent = nullptr);

  void setRun(const RunConfig& config);  // another one: the rows that stand here go
  void setFacts(const TaskFacts& facts) { facts_ = facts; }
  // Of another result of the same run: the rows that stand here are answered anew.
  void setModels(std::shared_ptr<ModelPair> models);
  void tryTen();
  bool busy() const { return asking_.busy(); }
  int rowCount() const { return static_cast<int>(rows_.rows.size()); }  // answered ones
  QString summary() const;                                              // "tuned 9 of 10 right, base 0"

 Q_SIGNALS:
  void chosen(const mtlora::ui::Question& question);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Trial {
    TrialRows rows;
    std::vector<Answer> answers;
  };
  void ask(bool again);
  void show(const Trial& trial);
  QString labelText(const std::string& label) const;

  RunConfig config_;
  TaskFacts facts_;
  std::shared_ptr<ModelPair> models_;
  TrialRows rows_;
  int64_t turn_ = 0;
  int baseRight_ = 0, tunedRight_ = 0;
  QLabel *title_, *line_;
  QProgressBar* busy_;
  QPushButton* try_;
  QTableWidget* table_;
  Latest asking_;
};

}  // namespace mtlora::ui
