// How the models write: the longest answer, and how each token is chosen.
#pragma once

#include <QWidget>

#include "config/run_config.h"

class QComboBox;
class QDoubleSpinBox;
class QSpinBox;

namespace mtlora::ui {

class WriteControls : public QWidget {
  Q_OBJECT
 public:
  enum Choice { Likeliest, Sample, Beams };
  explicit WriteControls(QWidget* parent = nullptr);
  void setOptions(const GenerationOptions& options);  // those of the run: what stands here at first
  // As chosen; of samples each call draws others, the same for both models.
  GenerationOptions options();
  QComboBox* choice;
  QSpinBox *longest, *beams;
  QDoubleSpinBox *temperature, *topP;

 private:
  void showFields();
  GenerationOptions base_;
};

}  // namespace mtlora::ui
