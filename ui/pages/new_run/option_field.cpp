#include "option_field.h"

#include <QGridLayout>
#include <QLabel>

#include "base/error.h"
#include "option_editor.h"
#include "option_texts.h"
#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

OptionField::OptionField(const Option& option, OptionEditor* editor, QWidget* parent)
    : QWidget(parent), option_(option), editor_(editor ? editor : makeEditor(option)) {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(gridUnit);
  grid->setVerticalSpacing(2);
  note_ = new NoteLabel(NoteLabel::Problem);
  note_->setObjectName("problem");
  if (editor_->spansLabel()) {
    grid->addWidget(editor_, 0, 0, 1, 3);
    grid->addWidget(note_, 1, 0, 1, 3);
  } else {
    auto* label = new QLabel(optionLabel(option));
    label->setWordWrap(true);
    label->setBuddy(editor_);
    label->setFixedWidth(17 * gridUnit);
    label->setToolTip(optionHelp(option));
    grid->addWidget(label, 0, 0);
    // Numbers end in one line, whether a unit follows or not; texts take the whole width.
    const bool number = option.type == OptionType::Integer || option.type == OptionType::Real ||
                        option.type == OptionType::StepsOrEpoch;
    grid->addWidget(editor_, 0, 1, 1, number ? 1 : 2);
    if (number) {
      QLabel* unit = faintLabel(optionUnit(option));
      unit->setWordWrap(false);
      unit->setMinimumWidth(10 * gridUnit);
      grid->addWidget(unit, 0, 2);
    }
    grid->addWidget(note_, 1, 1, 1, 2);
    grid->setColumnStretch(1, 1);
  }
  editor_->setProperty("optionKey", key());
  setFocusProxy(editor_);
  connect(editor_, &OptionEditor::edited, this, &OptionField::edited);
}

void OptionField::setFrom(const RunConfig& config) {
  editor_->setValue(option_.get(config));
  own_.clear();
  showProblem();
}

void OptionField::writeTo(RunConfig& config) {
  own_.clear();
  try {
    option_.set(config, editor_->value());
  } catch (const Error& error) {
    own_ = withoutKey(QString::fromUtf8(error.what()), key());
    if (!error.hint().empty()) own_ += ' ' + QString::fromStdString(error.hint());
  }
  showProblem();
}

QString OptionField::problem() const { return own_.isEmpty() ? outer_ : own_; }

void OptionField::setOuterProblem(const QString& message) {
  outer_ = message;
  showProblem();
}

void OptionField::showProblem() {
  if (note_->note() == problem()) return;
  note_->setNote(problem());
  editor_->mark(!problem().isEmpty());
}

QString withoutKey(const QString& message, const QString& key) {
  QString text = message.startsWith(key + ": ") ? message.mid(key.size() + 2) : message;
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text.isEmpty() || text.endsWith('.') || text.endsWith('?') ? text : text + '.';
}

}  // namespace mtlora::ui
