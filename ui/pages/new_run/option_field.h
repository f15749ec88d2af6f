// One setting in the form: its label, its editor, its unit, and what is wrong with it.
#pragma once

#include <QWidget>

#include "config/option_table.h"

class QLabel;

namespace mtlora::ui {

class NoteLabel;
class OptionEditor;

class OptionField : public QWidget {
  Q_OBJECT
 public:
  // Takes `editor`, made for this option; nullptr: the one that its type has.
  explicit OptionField(const Option& option, OptionEditor* editor = nullptr, QWidget* parent = nullptr);

  const Option& option() const { return option_; }
  QString key() const { return QString::fromStdString(option_.key); }
  OptionEditor* editor() const { return editor_; }

  void setFrom(const RunConfig& config);
  // Puts the edited value into `config`; where it is wrong the config stays as it is and `problem` says why.
  void writeTo(RunConfig& config);

  // The field's own problem (a wrong value), else the one told from outside.
  QString problem() const;
  void setOuterProblem(const QString& message);

 Q_SIGNALS:
  void edited();

 private:
  void showProblem();
  const Option& option_;
  OptionEditor* editor_;
  NoteLabel* note_;
  QString own_, outer_;
};

// "train.seed: expected ..." -> "Expected ...": the field beside which it stands need not be named.
QString withoutKey(const QString& message, const QString& key);

}  // namespace mtlora::ui
