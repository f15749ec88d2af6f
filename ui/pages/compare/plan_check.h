// What a new comparison will be: whether it can be run, how many runs, and about how long.
#pragma once

#include <map>

#include "latest.h"
#include "plan_draft.h"

namespace mtlora::ui {

struct PlanSizes {
  int64_t runs = 0, variants = 0;
  std::optional<double> seconds;  // about; unset: no run of this model is known
  int64_t known_runs = 0;         // that it is estimated from
  bool same_tasks = false;        // those were of the same tasks
  QStringList warnings;           // of the data
};

class PlanCheck : public QObject {
  Q_OBJECT
 public:
  explicit PlanCheck(QObject* parent = nullptr);
  void check(const PlanDraft& draft);  // answers come as signals; a newer question drops the older
  void drop();                         // no answer is wanted any more
  bool busy() const { return quick_.busy() || slow_.busy(); }

 Q_SIGNALS:
  void valid(const mtlora::Plan& plan);            // soon: the plan holds together
  void sized(const mtlora::ui::PlanSizes& sizes);  // later: the data were read
  void failed(const QString& message);
  void busyChanged();

 private:
  void size(const Plan& plan);
  Latest quick_, slow_;
  std::map<std::string, RunPlan> planned_;  // by what decides a run's size
};

}  // namespace mtlora::ui
