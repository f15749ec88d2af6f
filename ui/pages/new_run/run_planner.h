// What is known of a run before it starts, kept up to date with the form.
#pragma once

#include <QObject>

#include "api/api.h"
#include "latest.h"

namespace mtlora::ui {

// Asks the engine on worker threads: first what needs no data (the model's layers, trainable parameters: at once),
// then the whole plan. Only answers for the newest settings are told.
class RunPlanner : public QObject {
  Q_OBJECT
 public:
  explicit RunPlanner(QObject* parent = nullptr);

  void plan(const RunConfig& config);
  void drop();                                          // the settings hold a wrong value: nothing to plan
  void setLabels(int64_t labels) { labels_ = labels; }  // outputs of the head, as far as known; 0: it writes
  bool busy() const { return inspecting_.busy() || counting_.busy() || planning_.busy(); }

 Q_SIGNALS:
  void inspected(const mtlora::ModelInfo& model);
  void notInspected(const QString& nameOrPath);  // it does not open; `failed` says why in one sentence
  void counted(const mtlora::ParameterCount& count);
  void planned(const mtlora::RunPlan& plan);
  void failed(const mtlora::ui::Failure& failure);
  void busyChanged();

 private:
  Latest inspecting_, counting_, planning_;
  std::string model_;  // the one inspected last
  int64_t labels_ = 2;
};

}  // namespace mtlora::ui
