// The selected runs over one another: loss, score, and the settings in which they differ.
#pragma once

#include <QIcon>
#include <QSplitter>
#include <memory>
#include <vector>

#include "run_data.h"

class QLabel;
class QTableWidget;

namespace mtlora::ui {

class Plot;

struct SettingRow {
  QString label;
  std::vector<QString> values;  // one a run
};
// The settings of the option table whose values are not the same in all runs; where a run is written is not one.
std::vector<SettingRow> differingSettings(const std::vector<const RunConfig*>& configs);

class RunsCompare : public QSplitter {
  Q_OBJECT
 public:
  explicit RunsCompare(QWidget* parent = nullptr);
  void setRuns(std::vector<std::shared_ptr<const RunData>> runs);
  void restyle() { setRuns(runs_); }
  Plot *loss, *score;
  QTableWidget* settings;

 private:
  void fillSettings();
  std::vector<std::shared_ptr<const RunData>> runs_;
  QList<QIcon> samples_;  // of each run's line
  QLabel* settingsNote_;
};

}  // namespace mtlora::ui
