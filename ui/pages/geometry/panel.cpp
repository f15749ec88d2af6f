#include "panel.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "style/theme.h"

namespace mtlora::ui {

InfoButton::InfoButton(const QString& about, const QString& explanation, QWidget* parent)
    : QToolButton(parent), about_(about), explanation_(explanation) {
  setIcon(lineIcon(QStringLiteral("info")));
  setAutoRaise(true);
  setFocusPolicy(Qt::TabFocus);
  setIconSize({16, 16});
  setToolTip(QStringLiteral("<p>%1</p>").arg(explanation.toHtmlEscaped()));
  setAccessibleName(tr("What is this: %1").arg(about));
  setAccessibleDescription(explanation);
  connect(this, &QToolButton::clicked, this, &InfoButton::open);
}

void InfoButton::open() {
  auto* popup = new QFrame(this, Qt::Popup);
  popup->setAttribute(Qt::WA_DeleteOnClose);
  popup->setFrameShape(QFrame::StyledPanel);
  popup->setBackgroundRole(QPalette::Base);
  popup->setAutoFillBackground(true);
  auto* layout = new QVBoxLayout(popup);
  layout->setContentsMargins(2 * gridUnit, gridUnit, 2 * gridUnit, gridUnit);
  auto* heading = new QLabel(about_, popup);
  heading->setFont(sectionFont());
  auto* text = new QLabel(explanation_, popup);
  text->setWordWrap(true);
  text->setFixedWidth(340);
  layout->addWidget(heading);
  layout->addWidget(text);
  popup->adjustSize();
  // Under the button, its right edges in line, so that it stays within the window.
  popup->move(mapToGlobal(QPoint(std::max(width() - popup->width(), -mapTo(window(), QPoint()).x()), height() + 2)));
  popup->show();
}

Panel::Panel(const QString& title, Shows shows, const QString& explanation, QWidget* content, QWidget* parent)
    : QFrame(parent) {
  setBackgroundRole(QPalette::Base);
  setAutoFillBackground(true);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(gridUnit, 4, gridUnit, gridUnit);
  layout->setSpacing(4);
  header_ = new QHBoxLayout;
  header_->setSpacing(6);
  auto* label = new QLabel(title, this);
  QFont bold = label->font();
  bold.setWeight(QFont::DemiBold);
  label->setFont(bold);
  label->setMinimumWidth(0);
  chip_ = new QLabel(this);
  chip_->setStyleSheet(
      QStringLiteral("border: 1px solid palette(mid); border-radius: 6px; padding: 0px 4px; font-size: 10px;"));
  auto* info = new InfoButton(title, explanation, this);
  header_->addWidget(label);
  header_->addWidget(chip_, 0, Qt::AlignVCenter);
  chip_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  header_->addStretch(1);
  header_->addWidget(info);
  layout->addLayout(header_);
  layout->addWidget(content, 1);
  setShows(shows);
}

void Panel::addControl(QWidget* control) { header_->insertWidget(header_->count() - 1, control); }

void Panel::setShows(Shows shows) {
  shows_ = shows;
  chip_->setVisible(shows != Shows::Both);
  chip_->setToolTip(shows == Shows::Way
                        ? tr("Shows the way of the training: K, what T does to the adapter's directions")
                        : tr("Shows the result: ΔW, what the adapter adds to the frozen weight"));
  chip_->setAccessibleName(chip_->toolTip());
  fitChip();
}

void Panel::fitChip() {
  const bool wide = width() >= 250;
  chip_->setText(shows_ == Shows::Way ? (wide ? tr("K · the way") : tr("K"))
                                      : (wide ? tr("ΔW · the result") : tr("ΔW")));
}

void Panel::resizeEvent(QResizeEvent* event) {
  QFrame::resizeEvent(event);
  fitChip();
}

}  // namespace mtlora::ui
