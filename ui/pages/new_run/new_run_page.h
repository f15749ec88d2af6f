// "New run": the form, what the run will be, and the button that starts it.
#pragma once

#include "pages/page.h"
#include "run_planner.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace mtlora::ui {

class ElidedLabel;
class RunForm;
class RunSummary;

class NewRunPage : public Page {
  Q_OBJECT
 public:
  explicit NewRunPage(Studio& studio, QWidget* parent = nullptr);

  QString title() const override { return tr("New run"); }
  QWidget* actions() override { return actions_; }
  QString missingContent() const override;

  RunForm* form() const { return form_; }
  // Why Start is off; "" where it is on.
  QString reason() const;

 public Q_SLOTS:
  void start();
  // Each fills the whole form; what stood there comes back with Undo.
  void useSettings(const mtlora::RunConfig& config);
  void useFirstRun();
  bool openFile(const QString& path);
  bool saveFile(const QString& path);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* buildForm();
  QWidget* buildSummary();
  void buildActions();
  void chooseOpen();
  void chooseSave();
  void fill(const RunConfig& config, const QString& notice);
  void notify(const QString& text, bool undo);
  void replan();  // after an edit: plans anew
  void fail(const Failure& failure);
  void showReason();
  void showHelp(const QString& key);
  std::optional<double> measuredRate() const;

  RunForm* form_ = nullptr;
  RunSummary* summary_ = nullptr;
  RunPlanner planner_;
  QString planFailure_;  // of the newest settings, where no field is at fault
  bool stale_ = true;    // edited while the page was hidden
  std::optional<RunConfig> before_;
  QWidget *actions_ = nullptr, *notice_ = nullptr;
  QLabel *noticeText_ = nullptr, *help_ = nullptr;
  QToolButton* undo_ = nullptr;
  QPushButton* start_ = nullptr;
  QLabel* reason_ = nullptr;
};

}  // namespace mtlora::ui
