// The six methods as cards: the formula of T and what it means.
#pragma once

#include "option_editor.h"

class QAbstractButton;
class QButtonGroup;

namespace mtlora::ui {

class MethodCards : public OptionEditor {
  Q_OBJECT
 public:
  explicit MethodCards(const Option& option, QWidget* parent = nullptr);
  nlohmann::json value() const override;
  void setValue(const nlohmann::json& value) override;
  bool spansLabel() const override { return true; }
  QAbstractButton* card(const QString& method) const;

 private:
  QButtonGroup* group_;
};

}  // namespace mtlora::ui
