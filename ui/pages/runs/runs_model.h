// The table of runs.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <vector>

#include "api/api.h"

namespace mtlora::ui {

class RunsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Name, Method, Model, Data, Score, Loss, Started, Took, Status, ColumnCount };
  static constexpr int SortRole = Qt::UserRole;

  using QAbstractTableModel::QAbstractTableModel;
  // Rows of folders that are there already stay where they are, so that a selection survives.
  void setRuns(std::vector<RunRow> runs);
  const RunRow& run(int row) const { return runs_[static_cast<size_t>(row)]; }
  int rowOf(const Path& folder) const;  // −1: not there

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;  // the name
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 Q_SIGNALS:
  void renamed(const mtlora::Path& folder, const QString& name);

 private:
  std::vector<RunRow> runs_;
};

QString statusText(const RunRow& run);  // "Crashed at step 430"

// Filters by text over name, note, method, model, data and status; every word must be found.
class RunsFilter : public QSortFilterProxyModel {
  Q_OBJECT
 public:
  explicit RunsFilter(QObject* parent = nullptr);
  void setWords(const QString& text);

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
  bool lessThan(const QModelIndex& a, const QModelIndex& b) const override;

 private:
  QStringList words_;
};

}  // namespace mtlora::ui
