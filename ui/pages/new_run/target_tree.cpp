#include "target_tree.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QHeaderView>
#include <QTreeWidget>
#include <algorithm>
#include <map>

#include "style/theme.h"
#include "widgets/elided_label.h"
#include "widgets/pieces.h"

namespace mtlora::ui {
namespace {

constexpr int moduleRole = Qt::UserRole;
const QSize rowSize(0, 3 * gridUnit);

// "query" of "attention.self.query": as few parts as tell it from the others.
QString shortKind(const QString& kind, const QStringList& all) {
  const QStringList parts = kind.split('.');
  for (qsizetype i = parts.size() - 1; i > 0; --i) {
    const QString ending = parts.mid(i).join('.');
    const auto same = [&](const QString& other) { return other == ending || other.endsWith('.' + ending); };
    if (std::count_if(all.begin(), all.end(), same) == 1) return ending;
  }
  return kind;
}

}  // namespace

TargetTree::TargetTree(QWidget* parent) : QWidget(parent) {
  kindGrid_ = new QGridLayout;
  kindGrid_->setHorizontalSpacing(2 * gridUnit);
  kindGrid_->setVerticalSpacing(gridUnit / 2);
  tree_ = new QTreeWidget;
  tree_->setHeaderLabels({tr("Layer"), tr("in → out")});
  tree_->header()->setStretchLastSection(false);
  tree_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  tree_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  tree_->setUniformRowHeights(true);
  tree_->setAllColumnsShowFocus(true);
  tree_->setTextElideMode(Qt::ElideMiddle);
  tree_->setFixedHeight(26 * gridUnit);
  tree_->setAccessibleName(tr("Linear layers of the model"));
  connect(tree_, &QTreeWidget::itemChanged, this, [this](QTreeWidgetItem* item, int column) {
    if (showing_ || column != 0) return;
    const bool on = item->checkState(0) != Qt::Unchecked;
    QSet<QString> inside;
    if (item->childCount() == 0) inside << item->data(0, moduleRole).toString();
    for (int i = 0; i < item->childCount(); ++i) inside << item->child(i)->data(0, moduleRole).toString();
    change([&](const LinearInfo& linear) { return inside.contains(QString::fromStdString(linear.name)); }, on);
  });
  count_ = new ElidedLabel(Qt::ElideRight);
  count_->setForegroundRole(QPalette::PlaceholderText);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(gridUnit);
  column->addLayout(kindGrid_);
  column->addWidget(tree_);
  column->addWidget(count_);
}

void TargetTree::setModel(const std::vector<LinearInfo>& linears) {
  linears_ = linears;
  // The count of this model's adapters may have come before its layers: what is theirs stays selected.
  QSet<QString> names;
  for (const LinearInfo& linear : linears_) names << QString::fromStdString(linear.name);
  selected_ &= names;
  showing_ = true;
  qDeleteAll(kinds_);
  kinds_.clear();
  items_.clear();
  tree_->clear();
  int number = 0;
  const QStringList all = moduleKinds(linears_);
  for (const QString& kind : all) {
    auto* box = new QCheckBox(shortKind(kind, all));
    box->setAccessibleName(kind);
    box->setToolTip(tr("%1 in every layer").arg(kind));
    connect(box, &QCheckBox::clicked, this,
            [this, box, kind] { selectKind(kind, box->checkState() != Qt::Unchecked); });
    kindGrid_->addWidget(box, number / 2, number % 2);
    kinds_[kind] = box;
    ++number;
  }
  std::map<int64_t, QTreeWidgetItem*> layers;
  for (const LinearInfo& linear : linears_) {
    QTreeWidgetItem*& layer = layers[linear.layer];
    if (!layer) {
      layer = new QTreeWidgetItem({linear.layer < 0 ? tr("Outside the layers") : tr("Layer %1").arg(linear.layer)});
      layer->setFlags(layer->flags() | Qt::ItemIsUserCheckable);
      layer->setCheckState(0, Qt::Unchecked);
      layer->setSizeHint(0, rowSize);
      tree_->addTopLevelItem(layer);
    }
    auto* item = new QTreeWidgetItem(
        layer, {moduleKind(linear), QString("%L1 → %L2").arg(linear.in_features).arg(linear.out_features)});
    item->setFlags((item->flags() | Qt::ItemIsUserCheckable) | Qt::ItemNeverHasChildren);
    item->setCheckState(0, Qt::Unchecked);
    item->setSizeHint(0, rowSize);
    item->setData(0, moduleRole, QString::fromStdString(linear.name));
    item->setToolTip(0, QString::fromStdString(linear.name));
    item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    items_[QString::fromStdString(linear.name)] = item;
  }
  showing_ = false;
  showSelection();
}

void TargetTree::setSelected(const std::vector<std::string>& modules) {
  QSet<QString> selected;
  for (const std::string& module : modules) selected << QString::fromStdString(module);
  if (selected == selected_) return;
  selected_ = selected;
  showSelection();
}

void TargetTree::setParameters(int64_t adapter) {
  parameters_ = adapter;
  showSelection();
}

void TargetTree::select(const QString& module, bool on) {
  change([&](const LinearInfo& linear) { return QString::fromStdString(linear.name) == module; }, on);
}

void TargetTree::selectKind(const QString& kind, bool on) {
  change([&](const LinearInfo& linear) { return linear.layer >= 0 && moduleKind(linear) == kind; }, on);
}

void TargetTree::change(const std::function<bool(const LinearInfo&)>& which, bool on) {
  for (const LinearInfo& linear : linears_) {
    const QString name = QString::fromStdString(linear.name);
    if (!which(linear)) continue;
    if (on)
      selected_ << name;
    else
      selected_.remove(name);
  }
  parameters_ = -1;
  showSelection();
  Q_EMIT edited();
}

void TargetTree::showSelection() {
  showing_ = true;
  const auto state = [](int chosen, int all) {
    return chosen == 0 ? Qt::Unchecked : chosen == all ? Qt::Checked : Qt::PartiallyChecked;
  };
  QHash<QString, std::pair<int, int>> kinds;  // chosen, all
  for (const LinearInfo& linear : linears_) {
    const QString name = QString::fromStdString(linear.name);
    items_[name]->setCheckState(0, state(selected_.contains(name), 1));
    if (linear.layer < 0) continue;
    auto& [chosen, all] = kinds[moduleKind(linear)];
    chosen += selected_.contains(name);
    ++all;
  }
  for (auto it = kinds_.begin(); it != kinds_.end(); ++it)
    it.value()->setCheckState(state(kinds[it.key()].first, kinds[it.key()].second));
  for (int i = 0; i < tree_->topLevelItemCount(); ++i) {
    QTreeWidgetItem* layer = tree_->topLevelItem(i);
    int chosen = 0;
    for (int j = 0; j < layer->childCount(); ++j) chosen += layer->child(j)->checkState(0) == Qt::Checked;
    layer->setCheckState(0, state(chosen, layer->childCount()));
    layer->setText(1, tr("%1 of %2").arg(chosen).arg(layer->childCount()));
    layer->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
  }
  QString text = linears_.empty() ? tr("The model’s layers stand here once it is open.")
                                  : tr("%1 of %2 linear layers").arg(selected_.size()).arg(linears_.size());
  if (parameters_ >= 0 && !linears_.empty()) text += tr(" · %1 parameters").arg(countText(parameters_));
  count_->setText(text);
  showing_ = false;
}

}  // namespace mtlora::ui
