#include "form_card.h"

#include <QMouseEvent>
#include <QPainter>
#include <QRadioButton>
#include <QVBoxLayout>

#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

FormCard::FormCard(const QString& title, const QString& text, QWidget* parent) : QFrame(parent) {
  button_ = new QRadioButton(title);
  QFont bold = button_->font();
  bold.setWeight(QFont::DemiBold);
  button_->setFont(bold);
  text_ = faintLabel();
  setText(text);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(gridUnit * 3 / 2, gridUnit, gridUnit * 3 / 2, gridUnit);
  column->setSpacing(gridUnit / 2);
  column->addWidget(button_);
  auto* indented = new QHBoxLayout;
  indented->setContentsMargins(gridUnit * 3, 0, 0, 0);
  indented->addWidget(text_);
  column->addLayout(indented);
  connect(button_, &QRadioButton::toggled, this, [this] { update(); });
}

void FormCard::setText(const QString& text) {
  text_->setText(text);
  button_->setAccessibleDescription(text);
}

void FormCard::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && rect().contains(event->position().toPoint()) && button_->isEnabled())
    button_->click();
}

void FormCard::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const bool on = button_->isChecked();
  QColor fill = palette().color(QPalette::Base);
  painter.setPen(QPen(on ? accent() : palette().color(QPalette::Mid), on ? 1.5 : 1));
  painter.setBrush(fill);
  painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
}

}  // namespace mtlora::ui
