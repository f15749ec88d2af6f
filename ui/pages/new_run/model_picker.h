// The model: the bundled one, those that the user keeps, or any folder.
#pragma once

#include <vector>

#include "api/api.h"
#include "option_editor.h"

class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace mtlora::ui {

class ModelPicker : public OptionEditor {
  Q_OBJECT
 public:
  explicit ModelPicker(const Option& option, QWidget* parent = nullptr);
  nlohmann::json value() const override;
  void setValue(const nlohmann::json& value) override;
  void mark(bool wrong) override;
  bool spansLabel() const override { return true; }

  // Marks those that can't write a text, where the task needs one.
  void setWritesText(bool needed);
  // The first model of the list that can write, once it is listed; "" where there is none.
  QString writer() const;

 Q_SIGNALS:
  void listed();

 private:
  void load();  // lists the models on a worker thread
  void show();
  void fit();
  void select();  // the row of the model named in the line
  void browse();
  void changeFolder();
  const Option& option_;
  QTreeWidget* list_;
  QLineEdit* line_;
  std::vector<ModelEntry> models_;
  bool writesText_ = false;
  bool selecting_ = false;
};

}  // namespace mtlora::ui
