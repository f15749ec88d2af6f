#include "form_section.h"

#include <QLabel>
#include <QPainter>
#include <QStyleOptionFocusRect>
#include <QToolButton>

#include "style/theme.h"
#include "widgets/pieces.h"

namespace mtlora::ui {

SectionHeader::SectionHeader(const QString& title, QWidget* parent) : QAbstractButton(parent) {
  setText(title);
  setCheckable(true);
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::PointingHandCursor);
  setAttribute(Qt::WA_Hover);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  describe();
}

void SectionHeader::setChoice(const QString& choice) {
  choice_ = choice;
  setToolTip(choice);
  describe();
  update();
}

void SectionHeader::setProblems(int count) {
  problems_ = count;
  describe();
  update();
}

void SectionHeader::describe() {
  setAccessibleName(text());
  setAccessibleDescription(problems_ ? tr("%1 to correct. ").arg(problems_) + choice_ : choice_);
}

QSize SectionHeader::sizeHint() const {
  return {200, QFontMetrics(sectionFont()).height() + fontMetrics().height() + 3 * gridUnit};
}

void SectionHeader::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const QPalette& colours = palette();
  if (underMouse()) {
    QColor hover = colours.color(QPalette::WindowText);
    hover.setAlpha(12);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(hover);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
  }
  const int icon = 2 * gridUnit, left = gridUnit, text = left + icon + gridUnit;
  const int titleHeight = QFontMetrics(sectionFont()).height();
  const QRect title(text, gridUnit, width() - text - gridUnit, titleHeight);
  lineIcon(isChecked() ? "chevron-down" : "chevron-right")
      .paint(&painter, QRect(left, title.center().y() - icon / 2, icon, icon));
  painter.setFont(sectionFont());
  painter.setPen(colours.color(QPalette::WindowText));
  painter.drawText(title, Qt::AlignLeft | Qt::AlignVCenter, this->text());
  painter.setFont(font());
  if (problems_) {
    painter.setPen(problemColour());
    painter.drawText(title, Qt::AlignRight | Qt::AlignVCenter,
                     QStringLiteral("✕ ") + tr("%1 to correct").arg(problems_));
  }
  const QRect choice(text, title.bottom() + gridUnit / 2, title.width(), fontMetrics().height());
  painter.setPen(quietColour());
  painter.drawText(choice, Qt::AlignLeft | Qt::AlignVCenter,
                   fontMetrics().elidedText(choice_, Qt::ElideRight, choice.width()));
  if (hasFocus()) {
    painter.setPen(QPen(accent(), 1.5));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 3, 3);
  }
}

FormSection::FormSection(const QString& title, QWidget* parent) : QWidget(parent) {
  header_ = new SectionHeader(title);
  body_ = new QWidget;
  basic_ = new QVBoxLayout;
  basic_->setSpacing(gridUnit);
  more_ = new QWidget;
  advanced_ = new QVBoxLayout(more_);
  advanced_->setContentsMargins(0, 0, 0, 0);
  advanced_->setSpacing(gridUnit);
  moreButton_ = new QToolButton;
  moreButton_->setText(tr("More settings"));
  moreButton_->setAutoRaise(true);
  moreButton_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  connect(moreButton_, &QToolButton::clicked, this, [this] { showMore(!moreShown_); });

  auto* inside = new QVBoxLayout(body_);
  inside->setContentsMargins(2 * gridUnit, gridUnit / 2, 2 * gridUnit, 2 * gridUnit);
  inside->setSpacing(gridUnit);
  inside->addLayout(basic_);
  inside->addWidget(moreButton_, 0, Qt::AlignLeft);
  inside->addWidget(more_);

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(header_);
  column->addWidget(body_);
  connect(header_, &SectionHeader::toggled, this, [this](bool open) {
    body_->setVisible(open);
    Q_EMIT toggled(open);
  });
  body_->setVisible(false);
  showMore(false);
}

void FormSection::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(palette().color(QPalette::Mid));
  painter.setBrush(palette().color(QPalette::Base));
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
}

void FormSection::showMore(bool show) {
  moreShown_ = show;
  moreButton_->setIcon(lineIcon(show ? "chevron-down" : "chevron-right"));
  more_->setVisible(show);
}

}  // namespace mtlora::ui
