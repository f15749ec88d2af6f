// A new comparison: what is compared, on what, how often; and what that comes to.
#pragma once

#include <QWidget>
#include <functional>
#include <map>

#include "plan_check.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace mtlora::ui {

class NoteLabel;
class TaskRow;

class CompareForm : public QWidget {
  Q_OBJECT
 public:
  explicit CompareForm(QWidget* parent = nullptr);
  // Where "settings of New run" come from.
  void setSettingsSource(std::function<RunConfig()> source) { source_ = std::move(source); }
  void begin();  // with the settings of New run, a task and its name; what the person chose before stays otherwise
  PlanDraft draft() const;
  void setDraft(const PlanDraft& draft);
  void useSettings(const RunConfig& settings, const QString& from);
  QString reason() const { return reason_; }  // why it can't be started; "" where it can
  bool complete() const { return sized_; }    // the summary stands

 public Q_SLOTS:
  void start();

 Q_SIGNALS:
  void planned(const mtlora::Plan& plan);  // Start was pressed
  void cancelled();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void colourMethods();
  QWidget* buildFields();
  QWidget* buildSummary();
  QWidget* buildVariants();
  QWidget* buildSeeds();
  TaskRow* addTask(const TaskDraft& draft);
  void removeTask(TaskRow* row);
  void updateRemovable();
  void chooseSettings();
  void showSettings();
  void loadModels();
  void edited();
  void showPlan(const Plan& plan);
  void showSizes(const PlanSizes& sizes);
  void setReason(const QString& reason);

  std::function<RunConfig()> source_;
  RunConfig settings_;
  QString settingsFrom_;
  std::vector<Task> tasks_;
  std::optional<Plan> plan_;
  bool sized_ = false, filling_ = false;
  QString reason_;
  PlanCheck check_;

  QLineEdit *name_, *ranks_, *rates_;
  QComboBox *model_, *several_, *reference_;
  QVBoxLayout* taskColumn_;
  QList<TaskRow*> taskRows_;
  QLabel *settingsText_, *settingsTitle_;
  std::map<std::string, QCheckBox*> methods_;
  QCheckBox *paper_, *identity_, *twice_;
  QWidget* choosingBox_;
  QSpinBox *seeds_, *firstSeed_, *choosing_;
  NoteLabel *fewSeeds_, *problem_, *warnings_;
  QLabel *count_, *time_, *compared_, *variants_;
  QPushButton* start_;
  QLabel* reasonText_;
};

}  // namespace mtlora::ui
