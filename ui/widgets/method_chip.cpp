#include "method_chip.h"

#include <QApplication>
#include <QPainter>

#include "style/theme.h"

namespace mtlora::ui {

namespace {
constexpr int dot = 8;  // px
constexpr int pad = 8;
}  // namespace

QSize methodChipSize(const QString& method, const QFont& font) {
  const QFontMetrics metrics(font);
  return {pad + dot + 6 + metrics.horizontalAdvance(methodTitle(method)) + pad, metrics.height() + 4};
}

int paintMethodChip(QPainter* painter, const QRect& rect, const QString& method, const QFont& font,
                    const QPalette& palette) {
  if (method.isEmpty()) return 0;
  const QSize size = methodChipSize(method, font);
  const QRectF chip(rect.left() + 0.5, rect.center().y() - size.height() / 2 + 0.5, size.width() - 1,
                    size.height() - 1);
  const QColor colour = methodColour(method);
  QColor tint = colour;
  tint.setAlphaF(0.16f);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(Qt::NoPen);
  painter->setBrush(palette.color(QPalette::Base));  // so that it reads on a selected row too
  painter->drawRoundedRect(chip, chip.height() / 2, chip.height() / 2);
  painter->setBrush(tint);
  painter->drawRoundedRect(chip, chip.height() / 2, chip.height() / 2);
  painter->setBrush(colour);
  painter->drawEllipse(QPointF(chip.left() + pad + dot / 2.0, chip.center().y()), dot / 2.0, dot / 2.0);
  painter->setPen(palette.color(QPalette::WindowText));
  painter->setFont(font);
  painter->drawText(chip.adjusted(pad + dot + 6, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, methodTitle(method));
  painter->restore();
  return size.width();
}

MethodChip::MethodChip(const QString& method, QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setMethod(method);
}

void MethodChip::setMethod(const QString& method) {
  method_ = method;
  setAccessibleName(tr("Method %1").arg(methodTitle(method)));
  setToolTip(methodFormula(method));
  updateGeometry();
  update();
}

QSize MethodChip::sizeHint() const { return method_.isEmpty() ? QSize(0, 0) : methodChipSize(method_, font()); }

void MethodChip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintMethodChip(&painter, rect(), method_, font(), palette());
}

void MethodDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyleOptionViewItem item = option;
  initStyleOption(&item, index);
  item.text.clear();
  const QWidget* widget = option.widget;
  (widget ? widget->style() : QApplication::style())->drawControl(QStyle::CE_ItemViewItem, &item, painter, widget);
  paintMethodChip(painter, option.rect.adjusted(8, 0, 0, 0), index.data().toString(), option.font, option.palette);
}

QSize MethodDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  return methodChipSize(index.data().toString(), option.font) + QSize(16, 8);
}

}  // namespace mtlora::ui
