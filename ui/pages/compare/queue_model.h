// The runs of a comparison in the order in which they will be trained.
#pragma once

#include <QAbstractTableModel>
#include <QStyledItemDelegate>
#include <memory>

#include "api/api.h"

namespace mtlora::ui {

class QueueModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Variant, Task, Seed, State, Progress, Score, Note, ColumnCount };
  static constexpr int ProgressRole = Qt::UserRole;  // 0 to 1; nothing where it is not under way

  using QAbstractTableModel::QAbstractTableModel;
  // The same runs in the same order keep their rows, so that a selection survives.
  void show(std::shared_ptr<const Comparison> comparison);
  const ComparedRun& run(int row) const { return comparison_->runs[static_cast<size_t>(row)]; }
  bool isSkipped(int row) const;
  int rowOf(const std::string& id) const;  // −1: not there
  int runningRow() const;                  // −1: none

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }
  QStringList mimeTypes() const override;
  QMimeData* mimeData(const QModelIndexList& indexes) const override;
  bool dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                    const QModelIndex& parent) override;

 Q_SIGNALS:
  void moved(const std::vector<std::string>& ids, int before);  // dragged to before this row

 private:
  double scaleOf(const ComparedRun& run) const;
  std::shared_ptr<const Comparison> comparison_;
};

// A bar for a run that is under way.
class ProgressDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

// `runs` with those named `ids` moved, in their order, to before the run that is now at row `before`.
std::vector<std::string> movedOrder(const std::vector<ComparedRun>& runs, const std::vector<std::string>& ids,
                                    int before);

}  // namespace mtlora::ui
