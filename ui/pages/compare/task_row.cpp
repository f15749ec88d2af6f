#include "task_row.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QToolButton>

#include "style/theme.h"

namespace mtlora::ui {

namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }

}  // namespace

TaskRow::TaskRow(const std::vector<Task>& tasks, QWidget* parent) : QFrame(parent), tasks_(tasks) {
  setFrameShape(QFrame::StyledPanel);
  task_ = new QComboBox;
  task_->setAccessibleName(tr("Task"));
  task_->setFocusPolicy(Qt::StrongFocus);
  task_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  for (const Task& task : tasks_) task_->addItem(text(task.title), text(task.name));
  epochs_ = new QDoubleSpinBox;
  epochs_->setAccessibleName(tr("Epochs of this task"));
  epochs_->setToolTip(tr("Epochs of this task; at the least value those of the settings below"));
  epochs_->setRange(0, 1000);
  epochs_->setDecimals(1);
  epochs_->setSpecialValueText(tr("epochs as set"));
  epochs_->setSuffix(tr(" epochs"));
  epochs_->setFocusPolicy(Qt::StrongFocus);
  remove_ = new QToolButton;
  remove_->setIcon(lineIcon(QStringLiteral("close")));
  remove_->setAutoRaise(true);
  remove_->setAccessibleName(tr("Take this task out"));
  remove_->setToolTip(remove_->accessibleName());
  auto* row = new QHBoxLayout;
  row->setSpacing(gridUnit);
  row->addWidget(task_, 1);
  row->addWidget(epochs_);
  row->addWidget(remove_);
  files_ = new QWidget;
  auto* form = new QFormLayout(files_);
  form->setContentsMargins(0, 0, 0, 0);
  form->setSpacing(gridUnit / 2);
  form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
  train_ = addFile(tr("Training file"), tr("needed"));
  validation_ = addFile(tr("Validation file"), tr("a part of the training file"));
  test_ = addFile(tr("Test file"), tr("none"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(gridUnit, gridUnit, gridUnit, gridUnit);
  column->setSpacing(gridUnit);
  column->addLayout(row);
  column->addWidget(files_);
  connect(task_, &QComboBox::currentIndexChanged, this, [this] {
    for (QLineEdit* line : {train_, validation_, test_}) {  // another task's files are none of this one's
      const QSignalBlocker quiet(line);
      line->clear();
    }
    showFiles();
    Q_EMIT changed();
  });
  connect(epochs_, &QDoubleSpinBox::valueChanged, this, &TaskRow::changed);
  connect(remove_, &QToolButton::clicked, this, &TaskRow::removeRequested);
  connect(train_, &QLineEdit::editingFinished, this, &TaskRow::takeBeside);
  showFiles();
}

QLineEdit* TaskRow::addFile(const QString& title, const QString& placeholder) {
  auto* line = new QLineEdit;
  line->setPlaceholderText(placeholder);
  line->setAccessibleName(title);
  auto* browse = new QToolButton;
  browse->setIcon(lineIcon(QStringLiteral("folder")));
  browse->setAccessibleName(tr("Choose the file: %1").arg(title));
  browse->setToolTip(tr("Choose the file"));
  connect(browse, &QToolButton::clicked, this, [this, line, title] {
    const QString path = QFileDialog::getOpenFileName(this, title, QFileInfo(line->text()).path());
    if (path.isEmpty()) return;
    line->setText(path);
    if (line == train_) takeBeside();
  });
  connect(line, &QLineEdit::textChanged, this, &TaskRow::changed);
  auto* box = new QHBoxLayout;
  box->setSpacing(gridUnit / 2);
  box->addWidget(line, 1);
  box->addWidget(browse);
  static_cast<QFormLayout*>(files_->layout())->addRow(title, box);
  return line;
}

void TaskRow::showFiles() {
  const auto index = static_cast<size_t>(std::max(0, task_->currentIndex()));
  files_->setVisible(index < tasks_.size() && !tasks_[index].bundled);
  setToolTip(index < tasks_.size() ? text(tasks_[index].description) : QString());
}

void TaskRow::takeBeside() {
  if (!validation_->text().isEmpty()) return;
  const QFileInfo train(train_->text());
  if (!train.isFile()) return;
  static const QRegularExpression word(QStringLiteral("train(ing)?"), QRegularExpression::CaseInsensitiveOption);
  for (const char* other : {"dev", "validation", "valid", "val", "dev_matched"}) {
    QString name = train.fileName();
    if (!name.contains(word)) return;
    name.replace(word, QString::fromLatin1(other));
    if (const QFileInfo beside(train.dir(), name); beside.isFile()) {
      validation_->setText(beside.filePath());
      return;
    }
  }
}

TaskDraft TaskRow::draft() const {
  TaskDraft draft;
  draft.task = task_->currentData().toString().toStdString();
  draft.title = task_->currentText().toStdString();
  const auto file = [](const QLineEdit* line) { return line->text().trimmed().toStdString(); };
  draft.train_file = file(train_);
  draft.validation_file = file(validation_);
  draft.test_file = file(test_);
  if (draft.task == "own" && train_->text().contains(u'/'))
    draft.title = QFileInfo(train_->text()).completeBaseName().toStdString();
  if (epochs_->value() > 0) draft.epochs = epochs_->value();
  return draft;
}

void TaskRow::setDraft(const TaskDraft& draft) {
  const QSignalBlocker quiet(this);
  task_->setCurrentIndex(std::max(0, task_->findData(text(draft.task))));
  train_->setText(text(draft.train_file));
  validation_->setText(text(draft.validation_file));
  test_->setText(text(draft.test_file));
  epochs_->setValue(draft.epochs.value_or(0));
  showFiles();
  // Files of a bundled task are the person's own choice then.
  if (!draft.train_file.empty()) files_->setVisible(true);
}

void TaskRow::setRemovable(bool on) { remove_->setVisible(on); }

}  // namespace mtlora::ui
