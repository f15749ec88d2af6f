#include "panel.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include "style/theme.h"

namespace mtlora::ui {

namespace {

// A title that gives way where a panel is narrow, and shows "…" then.
class Title : public QLabel {
 public:
  using QLabel::QLabel;
  QSize minimumSizeHint() const override { return {20, QLabel::minimumSizeHint().height()}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(text(), Qt::ElideRight, width()));
  }
};

}  // namespace

InfoButton::InfoButton(const QString& about, const QString& explanation, QWidget* parent)
    : QToolButton(parent), about_(about), explanation_(explanation) {
  setIcon(lineIcon(QStringLiteral("info")));
  setAutoRaise(true);
  setFocusPolicy(Qt::TabFocus);
  setIconSize({16, 16});
  setFixedSize(22, 22);
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
  header_->setSpacing(4);
  auto* label = new Title(title, this);
  QFont bold = label->font();
  bold.setWeight(QFont::DemiBold);
  label->setFont(bold);
  chip_ = new QLabel(this);
  chip_->setStyleSheet(
      QStringLiteral("border: 1px solid palette(mid); border-radius: 6px; padding: 0px 4px; font-size: 10px;"));
  auto* info = new InfoButton(title, explanation, this);
  header_->addWidget(label);
  header_->addWidget(chip_, 0, Qt::AlignLeft | Qt::AlignVCenter);
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
  const QString brief = shows_ == Shows::Way ? tr("K") : tr("ΔW");
  const QString full = shows_ == Shows::Way ? tr("K · the way") : tr("ΔW · the result");
  // The longer text only where the title keeps its room.
  int others = layout()->contentsMargins().left() + layout()->contentsMargins().right();
  for (int k = 0; k < header_->count(); ++k) {
    const QWidget* widget = header_->itemAt(k)->widget();
    if (widget && widget != chip_ && !widget->isHidden()) others += widget->sizeHint().width() + header_->spacing();
  }
  chip_->setText(full);
  if (others + chip_->sizeHint().width() + 3 * header_->spacing() > width()) chip_->setText(brief);
  chip_->updateGeometry();
}

void Panel::resizeEvent(QResizeEvent* event) {
  QFrame::resizeEvent(event);
  fitChip();
}

}  // namespace mtlora::ui
