// The form of a new run: every option of the table in a few sections.
#pragma once

#include <QHash>
#include <QWidget>

#include "api/api.h"

class QLabel;
class QScrollArea;

namespace mtlora::ui {

class DataPreviewPanel;
class FormSection;
class OptionField;
class ModelPicker;
class ModelSheet;
class Offer;
class RecipePanel;
class TargetTree;
class TaskPicker;

class RunForm : public QWidget {
  Q_OBJECT
 public:
  explicit RunForm(QWidget* parent = nullptr);

  const RunConfig& config() const { return config_; }
  void setConfig(const RunConfig& config);
  void set(const QString& key, const nlohmann::json& value);  // as if the person had

  QStringList keys() const { return order_; }  // of all fields, in the order of the option table
  OptionField* field(const QString& key) const { return fields_.value(key); }

  struct Problem {
    QString key, message;
  };
  // Wrong values, rules between fields that are broken, and what the plan found; in the order of the fields.
  QList<Problem> problems() const;
  void setPlanProblem(const QString& key, const QString& message);  // holds until the next edit
  void reveal(const QString& key);                                  // opens its section and gives it the focus

  void showModel(const ModelInfo& model);
  void explainModel(const QString& nameOrPath);  // why it does not open
  const ModelSheet& sheet() const { return *sheet_; }
  void showCount(const ParameterCount& count);
  void showPlan(const RunPlan& plan);
  // Of the model's head, as far as the task alone tells: 0 for a task whose answer is a text.
  std::optional<int64_t> outputs() const;
  TargetTree* targets() const { return targets_; }
  DataPreviewPanel* preview() const { return preview_; }
  FormSection* section(const QString& group) const { return sections_.value(group); }
  FormSection* sectionOf(const QString& key) const;

 Q_SIGNALS:
  void changed();
  void proposed(const mtlora::RunConfig& config, const QString& notice);  // many settings at once, to be undone at once
  void focused(const QString& key);

 private:
  void build();
  void place(OptionField* field);
  void arrangeTabs();
  void edited(OptionField* field);
  void switchTask(const std::string& before);
  void takePreview();
  void takeTargets();
  void takeTaskOffer();
  void showOffers();  // what does not fit the task or the model, and what would
  void showFields();  // those that mean something for this task and method
  void refresh();     // what depends on other fields: checks, what is shown, the sections' lines
  void describeSections();

  RunConfig config_;
  QStringList order_;
  QHash<QString, OptionField*> fields_;
  QHash<QString, FormSection*> sections_;  // by group; train, eval and output share one
  TaskPicker* tasks_ = nullptr;
  ModelPicker* models_ = nullptr;
  RecipePanel* recipes_ = nullptr;
  Offer *taskOffer_ = nullptr, *targetOffer_ = nullptr;
  QLabel* adapterHint_ = nullptr;  // of a recipe that starts from an adapter
  DataPreviewPanel* preview_ = nullptr;
  TargetTree* targets_ = nullptr;
  QWidget* targetBox_ = nullptr;
  QScrollArea* scroll_ = nullptr;
  QHash<QString, DataOptions> remembered_;  // files and columns by task, for going back to it
  QString planKey_, planMessage_;
  std::optional<ModelInfo> model_;
  ModelSheet* sheet_ = nullptr;
  std::optional<RunPlan> plan_;
};

}  // namespace mtlora::ui
