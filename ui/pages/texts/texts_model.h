// The rows of a file of written texts, and those of them that have some words.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include "api/api.h"

namespace mtlora::ui {

class TextsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Prompt, Text, References, ColumnCount };
  using QAbstractTableModel::QAbstractTableModel;
  void setTexts(std::vector<WrittenText> texts);
  const WrittenText& text(int row) const { return texts_[static_cast<size_t>(row)]; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  std::vector<WrittenText> texts_;
};

// Rows that have every word in one of their columns.
class TextsFilter : public QSortFilterProxyModel {
  Q_OBJECT
 public:
  using QSortFilterProxyModel::QSortFilterProxyModel;
  void setWords(const QString& words);

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

 private:
  QStringList words_;
};

QString joined(const std::vector<std::string>& references);  // one a line

}  // namespace mtlora::ui
