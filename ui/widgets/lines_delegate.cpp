#include "lines_delegate.h"

#include <QApplication>
#include <QPainter>
#include <QTextLayout>

#include "style/theme.h"

namespace mtlora::ui {

namespace {

constexpr int marginX = 6, marginY = gridUnit / 2;  // px around the text

}  // namespace

int LinesDelegate::rowHeight(const QFontMetrics& metrics, int lines) {
  return lines * metrics.lineSpacing() + 2 * marginY;
}

void LinesDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  QStyleOptionViewItem cell = option;
  initStyleOption(&cell, index);
  QString text = std::exchange(cell.text, QString());
  const QStyle* style = cell.widget ? cell.widget->style() : QApplication::style();
  style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
  const QRect room = cell.rect.adjusted(marginX, marginY, -marginX, -marginY);
  const QFontMetrics& metrics = cell.fontMetrics;
  const int most = std::max(1, room.height() / metrics.lineSpacing());
  // No cell shows more than this; a text of many pages is not laid out to be thrown away.
  text = text.left(most * std::max(1, room.width())).replace(u'\n', QChar::LineSeparator);
  QTextLayout layout(text, cell.font);
  QTextOption wrap;
  wrap.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  layout.setTextOption(wrap);
  painter->save();
  painter->setFont(cell.font);
  painter->setPen(cell.palette.color(cell.state & QStyle::State_Enabled ? QPalette::Normal : QPalette::Disabled,
                                     cell.state & QStyle::State_Selected ? QPalette::HighlightedText : QPalette::Text));
  layout.beginLayout();
  for (int i = 0; i < most; ++i) {
    QTextLine line = layout.createLine();
    if (!line.isValid()) break;
    line.setLineWidth(room.width());
    const qsizetype begin = line.textStart();
    const bool last = i + 1 == most && begin + line.textLength() < text.size();
    QString shown = text.mid(begin, last ? -1 : line.textLength());
    if (last) shown = metrics.elidedText(shown.replace(QChar::LineSeparator, u' '), Qt::ElideRight, room.width());
    shown.remove(QChar::LineSeparator);
    painter->drawText(QRect(room.left(), room.top() + i * metrics.lineSpacing(), room.width(), metrics.lineSpacing()),
                      Qt::AlignLeft | Qt::AlignTop, shown);
  }
  layout.endLayout();
  painter->restore();
}

}  // namespace mtlora::ui
