#include "queue_model.h"

#include <QApplication>
#include <QMimeData>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "compare_style.h"
#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

namespace {

const QString idsFormat = QStringLiteral("application/x-mtlora-compared-runs");

bool underWay(const ComparedRun& run) {
  return run.state == ComparedState::Running || run.state == ComparedState::Paused ||
         run.state == ComparedState::Stopped;
}

}  // namespace

void QueueModel::show(std::shared_ptr<const Comparison> comparison) {
  const auto id = [](const ComparedRun& run) { return run.run.id; };
  const bool same = comparison_ && comparison && std::ranges::equal(comparison_->runs, comparison->runs, {}, id, id);
  if (same) {
    comparison_ = std::move(comparison);
    if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    return;
  }
  beginResetModel();
  comparison_ = std::move(comparison);
  endResetModel();
}

bool QueueModel::isSkipped(int row) const {
  return std::ranges::find(comparison_->queue.skipped, run(row).run.id) != comparison_->queue.skipped.end();
}

int QueueModel::rowOf(const std::string& id) const {
  for (int row = 0; row < rowCount(); ++row)
    if (run(row).run.id == id) return row;
  return -1;
}

int QueueModel::runningRow() const {
  for (int row = 0; row < rowCount(); ++row)
    if (run(row).state == ComparedState::Running || run(row).state == ComparedState::Paused) return row;
  return -1;
}

int QueueModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || !comparison_ ? 0 : static_cast<int>(comparison_->runs.size());
}

int QueueModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

double QueueModel::scaleOf(const ComparedRun& run) const {
  for (const ComparedVariant& row : comparison_->rows)
    if (row.task == run.run.task && row.variant == run.run.variant && row.score.count > 0) return row.scale;
  return 1;
}

QVariant QueueModel::data(const QModelIndex& index, int role) const {
  const ComparedRun& run = this->run(index.row());
  const bool skipped = isSkipped(index.row());
  if (role == Qt::DisplayRole) {
    switch (index.column()) {
      case Variant: {
        const QString name = QString::fromStdString(run.run.variant);
        return run.run.choice.empty() ? name : tr("%1, %2").arg(name, chosenText(run.run.choice));
      }
      case Task: return QString::fromStdString(run.run.task);
      case Seed: return run.run.is_reported ? QString::number(run.run.seed) : tr("%1 (to choose by)").arg(run.run.seed);
      case State: return stateText(run, skipped);
      case Progress:
        if (run.state == ComparedState::Completed) return durationText(run.seconds);
        return underWay(run) && run.total_steps > 0
                   ? tr("step %1 of %2").arg(countText(run.step), countText(run.total_steps))
                   : QString();
      case Score: return run.score ? decimals(*run.score * scaleOf(run), 2) : QString();
      case Note: return QString::fromStdString(run.message);
      default: return {};
    }
  }
  if (role == Qt::ToolTipRole) return index.data().toString();
  if (role == Qt::DecorationRole && index.column() == Variant)
    return variantIcon(variantStyle(comparison_->plan, run.run.variant, isDark()));
  if (role == Qt::DecorationRole && index.column() == State) {
    const auto sign = [](const QString& name) { return lineIcon(name).pixmap(16, 16); };
    if (skipped && run.state != ComparedState::Completed) return sign(QStringLiteral("step-forward"));
    if (run.state == ComparedState::Completed) return sign(QStringLiteral("evaluate"));
    if (run.state == ComparedState::Failed) return sign(QStringLiteral("warning"));
    if (run.state == ComparedState::Running) return sign(QStringLiteral("play"));
    if (run.state == ComparedState::Paused || run.state == ComparedState::Stopped) return sign(QStringLiteral("pause"));
    return {};
  }
  if (role == ProgressRole && index.column() == Progress && underWay(run) && run.total_steps > 0)
    return static_cast<double>(run.step) / static_cast<double>(run.total_steps);
  if (role == Qt::TextAlignmentRole)
    return QVariant((index.column() == Score ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  if (role == Qt::FontRole && (index.column() == Score || index.column() == Progress)) return tabularFont();
  if (role == Qt::ForegroundRole) {
    if (run.state == ComparedState::Failed && (index.column() == State || index.column() == Note))
      return problemColour();
    if (skipped || run.state == ComparedState::Waiting) return quietColour();
  }
  return {};
}

QVariant QueueModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant((section == Score ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  const QStringList titles = {tr("Variant"),  tr("Task"),  tr("Seed"),   tr("State"),
                              tr("Progress"), tr("Score"), tr("Message")};
  return titles[section];
}

Qt::ItemFlags QueueModel::flags(const QModelIndex& index) const {
  const Qt::ItemFlags base = QAbstractTableModel::flags(index);
  return index.isValid() ? base | Qt::ItemIsDragEnabled : base | Qt::ItemIsDropEnabled;
}

QStringList QueueModel::mimeTypes() const { return {idsFormat}; }

QMimeData* QueueModel::mimeData(const QModelIndexList& indexes) const {
  std::vector<int> rows;
  for (const QModelIndex& index : indexes) rows.push_back(index.row());
  std::ranges::sort(rows);
  rows.erase(std::ranges::unique(rows).begin(), rows.end());
  QByteArray ids;
  for (const int row : rows) ids += QByteArray::fromStdString(run(row).run.id) + '\n';
  auto* data = new QMimeData;
  data->setData(idsFormat, ids);
  return data;
}

bool QueueModel::dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int, const QModelIndex& parent) {
  if (action != Qt::MoveAction || !data->hasFormat(idsFormat)) return false;
  std::vector<std::string> ids;
  for (const QByteArray& id : data->data(idsFormat).split('\n'))
    if (!id.isEmpty()) ids.push_back(id.toStdString());
  Q_EMIT moved(ids, row >= 0 ? row : parent.isValid() ? parent.row() : rowCount());
  return false;  // the view has nothing to remove: the rows come back in their new order
}

void ProgressDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyledItemDelegate::paint(painter, option, index);
  const QVariant share = index.data(QueueModel::ProgressRole);
  if (!share.isValid()) return;
  const QRectF track(option.rect.left() + 4, option.rect.bottom() - 4, option.rect.width() - 16, 3);
  QColor faint = option.palette.color(QPalette::Text);
  faint.setAlphaF(0.14f);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(Qt::NoPen);
  painter->setBrush(faint);
  painter->drawRoundedRect(track, 1.5, 1.5);
  painter->setBrush(accent());
  painter->drawRoundedRect(QRectF(track.topLeft(), QSizeF(track.width() * std::clamp(share.toDouble(), 0.0, 1.0), 3)),
                           1.5, 1.5);
  painter->restore();
}

std::vector<std::string> movedOrder(const std::vector<ComparedRun>& runs, const std::vector<std::string>& ids,
                                    int before) {
  const auto isMoved = [&](const std::string& id) { return std::ranges::find(ids, id) != ids.end(); };
  std::vector<std::string> order;
  for (size_t i = 0; i <= runs.size(); ++i) {
    if (static_cast<int>(i) == before) order.insert(order.end(), ids.begin(), ids.end());
    if (i < runs.size() && !isMoved(runs[i].run.id)) order.push_back(runs[i].run.id);
  }
  return order;
}

}  // namespace mtlora::ui
