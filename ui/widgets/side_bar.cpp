#include "side_bar.h"

#include <QButtonGroup>
#include <QPainter>
#include <QVBoxLayout>

#include "run_card.h"
#include "style/theme.h"

namespace mtlora::ui {

namespace {

constexpr int wide = 200, narrow = 56, rowHeight = 40;  // px

class PageButton : public QAbstractButton {
 public:
  PageButton(const QString& icon, const QString& title, const QString& shortcut) {
    setCheckable(true);
    setText(title);
    setIcon(lineIcon(icon));
    setToolTip(tr("%1 (%2)").arg(title, shortcut));
    setAccessibleName(title);
    setFocusPolicy(Qt::TabFocus);
    setAttribute(Qt::WA_Hover);
    setFixedHeight(rowHeight);
  }
  QSize sizeHint() const override { return {narrow - 2 * gridUnit, rowHeight}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor fill = isChecked() ? accent() : palette().color(QPalette::WindowText);
    fill.setAlphaF(isChecked() ? 0.16f : underMouse() ? 0.06f : 0.0f);
    const QRectF area = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(hasFocus() ? QPen(accent(), 1.5) : QPen(Qt::NoPen));
    painter.setBrush(fill);
    painter.drawRoundedRect(area, 6, 6);
    const bool compact = width() < 80;
    const int iconSize = 20;
    const int left = compact ? (width() - iconSize) / 2 : gridUnit * 3 / 2;
    icon().paint(&painter, QRect(left, (height() - iconSize) / 2, iconSize, iconSize));
    if (compact) return;
    QFont font = this->font();
    if (isChecked()) font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(palette().color(QPalette::WindowText));
    const QRect place = rect().adjusted(left + iconSize + gridUnit * 3 / 2, 0, -gridUnit, 0);
    painter.drawText(place, Qt::AlignVCenter | Qt::AlignLeft,
                     QFontMetrics(font).elidedText(text(), Qt::ElideRight, place.width()));
  }
};

}  // namespace

SideBar::SideBar(RunCard* card, QWidget* parent) : QWidget(parent), card_(card) {
  buttons_ = new QButtonGroup(this);
  buttons_->setExclusive(true);
  connect(buttons_, &QButtonGroup::idClicked, this, &SideBar::chosen);
  auto* all = new QVBoxLayout(this);
  all->setContentsMargins(gridUnit, gridUnit * 2, gridUnit, gridUnit);
  all->setSpacing(gridUnit);
  column_ = new QVBoxLayout;
  column_->setSpacing(gridUnit / 2);
  all->addLayout(column_);
  all->addStretch();
  all->addWidget(card_);
  setFixedWidth(wide);
}

void SideBar::addPage(int index, const QString& icon, const QString& title, const QString& shortcut) {
  auto* button = new PageButton(icon, title, shortcut);
  buttons_->addButton(button, index);
  column_->addWidget(button);
}

void SideBar::setCurrent(int index) {
  if (QAbstractButton* button = buttons_->button(index)) button->setChecked(true);
}

void SideBar::setCompact(bool compact) {
  if (compact == compact_) return;
  compact_ = compact;
  setFixedWidth(compact ? narrow : wide);
  card_->setCompact(compact);
}

void SideBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  QColor line = palette().color(QPalette::WindowText);
  QColor shade = line;
  shade.setAlphaF(0.03f);
  painter.fillRect(rect(), shade);
  line.setAlphaF(0.12f);
  painter.fillRect(QRect(width() - 1, 0, 1, height()), line);
}

}  // namespace mtlora::ui
