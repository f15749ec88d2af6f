#include "run_planner.h"

namespace mtlora::ui {

RunPlanner::RunPlanner(QObject* parent)
    : QObject(parent), inspecting_(100, this), counting_(100, this), planning_(400, this) {
  for (Latest* question : {&inspecting_, &counting_, &planning_})
    connect(question, &Latest::busyChanged, this, &RunPlanner::busyChanged);
}

void RunPlanner::plan(const RunConfig& config) {
  const auto fail = [this](const Failure& failure) { Q_EMIT failed(failure); };
  const std::string& model = config.model.name_or_path;
  if (model != model_) {
    model_ = model;
    inspecting_.ask([model] { return inspect_model(model); }, [this](const ModelInfo& info) { Q_EMIT inspected(info); },
                    [this, fail, model](const Failure& failure) {
                      model_.clear();  // the folder may be mended: look again next time
                      Q_EMIT notInspected(QString::fromStdString(model));
                      fail(failure);
                    });
  }
  counting_.ask([config, labels = labels_] { return count_parameters(config, labels); },
                [this](const ParameterCount& count) { Q_EMIT counted(count); }, fail);
  planning_.ask([config] { return plan_run(config); }, [this](const RunPlan& plan) { Q_EMIT planned(plan); }, fail);
}

void RunPlanner::drop() {
  counting_.drop();
  planning_.drop();
}

}  // namespace mtlora::ui
