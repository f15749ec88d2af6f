// What a comparison says about one task: the table, the differences, and how T moved.
#pragma once

#include <QWidget>
#include <memory>

#include "compare_plots.h"

class QComboBox;
class QLabel;
class QTableWidget;

namespace mtlora::ui {

class ElidedLabel;

class ResultView : public QWidget {
  Q_OBJECT
 public:
  explicit ResultView(QWidget* parent = nullptr);
  void show(std::shared_ptr<const Comparison> comparison, const std::string& task);  // "": the average over the tasks
  QTableWidget* table() const { return table_; }
  DifferencePlot* differences() const { return differences_; }
  TurningPlot* turning() const { return turning_; }

 protected:
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fill();
  void drawTurning();
  void fitColumns();
  std::shared_ptr<const Comparison> comparison_;
  std::string task_;
  QTableWidget* table_;
  DifferencePlot* differences_;
  TurningPlot* turning_;
  QComboBox* axis_;
  QWidget* turningBox_;
  ElidedLabel* differencesTitle_;
  QLabel* explanation_;
};

}  // namespace mtlora::ui
