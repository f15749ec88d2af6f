// Cells of a table whose texts wrap: as many lines as the row has room for, the last one elided.
#pragma once

#include <QStyledItemDelegate>

namespace mtlora::ui {

class LinesDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  static int rowHeight(const QFontMetrics& metrics, int lines);  // px, with the room around the text
};

}  // namespace mtlora::ui
