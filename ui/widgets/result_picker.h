// Which trained weights of the run in front: its result, or one of its checkpoints.
#pragma once

#include <QComboBox>
#include <vector>

#include "base/files.h"
#include "latest.h"

namespace mtlora::ui {

class Studio;

// Follows the run in front: as long as the person chose nothing older, the newest is chosen.
class ResultPicker : public QComboBox {
  Q_OBJECT
 public:
  explicit ResultPicker(Studio& studio, QWidget* parent = nullptr);
  Path folder() const;  // of the chosen adapter; empty: there is none yet

 Q_SIGNALS:
  void resultChanged();  // folder() is another one

 private:
  struct Result {
    QString title;
    Path folder;
    bool operator==(const Result&) const = default;
  };
  void look();  // which of the run's results are on disk
  void show(std::vector<Result> results);
  std::vector<Result> candidates() const;  // newest first

  Studio& studio_;
  std::vector<Result> results_;
  Path run_, chosen_, told_;  // chosen_: by the person, where it isn't the newest
  size_t checkpoints_ = 0;    // that the run had when last looked
  Latest looking_;
};

}  // namespace mtlora::ui
