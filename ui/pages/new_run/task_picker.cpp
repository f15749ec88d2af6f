#include "task_picker.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QStandardItemModel>
#include <QVBoxLayout>
#include <algorithm>

#include "base/error.h"
#include "option_texts.h"
#include "style/theme.h"
#include "widgets/pieces.h"
#include "widgets/quiet_combo_box.h"

namespace mtlora::ui {
namespace {

constexpr const char* own = "own";  // the name of the descriptor for any file

// What a task is about, as the list groups them.
enum class Shelf { Bundled, Own, Sentences, Texts };

Shelf shelfOf(const Task& task) {
  if (task.bundled) return Shelf::Bundled;
  const bool anyFile = task.auto_kind || (task.kind == TaskKind::Generation && task.format.empty());
  if (anyFile) return Shelf::Own;
  return task.kind == TaskKind::Generation ? Shelf::Texts : Shelf::Sentences;
}

QString shelfTitle(Shelf shelf) {
  switch (shelf) {
    case Shelf::Bundled: return TaskPicker::tr("Comes with the program");
    case Shelf::Own: return TaskPicker::tr("Your own files");
    case Shelf::Sentences: return TaskPicker::tr("Sentence tasks (GLUE)");
    case Shelf::Texts: return TaskPicker::tr("Texts written from data");
  }
  return {};
}

QString filesOf(const Task& task) {
  if (task.bundled || !task.trained_on.empty()) return {};
  return TaskPicker::tr(
      "Needs a training file; a validation file (else a part is held out) and a test file if you have them.");
}

}  // namespace

TaskPicker::TaskPicker(const Option& option, QWidget* parent) : OptionEditor(parent) {
  box_ = new QuietComboBox;
  box_->setAccessibleName(optionLabel(option));
  box_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box_->setMaxVisibleItems(30);
  fill();
  description_ = faintLabel();
  description_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  files_ = new QLabel;
  files_->setWordWrap(true);
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
  column->addWidget(files_);
  setFocusProxy(box_);
  connect(box_, &QComboBox::currentIndexChanged, this, &TaskPicker::describe);
  connect(box_, &QComboBox::activated, this, &OptionEditor::edited);
  describe();
}

// Each group under a line that can't be chosen.
void TaskPicker::fill() {
  try {
    tasks_ = list_tasks();
  } catch (const Error& error) {
    problem_ = QString::fromUtf8(error.what());
  }
  auto* items = static_cast<QStandardItemModel*>(box_->model());
  for (const Shelf shelf : {Shelf::Bundled, Shelf::Own, Shelf::Sentences, Shelf::Texts}) {
    if (std::none_of(tasks_.begin(), tasks_.end(), [shelf](const Task& task) { return shelfOf(task) == shelf; }))
      continue;
    box_->addItem(shelfTitle(shelf));
    QStandardItem* title = items->item(box_->count() - 1);
    title->setFlags(Qt::NoItemFlags);
    QFont font = box_->font();
    font.setWeight(QFont::DemiBold);
    title->setFont(font);
    for (const Task& task : tasks_)
      if (shelfOf(task) == shelf) box_->addItem(QString::fromStdString(task.title), QString::fromStdString(task.name));
  }
  if (box_->count() > 1) box_->setCurrentIndex(1);
}

nlohmann::json TaskPicker::value() const { return box_->currentData().toString().toStdString(); }

void TaskPicker::setValue(const nlohmann::json& value) {
  const QString name = value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
  int index = box_->findData(name.isEmpty() ? QString(own) : name);
  if (index < 0) box_->addItem(name, name), index = box_->count() - 1;
  box_->setCurrentIndex(index);
}

const Task* TaskPicker::task() const { return task(box_->currentData().toString().toStdString()); }

const Task* TaskPicker::task(const std::string& name) const {
  for (const Task& task : tasks_)
    if (task.name == name) return &task;
  return nullptr;
}

bool TaskPicker::isOwn() const { return box_->currentData().toString() == own; }

bool TaskPicker::isGeneration() const { return task() && task()->kind == TaskKind::Generation; }

QString TaskPicker::title() const { return task() ? QString::fromStdString(task()->title) : box_->currentText(); }

void TaskPicker::describe() {
  QString text = problem_, files;
  if (const Task* known = task()) {
    text = QString::fromStdString(known->description);
    if (!known->licence.empty()) text += ' ' + tr("Licence: %1.").arg(QString::fromStdString(known->licence));
    description_->setToolTip(QString::fromStdString(known->attribution));
    files = filesOf(*known);
  }
  description_->setText(text);
  files_->setText(files);
  files_->setVisible(!files.isEmpty());
}

}  // namespace mtlora::ui
