// Live: the curves of the run in front, its numbers, and what a person can ask of it.
#pragma once

#include "pages/page.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QSplitter;
class QStackedWidget;

namespace mtlora::ui {

class LiveCurves;
class LiveSide;
class SamplesPanel;

class LivePage : public Page {
  Q_OBJECT
 public:
  explicit LivePage(Studio& studio, QWidget* parent = nullptr);
  QString title() const override { return tr("Live"); }
  QWidget* actions() override { return actions_; }
  QString missingContent() const override;
  LiveCurves& curves() const { return *curves_; }
  SamplesPanel& samples() const { return *samples_; }

 protected:
  void keyPressEvent(QKeyEvent* event) override;  // Space: pause or go on
  void showEvent(QShowEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void refresh();
  void runChanged();
  void fillScores();

  QWidget* actions_;
  QLabel* scoreLabel_;
  QComboBox* score_;       // where the run has scores of several scales
  QStackedWidget* stack_;  // empty, filled
  LiveCurves* curves_;
  LiveSide* side_;
  SamplesPanel* samples_;
  bool stale_ = false;  // events came while the page was hidden
};

}  // namespace mtlora::ui
