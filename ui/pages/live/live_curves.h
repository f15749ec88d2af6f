// The four plots of Live: loss, score, learning rate, gradient norm, on one x axis.
#pragma once

#include <QSplitter>
#include <map>

#include "run_data.h"
#include "smoothing.h"

class QCPGraph;

namespace mtlora::ui {

class Plot;

class LiveCurves : public QSplitter {
  Q_OBJECT
 public:
  enum class Axis { Step, Epoch, Time };
  explicit LiveCurves(QWidget* parent = nullptr);

  void setRun(const RunData* run);  // draws it anew
  void update(const RunData& run);  // adds what is new
  void setAxis(Axis axis);
  void setLogLoss(bool on);
  // The score that is drawn, with those of its scale; "": the one that tells which checkpoint is best.
  void setScore(const QString& metric);
  QStringList scores() const;  // names of all that the run's evaluations have, that one first
  void restyle();              // after a change of palette
  QString missingContent() const;
  Plot *loss, *score, *rate, *gradient;

 private:
  void rebuild();
  QString shownScore() const;
  double xOf(int64_t step, double epoch) const;
  void setTitles();
  const RunData* run_ = nullptr;
  Axis axis_ = Axis::Step;
  QString score_;
  double timeUnit_ = 1;                     // seconds
  size_t steps_ = 0, evals_ = 0, log_ = 0;  // drawn so far
  int64_t lastStep_ = 0;
  Smoothing smoothing_;
  QCPGraph *raw_ = nullptr, *smooth_ = nullptr, *evalLoss_ = nullptr, *rateCurve_ = nullptr, *gradientCurve_ = nullptr;
  std::map<std::string, QCPGraph*> scores_;
};

}  // namespace mtlora::ui
