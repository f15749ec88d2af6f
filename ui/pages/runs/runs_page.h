// Runs: every run folder known, compared, opened, continued, put away.
#pragma once

#include <QTimer>
#include <map>
#include <memory>

#include "latest.h"
#include "pages/page.h"
#include "run_data.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace mtlora::ui {

class Banner;
class RunsCompare;
class RunsFilter;
class RunsModel;

class RunsPage : public Page {
  Q_OBJECT
 public:
  explicit RunsPage(Studio& studio, QWidget* parent = nullptr);
  QString title() const override { return tr("Runs"); }
  QWidget* actions() override { return actions_; }
  QString missingContent() const override;
  void reload();  // the list, on a worker thread
  void setRuns(std::vector<RunRow> runs);
  // Selects these, others not; those that aren't listed are passed over.
  void select(const std::vector<Path>& folders);

 protected:
  void showEvent(QShowEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* buildTable();
  void buildActions();
  std::vector<RunRow> selected() const;
  void selectionChanged();
  void updateButtons();
  void showCurves();
  void openRun(const RunRow& run);
  void useSettings();
  void editNote();
  void reveal();
  void showTexts();  // that the selected run wrote
  void remove();
  void putBack(const std::vector<std::pair<Path, QString>>& moved);  // (folder, its place in the wastebasket)
  void contextMenu(const QPoint& position);
  void fail(const Failure& failure);

  QWidget* actions_;
  QLineEdit* filterField_;
  Banner* notice_;
  QStackedWidget* stack_;
  QTableView* table_;
  RunsModel* model_;
  RunsFilter* filter_;
  RunsCompare* compare_;
  QLabel* selectionText_;
  QPushButton *open_, *continue_, *reuse_, *rename_, *note_, *reveal_, *delete_, *texts_;
  std::map<Path, std::shared_ptr<const RunData>> curves_;  // of runs that no longer change
  QTimer selectionTimer_, liveTimer_;
  Latest textsOf_;  // whether the selected run wrote some
  bool loading_ = false;
  bool crashSaid_ = false;
};

}  // namespace mtlora::ui
