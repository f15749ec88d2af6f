// The widget that edits one setting: by its type, or one made for it (model, task, method).
#pragma once

#include <QWidget>

#include "config/option_table.h"

namespace mtlora::ui {

class OptionEditor : public QWidget {
  Q_OBJECT
 public:
  using QWidget::QWidget;
  // What the widget says now, as the option's JSON type; null: unset. Throws Error where a text is not of that type.
  virtual nlohmann::json value() const = 0;
  virtual void setValue(const nlohmann::json& value) = 0;  // does not emit `edited`
  virtual void setSuggestions(const QStringList&) {}       // for a text that is often one of a list
  virtual void mark(bool /*wrong*/) {}                     // draws the widget as holding a wrong value
  virtual bool spansLabel() const { return false; }        // has no label beside it

 Q_SIGNALS:
  void edited();  // by the person
};

// Text, numbers (4e-4 is one), names and lists are lines of text; files and folders have a browse button.
OptionEditor* makeEditor(const Option& option, QWidget* parent = nullptr);

}  // namespace mtlora::ui
