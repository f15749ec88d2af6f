// What a language model wrote at an evaluation, step by step, so that one can watch the text get better.
#pragma once

#include <QWidget>
#include <array>

#include "run_data.h"

class QLabel;
class QPlainTextEdit;
class QToolButton;

namespace mtlora::ui {

class ElidedLabel;

class SamplesPanel : public QWidget {
  Q_OBJECT
 public:
  static constexpr int shown = 3;  // samples beside one another
  explicit SamplesPanel(QWidget* parent = nullptr);
  void setRun(const RunData* run);  // another one, or nullptr
  void update(const RunData& run);  // follows the newest until the person steps back
  void step(int by);                // evaluations to go on, or back
  int64_t shownStep() const;        // -1: there is none
  QString text(int column) const;   // of the sample that stands there

 private:
  void show(const RunData& run);
  std::vector<int64_t> steps_;  // of the evaluations with samples
  size_t at_ = 0;
  bool follow_ = true;
  size_t known_ = 0;
  const RunData* run_ = nullptr;
  QLabel* when_;
  QToolButton *back_, *forward_;
  struct Column {
    QWidget* box;
    ElidedLabel* prompt;
    QPlainTextEdit* text;
  };
  std::array<Column, shown> columns_;
};

}  // namespace mtlora::ui
