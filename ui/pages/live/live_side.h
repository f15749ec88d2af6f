// The narrow column of Live: numbers, buttons, checkpoints, log.
#pragma once

#include <QScrollArea>
#include <QWidget>

#include "latest.h"
#include "run_data.h"

class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace mtlora::ui {

class ElidedLabel;
class MethodChip;
class Studio;

class LiveSide : public QWidget {
  Q_OBJECT
 public:
  explicit LiveSide(Studio& studio, QWidget* parent = nullptr);
  void setRun();  // another run is in front
  void update();  // new events, another state
  void pauseOrGoOn();

 private:
  QWidget* buildHead();
  QWidget* buildNumbers();
  QWidget* buildButtons();
  QWidget* buildRate();
  QWidget* buildLists();
  void updateNumbers(const RunData& run);
  void updateState(const RunData& run);
  void updateLists(const RunData& run);
  void setRate();
  QWidget* buildEnd();
  void updateEnd(const RunData& run);

  Studio& studio_;
  ElidedLabel *name_, *status_;
  MethodChip* chip_;
  QProgressBar* progress_;
  QLabel *step_, *epoch_, *loss_, *bestTitle_, *best_, *examples_, *tokens_, *left_, *elapsed_, *parameters_;
  QPushButton *pause_, *stop_, *evaluate_, *save_, *goOn_, *setRate_;
  QWidget *controls_, *rateRow_;
  QLabel* problem_;
  QLineEdit* rate_;
  QLabel* rateProblem_;
  QListWidget* checkpoints_;
  QWidget* endBox_;
  QTableWidget* endScores_;  // of a run that has ended
  QPushButton* texts_;
  Latest looking_;  // for texts that it wrote
  QPlainTextEdit* log_;
  size_t logged_ = 0, listed_ = 0;
};

}  // namespace mtlora::ui
