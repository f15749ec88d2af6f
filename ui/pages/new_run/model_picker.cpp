#include "model_picker.h"

#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "async.h"
#include "option_texts.h"
#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

constexpr int nameRole = Qt::UserRole, rowHeight = 3 * gridUnit;

QTreeWidgetItem* messageRow(const QString& text) {
  auto* row = new QTreeWidgetItem({text});
  row->setFlags(Qt::NoItemFlags);
  row->setFirstColumnSpanned(true);
  return row;
}

}  // namespace

ModelPicker::ModelPicker(const Option& option, QWidget* parent) : OptionEditor(parent), option_(option) {
  list_ = new QTreeWidget;
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setAllColumnsShowFocus(true);
  list_->setHeaderLabels({tr("Model"), tr("Family"), tr("Weights"), tr("Size")});
  list_->header()->setStretchLastSection(false);
  list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  list_->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
  list_->header()->setSectionResizeMode(3, QHeaderView::ResizeToContents);
  list_->setTextElideMode(Qt::ElideMiddle);
  list_->setTabKeyNavigation(false);
  list_->setAccessibleName(tr("Models kept on this computer"));
  connect(list_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
    if (selecting_ || !item || item->data(0, nameRole).toString().isEmpty()) return;
    line_->setText(item->data(0, nameRole).toString());
    Q_EMIT edited();
  });

  line_ = new QLineEdit;
  line_->setAccessibleName(optionLabel(option));
  line_->setPlaceholderText(tr("name or folder of a model"));
  connect(line_, &QLineEdit::textEdited, this, [this] {
    select();
    Q_EMIT edited();
  });
  connect(line_, &QLineEdit::textChanged, this, [this](const QString& text) { line_->setToolTip(text); });
  auto* browse = new QPushButton(tr("Browse…"));
  connect(browse, &QPushButton::clicked, this, &ModelPicker::browse);
  auto* folder = new QPushButton(tr("Models folder…"));
  folder->setToolTip(tr("Where you keep models; each of its folders is listed above"));
  connect(folder, &QPushButton::clicked, this, &ModelPicker::changeFolder);

  auto* row = new QHBoxLayout;
  row->setSpacing(gridUnit);
  row->addWidget(line_, 1);
  row->addWidget(browse);
  row->addWidget(folder);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addWidget(list_);
  column->addLayout(row);
  setFocusProxy(list_);
  fit();
  load();
}

nlohmann::json ModelPicker::value() const {
  const QString name = line_->text().trimmed();
  if (name.isEmpty()) throw bad_input(tr("Choose a model.").toStdString(), {}, option_.key);
  return name.toStdString();
}

void ModelPicker::setValue(const nlohmann::json& value) {
  line_->setText(QString::fromStdString(option_text(option_, value)));
  select();
}

void ModelPicker::mark(bool wrong) {
  QPalette palette;
  if (wrong) palette.setColor(QPalette::Text, problemColour());
  line_->setPalette(palette);
}

void ModelPicker::load() {
  list_->clear();
  list_->addTopLevelItem(messageRow(tr("Looking for models…")));
  runAsync(
      this, [] { return list_models(); },
      [this](const std::vector<ModelEntry>& models) {
        models_ = models;
        show();
        Q_EMIT listed();
      },
      [this](const Failure& failure) {
        list_->clear();
        list_->addTopLevelItem(messageRow(failure.message));
      });
}

void ModelPicker::setWritesText(bool needed) {
  if (std::exchange(writesText_, needed) != needed && !models_.empty()) show();
}

QString ModelPicker::writer() const {
  for (const ModelEntry& model : models_)
    if (model.writes_text && model.problem.empty()) return QString::fromStdString(model.name);
  return {};
}

void ModelPicker::show() {
  selecting_ = true;
  list_->clear();
  const double free = machine_state().memory_free_mib;
  for (const ModelEntry& model : models_) {
    const QString name = QString::fromStdString(model.name);
    const QLocale locale;
    const auto size = [&](double mib) {
      return locale.formattedDataSize(static_cast<qint64>(mib * (1 << 20)), 1, QLocale::DataSizeTraditionalFormat);
    };
    auto* row = new QTreeWidgetItem({name, QString::fromStdString(model.family), dtypeName(model.dtype),
                                     size(static_cast<double>(model.bytes) / (1 << 20))});
    row->setSizeHint(0, QSize(0, rowHeight));
    row->setTextAlignment(3, Qt::AlignRight | Qt::AlignVCenter);
    if (model.memory_mib > free) {
      row->setText(3, tr("%1, too large").arg(row->text(3)));
      row->setToolTip(3, tr("Its weights take at least %1 in a run, and %2 is free on this machine.")
                             .arg(size(model.memory_mib), size(free)));
    }
    const QString folder = QString::fromStdString(model.folder.string());
    row->setData(0, nameRole, name);
    row->setToolTip(0, folder);
    if (model.bundled) row->setToolTip(0, tr("Comes with the program") + '\n' + folder);
    if (!model.problem.empty()) {
      for (const int cell : {0, 1, 2, 3}) row->setForeground(cell, palette().color(QPalette::PlaceholderText));
      row->setText(1, tr("can’t be opened"));
      for (const int cell : {0, 1, 2, 3}) row->setToolTip(cell, folder + '\n' + QString::fromStdString(model.problem));
    }
    if (model.problem.empty() && writesText_ && !model.writes_text) {
      for (const int cell : {0, 1, 2, 3}) row->setForeground(cell, palette().color(QPalette::PlaceholderText));
      row->setText(1, tr("writes no text"));
    }
    list_->addTopLevelItem(row);
  }
  if (models_.empty())
    list_->addTopLevelItem(messageRow(tr("No models yet: browse for a folder in Hugging Face form.")));
  fit();
  selecting_ = false;
  select();
}

// As high as its rows, from two to six.
void ModelPicker::fit() {
  const int rows = std::clamp(list_->topLevelItemCount(), 2, 6);
  list_->setFixedHeight(list_->header()->sizeHint().height() + rows * rowHeight + 2 * list_->frameWidth() + 2);
}

void ModelPicker::select() {
  selecting_ = true;
  list_->setCurrentItem(nullptr);
  for (int i = 0; i < list_->topLevelItemCount(); ++i)
    if (list_->topLevelItem(i)->data(0, nameRole).toString() == line_->text())
      list_->setCurrentItem(list_->topLevelItem(i));
  selecting_ = false;
}

void ModelPicker::browse() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Folder of a model in Hugging Face form"));
  if (folder.isEmpty()) return;
  line_->setText(QDir::toNativeSeparators(folder));
  select();
  Q_EMIT edited();
}

void ModelPicker::changeFolder() {
  const QString now = QString::fromStdString(models_dir().string());
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Where you keep models"), now);
  if (folder.isEmpty()) return;
  set_models_dir(folder.toStdString());
  load();
}

}  // namespace mtlora::ui
