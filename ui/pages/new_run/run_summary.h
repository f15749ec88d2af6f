// What the run will be, before it starts.
#pragma once

#include <QWidget>
#include <optional>

#include "api/api.h"

class QGridLayout;
class QLabel;
class QProgressBar;
class QVBoxLayout;

namespace mtlora::ui {

class LengthView;
class MemoryBar;
class NoteLabel;
class SampleView;
class SummaryTile;

class RunSummary : public QWidget {
  Q_OBJECT
 public:
  explicit RunSummary(QWidget* parent = nullptr);

  void setCount(const ParameterCount& count, const RunConfig& config);  // known at once
  // `tokensPerSecond`: of the last run with this model and method, where there was one.
  void setPlan(const RunPlan& plan, const RunConfig& config, std::optional<double> tokensPerSecond);
  // No plan: what is wrong, or "" where the form says it beside a field.
  void setFailure(const QString& message);
  // The settings are wrong in this field, which says so itself: what helps to put it right stays or comes.
  void setFieldFailure(const QString& key, const QString& message, const RunConfig& config);
  void setBusy(bool busy);
  bool complete() const { return complete_; }  // a plan stands here

 Q_SIGNALS:
  void fieldWanted(const QString& key);
  void limitChosen(qint64 tokens);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void arrangeTiles();
  void showParameters(int64_t adapter, int64_t head, int64_t model, const RunConfig& config);
  bool complete_ = false;
  QProgressBar* busy_;
  NoteLabel* failure_;
  QGridLayout* tiles_;
  SummaryTile *parameters_, *steps_, *tokens_, *examples_;
  QWidget* memory_;
  QLabel* memoryText_;
  MemoryBar* memoryBar_;
  QVBoxLayout* warnings_;
  SampleView* samples_;
  LengthView* lengths_;
  int tileColumns_ = 0;
};

}  // namespace mtlora::ui
