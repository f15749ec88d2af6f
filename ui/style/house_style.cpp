#include "house_style.h"

#include <QPainter>
#include <QStyleFactory>
#include <QStyleOption>
#include <QTableView>

namespace mtlora::ui {

// The margin of the text in a cell, equal to that of the heads of tables.
int HouseStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
  if (metric == PM_FocusFrameHMargin && qobject_cast<const QTableView*>(widget)) return 7;
  return QProxyStyle::pixelMetric(metric, option, widget);
}

HouseStyle::HouseStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

void HouseStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                               const QWidget* widget) const {
  // Tables select whole rows: a thin line says which cell has the keyboard, where Fusion would shade it.
  if (element == PE_FrameFocusRect && qobject_cast<const QTableView*>(widget)) {
    QColor line = option->palette.color(QPalette::WindowText);
    line.setAlphaF(0.3f);
    painter->setPen(line);
    painter->setBrush(Qt::NoBrush);
    painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
    return;
  }
  const bool check = element == PE_IndicatorCheckBox || element == PE_IndicatorItemViewItemCheck;
  if (!check && element != PE_IndicatorRadioButton) {
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    return;
  }
  const bool enabled = option->state & State_Enabled, on = option->state & State_On;
  const bool partly = option->state & State_NoChange;
  const QPalette& palette = option->palette;
  QColor edge = palette.color(QPalette::WindowText);
  edge.setAlphaF(enabled ? 0.5f : 0.25f);
  if (enabled && option->state & State_MouseOver) edge = palette.color(QPalette::Highlight);
  const QColor mark = palette.color(enabled ? QPalette::Normal : QPalette::Disabled, QPalette::Highlight);
  const int size = qMin(option->rect.width(), option->rect.height());
  QRectF box(0, 0, size - 1, size - 1);
  box.moveCenter(QRectF(option->rect).center());
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(QPen(on || partly ? mark : edge, 1));
  painter->setBrush(on || partly ? mark : palette.color(QPalette::Base));
  if (element == PE_IndicatorRadioButton) {
    painter->drawEllipse(box);
    painter->setPen(Qt::NoPen);
    painter->setBrush(palette.color(QPalette::HighlightedText));
    if (on) painter->drawEllipse(box.center(), size * 0.18, size * 0.18);
  } else {
    painter->drawRoundedRect(box, 2.5, 2.5);
    painter->setPen(QPen(palette.color(QPalette::HighlightedText), 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const auto at = [&](double x, double y) { return box.topLeft() + QPointF(x * box.width(), y * box.height()); };
    if (partly)
      painter->drawLine(at(0.25, 0.5), at(0.75, 0.5));
    else if (on)
      painter->drawPolyline(QPolygonF({at(0.22, 0.52), at(0.42, 0.72), at(0.78, 0.28)}));
  }
  painter->restore();
}

}  // namespace mtlora::ui
