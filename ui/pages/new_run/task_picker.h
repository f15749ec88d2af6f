// The data: a task that the program knows, or the person's own file.
#pragma once

#include <optional>
#include <vector>

#include "api/api.h"
#include "option_editor.h"

class QComboBox;
class QLabel;

namespace mtlora::ui {

class TaskPicker : public OptionEditor {
  Q_OBJECT
 public:
  explicit TaskPicker(const Option& option, QWidget* parent = nullptr);
  nlohmann::json value() const override;
  void setValue(const nlohmann::json& value) override;
  bool spansLabel() const override { return true; }

  const Task* task() const;  // nullptr: one that the program doesn't know
  const Task* task(const std::string& name) const;
  bool isOwn() const;         // any table of the person's
  bool isGeneration() const;  // its answer is a text
  QString title() const;

 private:
  void fill();
  void describe();
  std::vector<Task> tasks_;
  QComboBox* box_;
  QLabel *description_, *files_;
  QString problem_;  // why the tasks can't be listed
};

}  // namespace mtlora::ui
