// The lengths of the examples before the run: their histogram, what the limit does to them, and the rows it cuts.
#pragma once

#include <QWidget>

#include "api/api.h"

class QLabel;
class QTableWidget;

namespace mtlora::ui {

class FoldButton;
class LengthPlot;

class LengthView : public QWidget {
  Q_OBJECT
 public:
  explicit LengthView(QWidget* parent = nullptr);
  void show(const RunPlan& plan, int64_t limit);
  void showRefused(int64_t limit);  // no plan: the line alone follows, to be drawn back
  void clear();
  LengthPlot* plot() const { return plot_; }
  QString words() const;

 Q_SIGNALS:
  void limitChosen(qint64 limit);

 private:
  void say(int64_t limit);
  void list(const RunPlan& plan);
  LengthPlot* plot_;
  QLabel* words_;
  FoldButton* listButton_;
  QTableWidget* rows_;
  int64_t planned_ = 0;  // the limit that was planned with
};

}  // namespace mtlora::ui
