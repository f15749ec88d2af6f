// Ticks of every axis: at most seven, "10k", on round numbers.
#pragma once

#include <qcustomplot.h>

namespace mtlora::ui {

class Ticker : public QCPAxisTicker {
 public:
  void setMost(int ticks) { most_ = ticks; }  // at most seven, fewer on a short axis

 protected:
  int most_ = 7;
  double getTickStep(const QCPRange& range) override;
  QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;
  int getSubTickCount(double) override { return 0; }

 private:
  double step_ = 1;
};

// Decades, with 2 and 5 between them where few decades are seen, plain steps where less than one is.
class LogTicker : public Ticker {
 protected:
  QVector<double> createTickVector(double tickStep, const QCPRange& range) override;
  QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;

 private:
  bool plain_ = false;
};

}  // namespace mtlora::ui
