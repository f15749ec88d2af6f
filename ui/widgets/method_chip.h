// The name of a method beside its colour: in cards, tables and heads, everywhere the same.
#pragma once

#include <QStyledItemDelegate>
#include <QWidget>

namespace mtlora::ui {

// Draws the chip at the left of `rect`, centred in height; returns its width.
int paintMethodChip(QPainter* painter, const QRect& rect, const QString& method, const QFont& font,
                    const QPalette& palette);
QSize methodChipSize(const QString& method, const QFont& font);

class MethodChip : public QWidget {
  Q_OBJECT
 public:
  explicit MethodChip(const QString& method = {}, QWidget* parent = nullptr);
  void setMethod(const QString& method);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString method_;
};

// A table's column of methods (DisplayRole: "ctcm").
class MethodDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace mtlora::ui
