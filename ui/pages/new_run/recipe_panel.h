// The recipes of a task: settings under which a figure was published, to fill the form with.
#pragma once

#include <QHash>
#include <QWidget>
#include <vector>

#include "api/api.h"

class QVBoxLayout;

namespace mtlora::ui {

struct RecipeChange {
  QString label, before, after;
};
// The form as the recipe has it. Model and method stay the person's, and what an adapter alone has is left out where
// there is none.
RunConfig withRecipe(const TaskPreset& recipe, const RunConfig& config);
std::vector<RecipeChange> recipeChanges(const TaskPreset& recipe, const RunConfig& config);
// The recipe starts from an adapter that the person has to name.
bool startsFromAdapter(const TaskPreset& recipe);

class RecipeCard;

class RecipePanel : public QWidget {
  Q_OBJECT
 public:
  explicit RecipePanel(QWidget* parent = nullptr);
  // `task` nullptr, or one without recipes: hidden.
  void show(const Task* task, const RunConfig& config);

 Q_SIGNALS:
  void chosen(const mtlora::RunConfig& config, const QString& notice);
  void adapterWanted();  // the person wants to name the adapter to go on from

 private:
  QString task_;
  QVBoxLayout* column_;
  std::vector<RecipeCard*> cards_;
};

}  // namespace mtlora::ui
