#include "task_picker.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "base/error.h"
#include "option_texts.h"
#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

constexpr const char* own = "own";  // the name of the descriptor for any file

}  // namespace

TaskPicker::TaskPicker(const Option& option, QWidget* parent) : OptionEditor(parent) {
  box_ = new QComboBox;
  box_->setFocusPolicy(Qt::StrongFocus);
  box_->setAccessibleName(optionLabel(option));
  box_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  try {
    tasks_ = list_tasks();
  } catch (const Error& error) {
    problem_ = QString::fromUtf8(error.what());
  }
  for (const Task& task : tasks_) {
    const QString title = QString::fromStdString(task.title);
    const bool files = !task.bundled && task.name != own;
    box_->addItem(files ? tr("%1 (your files)").arg(title) : title, QString::fromStdString(task.name));
  }
  description_ = faintLabel();
  description_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit / 2);
  auto* row = new QHBoxLayout;
  row->setSpacing(gridUnit);
  auto* label = new QLabel(optionLabel(option));
  label->setFixedWidth(17 * gridUnit);
  label->setBuddy(box_);
  row->addWidget(label);
  row->addWidget(box_, 1);
  column->addLayout(row);
  column->addWidget(description_);
  setFocusProxy(box_);
  connect(box_, &QComboBox::currentIndexChanged, this, &TaskPicker::describe);
  connect(box_, &QComboBox::activated, this, &OptionEditor::edited);
  describe();
}

nlohmann::json TaskPicker::value() const { return box_->currentData().toString().toStdString(); }

void TaskPicker::setValue(const nlohmann::json& value) {
  const QString name = value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
  int index = box_->findData(name.isEmpty() ? QString(own) : name);
  if (index < 0) box_->addItem(name, name), index = box_->count() - 1;
  box_->setCurrentIndex(index);
}

const Task* TaskPicker::task() const {
  for (const Task& task : tasks_)
    if (QString::fromStdString(task.name) == box_->currentData().toString()) return &task;
  return nullptr;
}

bool TaskPicker::isOwn() const { return box_->currentData().toString() == own; }

QString TaskPicker::title() const { return task() ? QString::fromStdString(task()->title) : box_->currentText(); }

void TaskPicker::describe() {
  QString text = problem_;
  if (const Task* known = task()) {
    text = QString::fromStdString(known->description);
    if (!known->licence.empty()) text += ' ' + tr("Licence: %1.").arg(QString::fromStdString(known->licence));
    description_->setToolTip(QString::fromStdString(known->attribution));
  }
  description_->setText(text);
}

}  // namespace mtlora::ui
